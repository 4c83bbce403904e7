/**
 * Three programs that share nothing but a hub: a shell script with `tq`, a worker on the typed client, a reviewer on MCP.
 * In the middle the hub and its database are killed with SIGKILL and started again. It prints who did what and, at the
 * end, what the hub knows of it; it fails if a task was done twice or not at all. Run it with `npm run crew`.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const home = await mkdtemp(join(tmpdir(), 'rookery-crew-'));
const port = await freePort();
const url = `http://127.0.0.1:${port}`;
const lines: string[] = [];
const say = (who: string, what: string) => {
  lines.push(`${who.padEnd(9)} ${what}`);
  console.log(lines.at(-1));
};
const running = new Set<ChildProcess>();
const listeners = new Set<() => void>();

try {
  // Open to the user who runs PostgreSQL where root runs this.
  await chmod(home, 0o755);
  // `tq` by name, as it is where Rookery is installed.
  const tq = join(home, 'tq');
  await writeFile(tq, `#!/bin/sh\nexec '${process.execPath}' '${join(ROOT, 'dist/cli/main.js')}' "$@"\n`);
  await chmod(tq, 0o755);

  let hub = await startHub();
  const builder = program('builder', process.execPath, ['--import', 'tsx', 'examples/crew/builder.ts']);
  const reviewer = program('reviewer', process.execPath, ['--import', 'tsx', 'examples/crew/reviewer.ts']);
  const planner = program('planner', 'bash', ['examples/crew/planner.sh']);

  await said(/^builder +builds/, 2);
  const database = Number((await readFile(join(home, 'hub/postgres/data/postmaster.pid'), 'utf8')).split('\n')[0]);
  hub.kill('SIGKILL');
  process.kill(database, 'SIGKILL');
  await once(hub, 'exit');
  say('main', 'has killed the hub and its database');
  hub = await startHub();

  const [code] = (await once(planner, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`the planner ended with ${code}`);
  // Who lost its stream in the crash tries again at ever longer intervals: what was sent meanwhile comes then.
  await said(/^builder +reads/, 1);
  await said(/^reviewer +reads/, 1);
  for (const worker of [builder, reviewer]) {
    worker.kill('SIGTERM');
    await once(worker, 'exit');
  }
  await report();
  hub.kill('SIGTERM');
  await once(hub, 'exit');
} finally {
  for (const child of running) child.kill('SIGKILL');
  await rm(home, { recursive: true, force: true });
}

async function startHub(): Promise<ChildProcess> {
  const hub = spawn(process.execPath, ['dist/server/main.js'], {
    cwd: ROOT,
    env: {
      ...process.env,
      PORT: String(port),
      HOST: '',
      DATABASE_URL: '',
      ROOKERY_HOME: join(home, 'hub'),
      LOG_LEVEL: 'warn',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  track(hub);
  await new Promise<void>((resolve, reject) => {
    createInterface(hub.stdout!).on('line', (line) => line.startsWith('Rookery') && resolve());
    hub.once('exit', (code) => reject(new Error(`the hub ended with ${code}`)));
  });
  say('main', 'has started the hub');
  return hub;
}

function program(name: string, command: string, args: string[]): ChildProcess {
  const child = spawn(command, args, {
    cwd: ROOT,
    env: {
      ...process.env,
      PATH: `${home}${delimiter}${process.env['PATH']}`,
      ROOKERY_URL: url,
      ROOKERY_TOKEN: '',
      XDG_STATE_HOME: home,
      XDG_CONFIG_HOME: home,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  track(child);
  createInterface(child.stdout!).on('line', (line) => {
    say(name, line);
    for (const listener of listeners) listener();
  });
  return child;
}

function track(child: ChildProcess): void {
  running.add(child);
  child.once('exit', () => running.delete(child));
}

/** Until so many lines of the transcript match. */
function said(pattern: RegExp, times: number): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (lines.filter((line) => pattern.test(line)).length < times) return;
      listeners.delete(look);
      resolve();
    };
    listeners.add(look);
    look();
  });
}

/** What the hub knows: attempts of each task, who read what, how the approval was decided. */
async function report(): Promise<void> {
  const query = `{
    tasks(first: 50) { edges { node { id title status attempts { edges { node { outcome agent } } } } } }
    requests(list: ALL) { edges { node { id status decision decidedBy consumedAt } } } }`;
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-agent': 'main' },
    body: JSON.stringify({ query }),
  });
  const { data } = (await response.json()) as { data: { tasks: Edges<TaskFacts>; requests: Edges<RequestFacts> } };
  for (const { id, title, status, attempts } of nodes(data.tasks).reverse()) {
    const ends = nodes(attempts)
      .map(({ outcome, agent }) => `${outcome} by ${agent}`)
      .reverse();
    say('hub', `task ${id} (${title}) is ${status}: ${ends.join(', ')}`);
    if (status !== 'DONE' || ends.filter((end) => end.startsWith('DONE')).length !== 1) throw new Error(`task ${id}`);
  }
  for (const { id, decision, decidedBy, consumedAt } of nodes(data.requests))
    say('hub', `request ${id} was decided by ${decidedBy}: ${decision}${consumedAt === null ? '' : ', and used'}`);
}

interface Edges<Node> {
  edges: { node: Node }[];
}
interface TaskFacts {
  id: string;
  title: string;
  status: string;
  attempts: Edges<{ outcome: string; agent: string }>;
}
interface RequestFacts {
  id: string;
  decision: string | null;
  decidedBy: string | null;
  consumedAt: string | null;
}

function nodes<Node>({ edges }: Edges<Node>): Node[] {
  return edges.map(({ node }) => node);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  return port;
}
