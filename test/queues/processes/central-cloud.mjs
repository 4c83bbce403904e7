// CentralCloud, as a SQL client that may only read: counts what went through each queue, and cannot send.
import pg from 'pg';

const client = new pg.Client({ connectionString: process.env.DATABASE_URL });
await client.connect();
const { rows } = await client.query(
  'select queue_name, queue_length, total_messages from pgmq.metrics_all() order by 1',
);
const { rows: archived } = await client.query('select msg from pgmq.llm_requests_archive');
const refused = await client.query(`select pgmq.send('llm_requests', '{}')`).then(
  () => 'sent',
  ({ code }) => code,
);
console.log(JSON.stringify({ figures: rows, archived, refused }));
await client.end();
