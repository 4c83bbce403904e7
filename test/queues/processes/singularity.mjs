// Singularity, as a plain SQL client of pgmq: asks for the four things an agent asks for, and prints what came back.
import pg from 'pg';

const client = new pg.Client({ connectionString: process.env.DATABASE_URL });
await client.connect();

/** Waits for the answer that carries this correlation, settles it and returns it. */
async function answer(queue, correlation) {
  for (;;) {
    const { rows } = await client.query('select * from pgmq.read_with_poll($1, 30, 1, 10, 20, $2)', [
      queue,
      { correlation },
    ]);
    if (rows.length === 0) throw new Error(`No answer in ${queue}`);
    const [{ msg_id, message }] = rows;
    const archived = await client.query('select pgmq.archive($1, $2::bigint) as done', [queue, msg_id]);
    if (archived.rows[0].done) return message;
  }
}

await client.query('INSERT INTO pgmq.llm_requests (msg) VALUES ($1)', [
  { correlation: 'llm-1', agent_id: 'self-improving-agent', task_type: 'architect', prompt: 'Design a cache' },
]);
const llm = await answer('llm_results', 'llm-1');

await client.query(`select * from pgmq.send('approval_requests', $1)`, [
  { correlation: 'approval-1', file_path: 'lib/cache.ex', diff: '+ cache' },
]);
const approval = await answer('approval_responses', 'approval-1');

await client.query(`select * from pgmq.send('question_requests', $1, 0)`, [
  { correlation: 'question-1', question: 'Which database?' },
]);
const question = await answer('question_responses', 'question-1');

await client.query(`select * from pgmq.send_batch('job_requests', $1::jsonb[])`, [
  [{ correlation: 'job-1', code: '6 * 7' }],
]);
const job = await answer('job_results', 'job-1');

console.log(JSON.stringify({ llm, approval, question, job }));
await client.end();
