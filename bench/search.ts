import { Agent } from 'node:http';
import { atEnd } from './at-end.ts';
import type { Conditions } from './bench.ts';
import { execute, openSession } from './cluster.ts';
import { percentile, summary } from './contest.ts';
import { type Corpus, openCorpus } from './corpus.ts';
import { post } from './post.ts';
import { startHub } from './processes.ts';
import type { Finding } from './report.ts';

const FIELDS = {
  searchKnowledge: 'matchedBy rank snippet entry { id title agent }',
  searchSessions: 'kind rank snippet chunk { id number }',
};
const TARGET_MS = 50;
const BATCH = 1_000;
const SESSIONS = 1_000;

/** Searches of one caller, one after the other, in so many entries of shared knowledge and as many chunks of conversation. */
export async function search({ cluster, rounds, short }: Conditions): Promise<Finding[]> {
  const size = short ? 2_000 : 100_000;
  const calls = short ? 20 : 200;
  const url = await cluster.createDatabase('search');
  const corpus = openCorpus(1);
  await fill(url, corpus, size);
  const hub = await startHub(url);
  const connection = new Agent({ keepAlive: true });
  atEnd(() => connection.destroy());

  const findings: Finding[] = [];
  for (const [field, selection] of Object.entries(FIELDS)) {
    const document = `query ($query: String!) { ${field}(query: $query) { edges { node { ${selection} } } } }`;
    const measure = async (what: () => string, times: number) => {
      const all: number[][] = [];
      for (let round = -1; round < rounds; round++) {
        const samples: number[] = [];
        for (let n = 0; n < times; n++) {
          const query = what();
          const start = performance.now();
          const answer = await post(hub.port, connection, 'agent-1', { query: document, variables: { query } });
          samples.push(performance.now() - start);
          if (!answer.startsWith(`{"data":{"${field}":`)) throw new Error(`${query} answered ${answer.slice(0, 600)}`);
        }
        if (round >= 0) all.push(samples.sort((a, b) => a - b));
      }
      return (percent: number) => summary(all.map((samples) => percentile(samples, percent)));
    };
    const words = await measure(() => someWords(corpus), calls);
    const phrases = await measure(() => phrase(corpus), calls / 10);
    const slow = words(95);
    findings.push({
      title: `${field} over HTTP, ${size.toLocaleString('en')} texts, 20 hits with snippets`,
      unit: 'ms',
      rows: [
        { name: 'words, p50', figure: words(50) },
        { name: 'words, p95', figure: slow, target: `<= ${TARGET_MS} ms`, reached: slow.median <= TARGET_MS },
        { name: 'phrases, p50', figure: phrases(50) },
      ],
    });
  }
  return findings;
}

/** One to three words, of which as many are among the 100 most common as among the next 1,000 and the next 10,000. */
function someWords(corpus: Corpus): string {
  const place = () => Math.floor(10 ** (1 + 3 * corpus.random()));
  const word = () => corpus.words[place()]!;
  return Array.from({ length: 1 + Math.floor(3 * corpus.random()) }, word).join(' ');
}

/** Two words as they stand together in a text: mostly some of the most common, which is the dear case. */
function phrase(corpus: Corpus): string {
  return `"${corpus.text(2).slice(0, -1)}"`;
}

/** Entries of 40 to 200 words and chunks of 100 to 500, with their indexes; their events are not what this is about. */
async function fill(url: string, corpus: Corpus, size: number): Promise<void> {
  const session = await openSession(url);
  const between = (least: number, most: number) => least + Math.floor(corpus.random() * (most - least));
  for (const table of ['agent_knowledge', 'conversation_chunks'])
    await session.query(`alter table ${table} disable trigger _900_emit_insert`);
  await session.query(`insert into sessions (title) select 'Session ' || n from generate_series(1, ${SESSIONS}) n`);
  for (let from = 0; from < size; from += BATCH) {
    const places = Array.from({ length: BATCH }, (_, n) => from + n);
    const entries = places.map((place) => ({
      agent: `agent-${place % 100}`,
      category: `category-${between(0, 50)}`,
      title: corpus.text(between(3, 9)),
      content: corpus.text(between(40, 200)),
    }));
    await session.query(
      `insert into agent_knowledge (agent_name, category, title, content)
       select agent, category, title, content from jsonb_to_recordset($1) e (agent text, category text, title text, content text)`,
      [JSON.stringify(entries)],
    );
    const chunks = places.map((place) => ({
      session: 1 + (place % SESSIONS),
      number: 1 + Math.floor(place / SESSIONS),
      content: corpus.text(between(100, 500)),
    }));
    await session.query(
      `insert into conversation_chunks (session_id, number, content)
       select session, number, content from jsonb_to_recordset($1) c (session bigint, number bigint, content text)`,
      [JSON.stringify(chunks)],
    );
  }
  await execute(url, 'vacuum analyze');
}
