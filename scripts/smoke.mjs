// Uses this clone the way the README tells a stranger to: `npm start`, one subscription and one mutation over the wire,
// Ctrl-C; then again, to see that the data is still there and that a start after the first is quick.
import { ok } from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const START = [process.execPath, 'scripts/start.mjs'];
const STOP_MS = 10_000;
const TITLE = `smoke ${process.pid}`;
const home = mkdtempSync(join(tmpdir(), 'rookery-smoke-'));

try {
  // What a terminal does on Ctrl-C: the signal goes to npm and the hub alike, and npm passes its own on. It ends itself
  // by the signal then, so that the hub's exit code is only seen in the second session.
  await session('npm start', ['npm', 'start'], 'SIGINT', async (hub) => {
    const events = await hub.ask('subscription { taskEvents { cursor op task { title } } }', 'text/event-stream');
    const made = await hub.ask(`mutation { createTask(input: { title: "${TITLE}" }) { task { id status } } }`);
    ok(made.includes('"status":"OPEN"'), made);
    const event = await firstEvent(events, TITLE);
    ok(event.includes('"cursor"'), event);
  });
  await session('second start', START, 0, async (hub) => {
    const claimed = await hub.ask('mutation { claimTask { task { title } lease { token } } }');
    ok(claimed.includes(TITLE), claimed);
  });
  const milliseconds = await session('next start', START, 0, async () => {});
  console.log(`a start that finds everything in place took ${Math.round(milliseconds)} ms`);
} finally {
  rmSync(home, { recursive: true, force: true });
}

/** Starts the hub, uses it, stops it; gives the milliseconds until it was ready. */
async function session(name, [program, ...args], expected, use) {
  const begun = performance.now();
  const command = spawn(program, args, {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    env: { ...process.env, PORT: '0', HOST: '', DATABASE_URL: '', ROOKERY_HOME: home },
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  // The output is closed when the last process that holds it has ended, so not before the hub.
  const ended = new Promise((resolve) => command.once('close', (code, signal) => resolve(code ?? signal)));
  const url = await printed(command.stdout, /^Rookery +(\S+)$/m);
  const started = performance.now() - begun;
  let stopping;
  try {
    await use({ ask: (query, accept = 'application/json') => post(url, query, accept) });
  } finally {
    stopping = performance.now();
    process.kill(-command.pid, 'SIGINT');
    await ended;
  }
  const stopped = performance.now() - stopping;
  const outcome = await ended;
  console.log(`${name}: ready after ${Math.round(started)} ms, stopped in ${Math.round(stopped)} ms (${outcome})`);
  ok(outcome === 0 || outcome === expected, `it ended with ${outcome}`);
  ok(stopped < STOP_MS, `the stop took longer than ${STOP_MS} ms`);
  return started;
}

async function post(url, query, accept) {
  const headers = { 'content-type': 'application/json', accept, 'x-agent': 'smoke' };
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ query }) });
  ok(response.ok, `${query}: ${response.status}`);
  return accept === 'text/event-stream' ? response.body : response.text();
}

async function firstEvent(stream, text) {
  let seen = '';
  for await (const chunk of stream.pipeThrough(new TextDecoderStream())) {
    seen += chunk;
    if (seen.includes(text)) return seen;
  }
  throw new Error(`the stream ended without an event about ${text}: ${seen}`);
}

function printed(stream, pattern) {
  return new Promise((resolve, reject) => {
    let output = '';
    stream.setEncoding('utf8').on('data', (chunk) => {
      output += chunk;
      const found = pattern.exec(output);
      if (found) resolve(found[1]);
    });
    stream.once('close', () => reject(new Error('npm start ended before the hub was ready')));
  });
}
