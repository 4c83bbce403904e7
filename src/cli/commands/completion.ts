import type { Command } from 'commander';
import { EXIT, Failure } from '../exit-codes.ts';
import type { Tq } from '../tq.ts';

/** A script for a shell, written from the commands themselves: nothing of tq runs when a key is pressed. */
export function completion(command: Command, tq: Tq): void {
  command
    .addHelpText(
      'after',
      `
bash: eval "$(tq completion bash)" in ~/.bashrc
zsh:  eval "$(tq completion zsh)" in ~/.zshrc, after compinit
fish: tq completion fish > ~/.config/fish/completions/tq.fish`,
    )
    .action((shell: string) => {
      const script = Object.hasOwn(SCRIPTS, shell) ? SCRIPTS[shell as keyof typeof SCRIPTS] : undefined;
      if (script === undefined) throw new Failure(EXIT.usage, 'Say bash, zsh or fish.');
      return tq.out.plain(script(placesOf(command.parent!)));
    });
}

interface Word {
  readonly word: string;
  readonly meaning: string;
  /** Of an option: it takes a value. */
  readonly value?: boolean;
}

/** What may follow some words: commands and options. */
interface Place {
  /** `''`, `claim`, `session new` … */
  readonly after: string;
  readonly words: readonly Word[];
}

/** The first place is that of the options which every command takes, and of the commands themselves. */
function placesOf(root: Command): Place[] {
  const walk = (command: Command, after: string): Place[] => [
    { after, words: [...command.commands.map(commandWord), ...command.options.map(optionWord)] },
    ...command.commands.flatMap((each) => walk(each, `${after} ${each.name()}`.trim())),
  ];
  return walk(root, '');
}

function commandWord(command: Command): Word {
  return { word: command.name(), meaning: command.description() };
}

function optionWord({ long, description, required, optional }: Command['options'][number]): Word {
  return { word: long!, meaning: description, value: required || optional };
}

const quote = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;
const list = (words: readonly Word[]) => words.map(({ word }) => word).join(' ');
const isOption = ({ word }: Word) => word.startsWith('--');

const SCRIPTS = {
  bash: bashScript,
  zsh: (places: readonly Place[]) => `autoload -U +X bashcompinit && bashcompinit\n${bashScript(places)}`,
  fish: fishScript,
};

function bashScript(places: readonly Place[]): string {
  const [root, ...others] = places;
  // The longest first: "session new" before "session".
  const cases = others
    .sort((a, b) => b.after.split(' ').length - a.after.split(' ').length)
    .map(({ after, words }) => {
      const typed = after.includes(' ') ? quote(after) : `${quote(`${after} `)}*`;
      return `      ${typed}) words='${list(words)} '$always ;;\n`;
    });
  return `_tq() {
  local always='${list(root!.words.filter(isOption))}' words='${list(root!.words)}'
  if [ "$COMP_CWORD" -gt 1 ]; then
    case "\${COMP_WORDS[1]} \${COMP_WORDS[2]}" in
${cases.join('')}    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _tq tq
`;
}

function fishScript([root, ...others]: readonly Place[]): string {
  const line = (when: string, { word, meaning, value }: Word) => {
    const what = word.startsWith('--') ? `-l ${word.slice(2)}${value ? ' -r' : ''}` : `-a ${word}`;
    return `complete -c tq${when && ` -n ${quote(when)}`} ${what} -d ${quote(meaning)}\n`;
  };
  const lines = [
    ...root!.words.map((word) => line(isOption(word) ? '' : '__fish_use_subcommand', word)),
    ...others.flatMap(({ after, words }) => {
      const seen = after.split(' ').map((word) => `__fish_seen_subcommand_from ${word}`);
      return words.map((word) => line(seen.join('; and '), word));
    }),
  ];
  return `complete -c tq -f\n${lines.join('')}`;
}
