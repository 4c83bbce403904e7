import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { EXIT, Failure } from './exit-codes.ts';

/** What `tq login` keeps of one hub. */
interface Login {
  readonly token?: string | undefined;
  readonly agent?: string | undefined;
}

export interface Logins {
  /** The hub that is meant when none is named: the one logged in to last. */
  readonly url?: string | undefined;
  /** By the address of the hub: a token is sent to the hub it is for and to no other. */
  readonly hubs: Readonly<Record<string, Login>>;
}

/** `$XDG_CONFIG_HOME/rookery/login.json`, in `~/.config` by default. */
export function loginFile(env: NodeJS.ProcessEnv): string {
  return join(env['XDG_CONFIG_HOME'] || join(env['HOME'] || homedir(), '.config'), 'rookery', 'login.json');
}

export function readLogins(file: string): Logins {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { hubs: {} };
    throw error;
  }
  try {
    const { url, hubs = {} } = JSON.parse(text) as Partial<Logins>;
    return { url, hubs };
  } catch {
    throw new Failure(EXIT.unexpected, `${file} is damaged: remove it, then tq login.`);
  }
}

/** Readable by its owner alone; whoever reads meanwhile sees the old file or the new one. */
export function writeLogins(file: string, logins: Logins): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const fresh = `${file}.${process.pid}`;
  writeFileSync(fresh, `${JSON.stringify(logins, undefined, 2)}\n`, { mode: 0o600 });
  renameSync(fresh, file);
}
