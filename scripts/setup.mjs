// Brings a clone to where it can run: packages installed as the lock file says, code generated and built. Plain Node
// without packages, since it is what runs before there are any; each step is skipped when nothing has changed for it.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, lstatSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const OLDEST_NODE = [20, 19];
const BUILT = join(ROOT, 'dist', '.built-from');
const SOURCES = [
  'src',
  'prisma/schema.prisma',
  'prisma/models',
  'package-lock.json',
  'tsconfig.json',
  'tsconfig.build.json',
  'scripts/bundle-client.mjs',
];

export function setup() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor < OLDEST_NODE[1]))
    fail(`Rookery needs Node ${OLDEST_NODE.join('.')} or later; this is ${process.versions.node}.`);
  if (!isInstalled()) install();
  const sources = hashOf(SOURCES);
  if (read(BUILT) !== sources) build(sources);
}

/** npm notes what it has put into node_modules; packages of other platforms are never there. */
function isInstalled() {
  // A link into another clone: npm would empty the directory of that one.
  if (lstatSync(join(ROOT, 'node_modules'), { throwIfNoEntry: false })?.isSymbolicLink()) return true;
  const installed = JSON.parse(read(join(ROOT, 'node_modules', '.package-lock.json')) || '{}').packages;
  if (installed === undefined) return false;
  const wanted = Object.entries(JSON.parse(read(join(ROOT, 'package-lock.json'))).packages);
  return wanted.every(([path, { version, optional, devOptional, peer }]) => {
    const found = installed[path]?.version;
    return path === '' || found === version || (found === undefined && (optional || devOptional || peer));
  });
}

/** No package needs its install script: the hub itself repairs what one of them would have done. */
function install() {
  say('installing packages (once; a minute or so)');
  const common = ['--include=dev', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const strict = npm(['ci', ...common]);
  if (strict.status === 0) return;
  // npm writes lock files that lack the packages of other platforms, and then refuses them. The versions are still right.
  const lax = strict.stderr.includes('EUSAGE') ? npm(['install', '--no-save', ...common]) : strict;
  if (lax.status !== 0) fail(`npm could not install the packages:\n${lax.stderr}`);
}

function npm(args) {
  const options = { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'ignore', 'pipe'] };
  const script = process.env.npm_execpath;
  return script?.endsWith('.js')
    ? spawnSync(process.execPath, [script, ...args], options)
    : spawnSync('npm', args, { ...options, shell: process.platform === 'win32' });
}

function build(sources) {
  say('building');
  rmSync(join(ROOT, 'dist'), { recursive: true, force: true });
  run(process.execPath, [join(ROOT, 'scripts', 'generate.mjs')]);
  run(process.execPath, [join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', 'tsconfig.build.json']);
  run(process.execPath, [join(ROOT, 'scripts', 'bundle-client.mjs')]);
  writeFileSync(BUILT, sources);
}

function hashOf(paths) {
  const hash = createHash('sha256');
  for (const path of paths.flatMap(filesBelow))
    hash
      .update(path)
      .update('\0')
      .update(readFileSync(join(ROOT, path)));
  return hash.digest('hex');
}

function filesBelow(path) {
  if (!statSync(join(ROOT, path)).isDirectory()) return [path];
  const names = readdirSync(join(ROOT, path)).sort();
  return names.filter((name) => name !== 'generated').flatMap((name) => filesBelow(`${path}/${name}`));
}

function run(command, args) {
  // Output goes to standard error: what the hub or a test prints is all that standard output carries.
  const { status } = spawnSync(command, args, { cwd: ROOT, stdio: ['ignore', 2, 2] });
  if (status !== 0) fail(`failed: ${command} ${args.join(' ')}`);
}

function read(path) {
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}

function say(text) {
  process.stderr.write(`rookery: ${text}\n`);
}

function fail(text) {
  say(text);
  process.exit(1);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) setup();
