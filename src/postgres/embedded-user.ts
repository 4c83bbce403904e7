import { chown, mkdir, readFile } from 'node:fs/promises';
import { SetupError } from '../config.ts';

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** PostgreSQL refuses to run as root. The user who runs it then; undefined is "whoever runs this process". */
export async function unprivilegedOwner(): Promise<Owner | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const accounts = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'));
  // initdb looks its own user up by number, so it has to be one that exists.
  const account = ['postgres', 'nobody'].map((name) => accounts.find(([user]) => user === name)).find(Boolean);
  if (account === undefined)
    throw new SetupError(
      'PostgreSQL cannot run as root, and there is neither a user postgres nor nobody to run it as.',
    );
  return { uid: Number(account[2]), gid: Number(account[3]) };
}

/** A directory that only its owner can look into: initdb insists on owning the parent of what it creates. */
export async function ownDirectory(path: string, owner: Owner | undefined): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  if (owner) await chown(path, owner.uid, owner.gid);
}
