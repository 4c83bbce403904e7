import { EXIT, Failure } from './exit-codes.ts';
import { loginFile, readLogins } from './login-file.ts';

/** Which hub, and who is asking. */
export interface Settings {
  /** Of the hub, without `/graphql`. */
  readonly url: string;
  readonly token: string | undefined;
  readonly agent: string | undefined;
}

/** Options that every command takes. */
export interface GlobalOptions {
  readonly url?: string;
  readonly agent?: string;
  readonly json?: boolean;
  readonly jsonl?: boolean;
  readonly quiet?: boolean;
  /** False with `--no-color`. */
  readonly color?: boolean;
  /** Seconds to keep trying while the hub can't be reached. */
  readonly patience?: number;
}

const DEFAULT_URL = 'http://127.0.0.1:4000';

/** Options come before the environment, that before what `tq login` kept, and that before the defaults. */
export function readSettings(options: GlobalOptions, env: NodeJS.ProcessEnv): Settings {
  const logins = readLogins(loginFile(env));
  const url = hubAddress(options.url ?? (env['ROOKERY_URL'] || logins.url || DEFAULT_URL));
  const login = logins.hubs[url];
  return {
    url,
    token: env['ROOKERY_TOKEN'] || login?.token,
    agent: options.agent ?? (env['AGENT_NAME'] || login?.agent),
  };
}

/** One spelling of each address, with or without `/graphql` at its end. */
function hubAddress(text: string): string {
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol))
    throw new Failure(
      EXIT.usage,
      `${JSON.stringify(text)} is not the address of a hub: say for example ${DEFAULT_URL}.`,
    );
  return new URL(text).href.replace(/\/(graphql\/?)?$/, '');
}
