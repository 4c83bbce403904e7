// A consumer over GraphQL: reads, says so, works a little, archives, says what came of it. Runs until it is killed.
const { ROOKERY_URL, QUEUE, NAME } = process.env;

async function graphql(query, input) {
  const response = await fetch(`${ROOKERY_URL}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-agent': NAME },
    body: JSON.stringify({ query, variables: { input } }),
  });
  const { data, errors } = await response.json();
  if (errors?.[0]?.extensions.code === 'LEASE_LOST') return 'lost';
  if (errors) throw new Error(JSON.stringify(errors));
  return data;
}

const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

for (;;) {
  const { readQueue } = await graphql(
    'mutation ($input: ReadQueueInput!) { readQueue(input: $input) { deliveries { receipt message { id } } } }',
    { queue: QUEUE, quantity: 3, visibilitySeconds: 0.6, waitSeconds: 30 },
  );
  const held = readQueue.deliveries.map(({ receipt, message: { id } }) => ({ id, receipt }));
  for (const { id } of held) say({ did: 'read', id });
  for (const one of held) {
    await new Promise((resolve) => setTimeout(resolve, 10 + 60 * Math.random()));
    const answer = await graphql(
      'mutation ($input: ArchiveQueueMessagesInput!) { archiveQueueMessages(input: $input) { ids } }',
      { queue: QUEUE, messages: [one] },
    );
    say({ did: answer === 'lost' ? 'lost' : 'archived', ...one });
  }
}
