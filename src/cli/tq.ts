import type { Command } from 'commander';
import type { Hub, RequestOptions } from '../client/index.ts';
import { EXIT, Failure } from './exit-codes.ts';
import type { LeaseFolder } from './leases.ts';
import type { Output } from './output.ts';
import type { Settings } from './settings.ts';

/** Adds arguments, options and action to a command that is about to be run. */
export type Setup = (command: Command, tq: Tq) => void;

/** A hub that is down is to be told of within 5 s. */
const ANSWER_MS = 4_000;
/** Leases belong to an instance of an agent: that of all its calls of tq is one, so that `tq beat` renews them. */
const INSTANCE = 'tq';

/** What every command works with. Settings and hub are there once its options are known. */
export class Tq {
  readonly env: NodeJS.ProcessEnv;
  /** For every call: how long to wait for an answer. */
  readonly call: RequestOptions & { readonly timeoutMs: number } = { timeoutMs: ANSWER_MS };
  settings!: Settings;
  out!: Output;
  /** For how long to try again while the hub can't be reached. */
  patienceMs = 0;
  private connected: Hub | undefined;

  constructor(env: NodeJS.ProcessEnv) {
    this.env = env;
  }

  begin(settings: Settings, out: Output, patienceSeconds: number): void {
    this.settings = settings;
    this.out = out;
    this.patienceMs = patienceSeconds * 1_000;
  }

  /** Ends whatever is under way at the hub. */
  close(): void {
    this.connected?.close();
  }

  async hub(): Promise<Hub> {
    if (this.connected === undefined) {
      const [{ connect }, { fetchByHttp }] = await Promise.all([
        import('../client/index.ts'),
        import('./http-fetch.ts'),
      ]);
      const { settings, patienceMs } = this;
      this.connected = connect({ ...settings, instance: INSTANCE, patienceMs, fetch: fetchByHttp });
    }
    return this.connected;
  }

  /** Who is asking, by name. */
  async me(): Promise<string> {
    if (this.settings.agent !== undefined) return this.settings.agent;
    const { operations } = await import('../client/index.ts');
    const { viewer } = await (await this.hub()).request(operations.Viewer, {}, this.call);
    if (viewer.agentId === null)
      throw new Failure(EXIT.usage, 'Say who you are: AGENT_NAME=<name>, or --agent <name>.');
    return viewer.agentId;
  }

  async leases(): Promise<LeaseFolder> {
    const { LeaseFolder } = await import('./leases.ts');
    return new LeaseFolder(this.env, this.settings);
  }
}
