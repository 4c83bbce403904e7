// Nexus, over GraphQL: routes requests to a model and brings approvals and questions to a human. Runs until it is killed.
const WORK = {
  llm_requests: ['llm_results', ({ prompt }) => ({ text: `Answer to: ${prompt}`, model: 'claude' })],
  approval_requests: ['approval_responses', ({ file_path }) => ({ approved: file_path.endsWith('.ex'), by: 'ann' })],
  question_requests: ['question_responses', () => ({ answer: 'PostgreSQL', by: 'ann' })],
};

async function graphql(query, input) {
  const response = await fetch(`${process.env.ROOKERY_URL}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${process.env.ROOKERY_TOKEN}` },
    body: JSON.stringify({ query, variables: { input } }),
  });
  const { data, errors } = await response.json();
  if (errors) throw new Error(JSON.stringify(errors));
  return data;
}

async function serve(queue) {
  const [results, work] = WORK[queue];
  for (;;) {
    const { readQueue } = await graphql(
      'mutation ($input: ReadQueueInput!) { readQueue(input: $input) { deliveries { receipt message { id body } } } }',
      { queue, quantity: 10, visibilitySeconds: 30, waitSeconds: 30 },
    );
    for (const { receipt, message } of readQueue.deliveries) {
      // Sent before the request is settled: should this process die in between, the key keeps the answer from being sent twice.
      await graphql('mutation ($input: SendToQueueInput!) { sendToQueue(input: $input) { id } }', {
        queue: results,
        body: { correlation: message.body.correlation, ...work(message.body) },
        idempotencyKey: `${queue}/${message.id}`,
      });
      await graphql('mutation ($input: ArchiveQueueMessagesInput!) { archiveQueueMessages(input: $input) { ids } }', {
        queue,
        messages: [{ id: message.id, receipt }],
      });
    }
  }
}

console.log('ready');
await Promise.all(Object.keys(WORK).map(serve));
