import type { Command } from 'commander';
import { EXIT, Failure } from '../exit-codes.ts';
import type { Tq } from '../tq.ts';

/** A script for a shell, written from the commands themselves: nothing of tq runs when a key is pressed. */
export function completion(command: Command, _tq: Tq): void {
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
      process.stdout.write(script(wordsOf(command.parent!)));
    });
}

/** What may follow some words: commands and options, with what they mean. */
interface Place {
  /** `''`, `claim`, `session new` … */
  readonly after: string;
  readonly words: readonly { readonly word: string; readonly meaning: string }[];
}

function wordsOf(root: Command): Place[] {
  const everywhere = options(root);
  const walk = (command: Command, after: string): Place[] => [
    {
      after,
      words: [
        ...command.commands.map((each) => ({ word: each.name(), meaning: each.description() })),
        ...(command === root ? [] : options(command)),
        ...everywhere,
      ],
    },
    ...command.commands.flatMap((each) => walk(each, `${after} ${each.name()}`.trim())),
  ];
  return walk(root, '');
}

function options(command: Command) {
  return command.options.map(({ long, description }) => ({ word: long!, meaning: description }));
}

const quote = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;
const list = ({ words }: Place) => words.map(({ word }) => word).join(' ');

const SCRIPTS = {
  bash: bashScript,
  zsh: (places: readonly Place[]) => `autoload -U +X bashcompinit && bashcompinit\n${bashScript(places)}`,
  fish: (places: readonly Place[]) => `complete -c tq -f\n${places.flatMap(fishLines).join('\n')}\n`,
};

function bashScript(places: readonly Place[]): string {
  const [root, ...others] = places;
  // The longest first: "session new" before "session".
  const cases = others
    .sort((a, b) => b.after.split(' ').length - a.after.split(' ').length)
    .map(
      (place) => `      ${quote(place.after)}${place.after.includes(' ') ? '' : "' '*"}) words='${list(place)}' ;;\n`,
    );
  return `_tq() {
  local words='${list(root!)}'
  if [ "$COMP_CWORD" -gt 1 ]; then
    case "\${COMP_WORDS[1]} \${COMP_WORDS[2]}" in
${cases.join('')}    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _tq tq
`;
}

function fishLines({ after, words }: Place): string[] {
  const when =
    after === ''
      ? '__fish_use_subcommand'
      : after
          .split(' ')
          .map((word) => `__fish_seen_subcommand_from ${word}`)
          .join('; and ');
  return words.map(({ word, meaning }) => {
    const what = word.startsWith('--') ? `-l ${word.slice(2)}` : `-a ${word}`;
    return `complete -c tq -n ${quote(when)} ${what} -d ${quote(meaning)}`;
  });
}
