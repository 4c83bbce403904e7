import { createHash } from 'node:crypto';
import { access, chmod, cp, mkdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { type Binaries, binariesIn } from './embedded-binaries.ts';
import type { Cluster } from './embedded-cluster.ts';
import { run } from './embedded-process.ts';
import { type Owner, unprivilegedOwner } from './embedded-user.ts';

const SHARED = '/var/lib/rookery';

/**
 * Where the cluster of a home lies: within it (what is secret there is closed file by file), unless root runs the hub out of a directory that is closed to others
 * (/root, most of all). The unprivileged user who has to run PostgreSQL could reach neither the data nor the programs
 * there, so both live below /var/lib/rookery then.
 */
export async function placeCluster(home: string, binaries: Binaries): Promise<Cluster> {
  const owner = await unprivilegedOwner();
  if (owner) await chmod(home, 0o755);
  const place = owner && !(await canEnter(home, owner)) ? await sharedPlace(home) : home;
  return {
    owner,
    data: join(place, 'postgres', 'data'),
    log: join(home, 'postgres.log'),
    binaries: owner && !(await canEnter(dirname(binaries.postgres), owner)) ? await shared(binaries, owner) : binaries,
  };
}

async function canEnter(directory: string, owner: Owner): Promise<boolean> {
  const { mode, uid, gid } = await stat(directory);
  const open = uid === owner.uid ? mode & 0o100 : gid === owner.gid ? mode & 0o010 : mode & 0o001;
  if (open === 0) return false;
  return dirname(directory) === directory || canEnter(dirname(directory), owner);
}

async function sharedPlace(home: string): Promise<string> {
  const place = join(SHARED, createHash('sha256').update(home).digest('hex').slice(0, 16));
  await mkdir(place, { recursive: true, mode: 0o755 });
  return place;
}

/** A copy of the package's `native` directory, made once for each version of it. */
async function shared(binaries: Binaries, owner: Owner): Promise<Binaries> {
  const native = dirname(dirname(binaries.postgres));
  const version = (await run(undefined, binaries.postgres, ['--version'])).trim().split(' ').at(-1);
  const copy = join(SHARED, `postgresql-${version}-${basename(dirname(native))}`);
  const present = await access(copy).then(
    () => true,
    () => false,
  );
  if (!present) {
    const draft = `${copy}.${process.pid}`;
    await cp(native, draft, { recursive: true, verbatimSymlinks: true });
    await run(undefined, 'chown', ['-R', `${owner.uid}:${owner.gid}`, draft]);
    await rename(draft, copy).catch(() => rm(draft, { recursive: true }));
  }
  return binariesIn(join(copy, 'bin'));
}
