import { execFile } from 'node:child_process';
import { access, readdir, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

/** Where pgbench is: on PATH, or where Debian keeps it; undefined when it is not installed. */
export async function findPgbench(): Promise<string | undefined> {
  const versions = await readdir('/usr/lib/postgresql').catch(() => []);
  const debian = versions.sort((a, b) => Number(b) - Number(a)).map((version) => `/usr/lib/postgresql/${version}/bin`);
  for (const directory of [...(process.env['PATH'] ?? '').split(delimiter), ...debian]) {
    const program = join(directory, 'pgbench');
    const there = await access(program).then(
      () => true,
      () => false,
    );
    if (there) return program;
  }
  return undefined;
}

/** Longest turn of a machine so busy that a shorter one saw no transaction end, in seconds. */
const LONGEST = 64;

/** Transactions per second of one prepared statement, run by `clients` at once. */
export async function pgbench(
  program: string,
  {
    url,
    sql,
    directory,
    clients,
    seconds,
  }: { url: string; sql: string; directory: string; clients: number; seconds: number },
): Promise<number> {
  const script = join(directory, 'pgbench.sql');
  await writeFile(script, sql);
  const { hostname, port, username, password, pathname } = new URL(url);
  const where = ['-h', hostname, '-p', port, '-U', username, pathname.slice(1)];
  const what = ['-n', '-M', 'prepared', '-f', script, '-c', String(clients), '-j', '2'];
  for (let turn = Math.max(1, Math.round(seconds)); ; turn *= 4) {
    const { stdout } = await promisify(execFile)(program, [...what, '-T', String(turn), ...where], {
      env: { PATH: process.env['PATH'], PGPASSWORD: decodeURIComponent(password) },
    });
    const perSecond = Number(/tps = ([\d.]+) \(without initial connection time\)/.exec(stdout)?.[1]);
    if (perSecond > 0) return perSecond;
    if (turn >= LONGEST) throw new Error(`pgbench said: ${stdout}`);
  }
}
