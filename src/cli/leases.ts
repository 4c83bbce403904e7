import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { EXIT, Failure } from './exit-codes.ts';
import type { Settings } from './settings.ts';

/** The right to work on a task, as `tq claim` got it, for the calls that come after. */
export interface KeptLease {
  readonly taskId: string;
  readonly title: string;
  readonly token: string;
  readonly fence: number;
  /** ISO 8601, on the hub's clock. */
  readonly expiresAt: string;
}

/**
 * Leases between calls: a folder for each hub and agent, in it a file for each task. Processes that run at the same time
 * thus write different files, unless they deal with the same task; and each file is replaced whole. So no lock is needed.
 */
export class LeaseFolder {
  readonly path: string;

  constructor(env: NodeJS.ProcessEnv, { url, agent, token }: Settings) {
    // An agent's token names its agent by itself, so the hub need not be asked to tell owners apart.
    const owner = agent ?? (token === undefined ? 'nobody' : hash(token).slice(0, 16));
    const state = env['XDG_STATE_HOME'] || join(env['HOME'] || homedir(), '.local', 'state');
    this.path = join(state, 'rookery', 'leases', folderName(`${url}~${owner}`));
  }

  keep(lease: KeptLease): void {
    mkdirSync(this.path, { recursive: true, mode: 0o700 });
    const file = this.fileOf(lease.taskId);
    const fresh = `${file}.${process.pid}`;
    writeFileSync(fresh, JSON.stringify(lease), { mode: 0o600 });
    renameSync(fresh, file);
  }

  of(taskId: string): KeptLease | undefined {
    const file = this.fileOf(taskId);
    try {
      return JSON.parse(readFileSync(file, 'utf8')) as KeptLease;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      if (!(error instanceof SyntaxError)) throw error;
      throw new Failure(EXIT.unexpected, `${file} is damaged: remove it, then claim the task again.`);
    }
  }

  drop(taskId: string): void {
    rmSync(this.fileOf(taskId), { force: true });
  }

  /** All that are kept; some may have run out. */
  all(): KeptLease[] {
    let names: string[];
    try {
      names = readdirSync(this.path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    }
    return names.flatMap((name) => (name.endsWith('.json') ? (this.of(name.slice(0, -'.json'.length)) ?? []) : []));
  }

  private fileOf(taskId: string): string {
    return join(this.path, `${encodeURIComponent(taskId)}.json`);
  }
}

/** To be read by people, unless it is too long for a file name. */
function folderName(text: string): string {
  const name = encodeURIComponent(text);
  return name.length <= 200 ? name : hash(text);
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
