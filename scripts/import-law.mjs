// The import law: which folder of src/ may import which, and no circles, not even of types. A law that is only written
// down is broken within a month, so CI runs this. (TypeScript 7 has no JavaScript API, which the usual tools need; the
// parser used here gives every import, type-only ones, re-exports and import() included.)
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseSync, Visitor } from 'oxc-parser';

const ROOMS = [
  'agents',
  'messages',
  'tasks',
  'knowledge',
  'sessions',
  'requests',
  'queues',
  'telemetry',
  'state',
  'operations',
];
const LEAVES = ['config', 'errors', 'log'];
const CLIENT = ['index of client', 'briefing of client', 'config'];
const GROUND = [...LEAVES, 'postgres', 'feed', 'graphql'];

/** What each folder may import besides itself; `service of`: only its service.ts, and so on; `types of`: only types. */
const LAW = {
  ...Object.fromEntries(LEAVES.map((leaf) => [leaf, []])),
  postgres: LEAVES,
  feed: [...LEAVES, 'postgres'],
  graphql: ['feed', 'types of postgres', 'errors'],
  // One fixed direction between rooms: each may ask the services of the rooms named before it.
  ...Object.fromEntries(
    ROOMS.map((room, i) => [
      room,
      ['graphql', 'feed', 'postgres', 'errors', ...ROOMS.slice(0, i).map((r) => `service of ${r}`)],
    ]),
  ),
  // It serves MCP too, whose tools are a client like any other.
  server: [...GROUND, ...ROOMS, 'index of client', 'http of mcp'],
  client: [],
  // By its index, as those outside do: with what that imports it is built into one file.
  cli: [...CLIENT, 'stdio of mcp'],
  mcp: CLIENT,
  console: CLIENT,
};

/** Every breach of the law below `src`, as lines to print. */
function breaches(src) {
  const imports = new Map(sourcesBelow(src).map((file) => [file, importsOf(file)]));
  const found = [];
  for (const [file, targets] of imports)
    for (const { path, typeOnly, line } of targets)
      if (!allowed(relative(src, file), relative(src, path), typeOnly))
        found.push(`${relative(dirname(src), file)}:${line} may not import ${relative(dirname(src), path)}`);
  return [...found, ...circles(imports).map((ring) => `circle: ${ring.map((f) => relative(src, f)).join(' -> ')}`)];
}

function allowed(from, to, typeOnly) {
  const here = folderOf(from);
  const there = folderOf(to);
  if (there === '..') return false;
  if (here === there) return true;
  const may = LAW[here];
  if (may === undefined) return false;
  if (may.includes(there) || (typeOnly && may.includes(`types of ${there}`))) return true;
  const [, file] = /^[^/]+\/(\w+)\.ts$/.exec(to.split(sep).join('/')) ?? [];
  return may.includes(`${file} of ${there}`);
}

/** `tasks/service.ts` is of `tasks`, `config.ts` of `config`. */
function folderOf(path) {
  return path.split(sep)[0].replace(/\.ts$/, '');
}

/** Generated code obeys nobody: it may be imported as part of its folder, and is not looked into. */
function sourcesBelow(src) {
  return readdirSync(src, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .filter((file) => !file.includes(`${sep}generated${sep}`));
}

function importsOf(file) {
  const code = readFileSync(file, 'utf8');
  const { program, errors } = parseSync(file, code);
  if (errors.length > 0) throw new Error(`${file}: ${errors[0].message}`);
  const found = [];
  const see = (node, source, typeOnly) => {
    if (typeof source?.value !== 'string' || !source.value.startsWith('.')) return;
    const line = code.slice(0, node.start).split('\n').length;
    found.push({ path: resolve(dirname(file), source.value), typeOnly, line });
  };
  new Visitor({
    ImportDeclaration: (node) => see(node, node.source, onlyTypes(node, 'importKind')),
    ExportNamedDeclaration: (node) => see(node, node.source, onlyTypes(node, 'exportKind')),
    ExportAllDeclaration: (node) => see(node, node.source, node.exportKind === 'type'),
    ImportExpression: (node) => see(node, node.source, false),
    TSImportType: (node) => see(node, node.source, true),
  }).visit(program);
  return found;
}

function onlyTypes(node, kind) {
  if (node[kind] === 'type') return true;
  return node.specifiers.length > 0 && node.specifiers.every((specifier) => specifier[kind] === 'type');
}

/** One ring for each back edge a depth-first walk meets: enough to fail, and each one names the files to part. */
function circles(imports) {
  const rings = [];
  const done = new Set();
  const walk = (file, path) => {
    const at = path.indexOf(file);
    if (at >= 0) return void rings.push([...path.slice(at), file]);
    if (done.has(file)) return;
    for (const { path: next } of imports.get(file) ?? []) walk(next, [...path, file]);
    done.add(file);
  };
  for (const file of imports.keys()) walk(file, []);
  return rings;
}

const src = resolve(process.argv[2] ?? fileURLToPath(new URL('../src', import.meta.url)));
const found = breaches(src);
for (const breach of found) console.error(breach);
if (found.length > 0)
  console.error(`\n${found.length} against the import law (CONTRIBUTING.md, the table of folders).`);
process.exitCode = found.length > 0 ? 1 : 0;
