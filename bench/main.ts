import { parseArgs } from 'node:util';
import { endBench } from './at-end.ts';
import type { Bench, Conditions } from './bench.ts';
import { claims } from './claims.ts';
import { openCluster } from './cluster.ts';
import { fanout } from './fanout.ts';
import { growth } from './growth.ts';
import { latency } from './latency.ts';
import { calibrate, MACHINE } from './machine.ts';
import { messages } from './messages.ts';
import { print, printMachine } from './report.ts';
import { search } from './search.ts';

const BENCHES: Readonly<Record<string, Bench>> = { messages, claims, latency, fanout, growth, search };

const USAGE = `npm run bench -- [${Object.keys(BENCHES).join('|')} ...] [--short] [--rounds N] [--seconds N] [--json]

Without a name, all of them. --short only shows that they run, in less than a minute. --json prints one line for each
bench in place of tables. HUB_NODE names another Node for the hub; HUB_ARGS are arguments to it, such as --cpu-prof.`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    short: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    seconds: { type: 'string' },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
const names = positionals.length > 0 ? positionals : Object.keys(BENCHES);
const unknown = names.find((name) => !(name in BENCHES));
if (values.help || unknown !== undefined) {
  console.log(unknown === undefined ? USAGE : `There is no bench ${unknown}.\n\n${USAGE}`);
  process.exit(unknown === undefined ? 0 : 2);
}

process.setMaxListeners(50);
// Not once: npm passes on what the whole group has been sent, and the second would cut the cleaning up short.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130));
const cluster = await openCluster();
const conditions: Conditions = {
  cluster,
  short: values.short,
  rounds: Number(values.rounds ?? (values.short ? 1 : 7)),
  seconds: Number(values.seconds ?? (values.short ? 0.5 : 3)),
};
try {
  for (const name of names) {
    const before = calibrate(cluster.directory);
    const findings = await BENCHES[name]!(conditions).finally(endBench);
    const after = calibrate(cluster.directory);
    const { rounds, seconds, short } = conditions;
    if (values.json) {
      console.log(JSON.stringify({ bench: name, rounds, seconds, short, machine: MACHINE, before, after, findings }));
      continue;
    }
    for (const finding of findings) print(finding);
    printMachine(before, after);
  }
} finally {
  await cluster.dispose();
}
