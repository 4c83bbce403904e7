// Genesis, as a plain SQL client of pgmq: runs jobs. Result and settlement are one transaction. Runs until it is killed.
import pg from 'pg';

const client = new pg.Client({ connectionString: process.env.DATABASE_URL });
await client.connect();
console.log('ready');
for (;;) {
  const { rows } = await client.query(`SELECT * FROM pgmq.read_with_poll('job_requests', 30, 10, 5, 20)`);
  for (const { msg_id, message } of rows) {
    const [left, right] = message.code.split(' * ').map(Number);
    await client.query('begin');
    await client.query(`select pgmq.send('job_results', $1)`, [
      { correlation: message.correlation, value: left * right },
    ]);
    await client.query(`select pgmq.archive('job_requests', $1::bigint)`, [msg_id]);
    await client.query('commit');
  }
}
