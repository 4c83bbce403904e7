import { Agent } from 'node:http';
import type { ClientBase } from 'pg';
import { atEnd } from './at-end.ts';
import type { Conditions } from './bench.ts';
import { execute, openSession } from './cluster.ts';
import { percentile, summary } from './contest.ts';
import { type Corpus, openCorpus } from './corpus.ts';
import { post } from './post.ts';
import { startHub } from './processes.ts';
import type { Finding } from './report.ts';

const HITS = {
  searchKnowledge: 'matchedBy rank snippet entry { id title agent }',
  searchSessions: 'kind rank snippet chunk { id number }',
};
const TARGET_MS = 50;
const BATCH = 1_000;
const SESSIONS = 1_000;

/**
 * Searches of one caller, one after the other, in so many entries of shared knowledge and as many chunks of conversation; in
 * knowledge, which is also searched by three letters in a row, once more with words that make that as dear as can be.
 */
export async function search({ cluster, rounds, short }: Conditions): Promise<Finding[]> {
  const size = short ? 2_000 : 100_000;
  const calls = short ? 20 : 200;
  const connection = new Agent({ keepAlive: true });
  atEnd(() => connection.destroy());

  const measure = async (field: keyof typeof HITS, port: number, what: () => string, times: number) => {
    const document = `query ($query: String!) { ${field}(query: $query) { edges { node { ${HITS[field]} } } } }`;
    const all: number[][] = [];
    let missed = 0;
    for (let round = -1; round < rounds; round++) {
      const samples: number[] = [];
      for (let n = 0; n < times; n++) {
        const query = what();
        const start = performance.now();
        const answer = await post(port, connection, 'agent-1', { query: document, variables: { query } });
        samples.push(performance.now() - start);
        if (!answer.startsWith(`{"data":{"${field}":`)) throw new Error(`${query} answered ${answer.slice(0, 600)}`);
        if (round >= 0 && answer.includes('"edges":[]')) missed++;
      }
      if (round >= 0) all.push(samples.sort((a, b) => a - b));
    }
    const at = (percent: number) => summary(all.map((samples) => percentile(samples, percent)));
    return { at, missed: Math.round((100 * missed) / (times * rounds)) };
  };

  const findings: Finding[] = [];
  for (const [vocabulary, name, fields] of [
    ['likeEnglish', 'words as in English', ['searchKnowledge', 'searchSessions']],
    ['ofFewSyllables', 'words of 18 syllables', ['searchKnowledge']],
  ] as const) {
    const corpus = openCorpus(1, vocabulary);
    const url = await cluster.createDatabase(`search_${vocabulary.toLowerCase()}`);
    const session = await openSession(url);
    await fillKnowledge(session, corpus, size);
    if (fields.length > 1) await fillSessions(session, corpus, size);
    await execute(url, 'vacuum analyze');
    const hub = await startHub(url);
    for (const field of fields) {
      const words = await measure(field, hub.port, () => someWords(corpus), calls);
      const phrases = await measure(field, hub.port, () => phrase(corpus), calls / 10);
      const slow = words.at(95);
      findings.push({
        title: `${field} over HTTP, ${size.toLocaleString('en')} texts, ${name}; 20 hits with snippets`,
        unit: 'ms',
        rows: [
          { name: 'words, p50', figure: words.at(50) },
          {
            name: `words, p95 (${words.missed}% of searches find nothing)`,
            figure: slow,
            target: `<= ${TARGET_MS} ms`,
            reached: slow.median <= TARGET_MS,
          },
          { name: 'phrases, p50', figure: phrases.at(50) },
        ],
      });
    }
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

/** Entries of 40 to 200 words, with their indexes; their events are not what this is about. */
async function fillKnowledge(session: ClientBase, corpus: Corpus, size: number): Promise<void> {
  await session.query('alter table agent_knowledge disable trigger _900_emit_insert');
  for (let from = 0; from < size; from += BATCH) {
    const entries = Array.from({ length: BATCH }, (_, n) => ({
      agent: `agent-${(from + n) % 100}`,
      category: `category-${between(corpus, 0, 50)}`,
      title: corpus.text(between(corpus, 3, 9)),
      content: corpus.text(between(corpus, 40, 200)),
    }));
    await session.query(
      `insert into agent_knowledge (agent_name, category, title, content)
       select agent, category, title, content from jsonb_to_recordset($1) e (agent text, category text, title text, content text)`,
      [JSON.stringify(entries)],
    );
  }
}

/** Chunks of 100 to 500 words, likewise. */
async function fillSessions(session: ClientBase, corpus: Corpus, size: number): Promise<void> {
  await session.query('alter table conversation_chunks disable trigger _900_emit_insert');
  await session.query(`insert into sessions (title) select 'Session ' || n from generate_series(1, ${SESSIONS}) n`);
  for (let from = 0; from < size; from += BATCH) {
    const chunks = Array.from({ length: BATCH }, (_, n) => ({
      session: 1 + ((from + n) % SESSIONS),
      number: 1 + Math.floor((from + n) / SESSIONS),
      content: corpus.text(between(corpus, 100, 500)),
    }));
    await session.query(
      `insert into conversation_chunks (session_id, number, content)
       select session, number, content from jsonb_to_recordset($1) c (session bigint, number bigint, content text)`,
      [JSON.stringify(chunks)],
    );
  }
}

const between = ({ random }: Corpus, least: number, most: number) => least + Math.floor(random() * (most - least));
