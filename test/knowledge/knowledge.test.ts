import { expect, test } from 'vitest';
import { testHub } from '../support/hub.ts';

const hub = await testHub();
const RECORD = `mutation ($input: RecordKnowledgeInput!) {
  recordKnowledge(input: $input) { entry { id agent category title content metadata } } }`;

test('an agent records; everybody looks it up and hears of it', async () => {
  const stream = await hub.subscribeSse('subscription { knowledgeEvents { op actor entry { id title } } }');
  const input = {
    category: 'pattern',
    title: 'Retry with jitter',
    content: 'Else they all come back at once.',
    metadata: { tags: ['net'] },
  };
  const { recordKnowledge } = await hub.data(RECORD, { input }, { agent: 'jean' });
  const { entry } = recordKnowledge as { entry: Record<string, unknown> };
  expect(entry).toEqual({ id: expect.stringMatching(/^\d+$/), agent: 'jean', ...input });
  const event = (await stream.take()).data?.['knowledgeEvents'];
  expect(event).toEqual({ op: 'INSERT', actor: 'jean', entry: { id: entry['id'], title: input.title } });

  await hub.data(RECORD, { input: { title: 'Other', content: 'thing' } }, { agent: 'jared' });
  const find = 'query ($filter: KnowledgeFilter) { knowledgeEntries(filter: $filter) { edges { node { title } } } }';
  const titles = async (filter: object) =>
    ((await hub.data(find, { filter }))['knowledgeEntries'] as { edges: { node: { title: string } }[] }).edges.map(
      ({ node }) => node.title,
    );
  expect(await titles({})).toEqual(['Other', 'Retry with jitter']);
  expect(await titles({ search: 'ELSE THEY' })).toEqual(['Retry with jitter']);
  expect(await titles({ agent: 'jared' })).toEqual(['Other']);
  expect(await titles({ category: 'pattern', agent: 'jared' })).toEqual([]);
  await stream.close();
});

test('content over 16 kB is left out of the event and read from the table when asked for', async () => {
  const stream = await hub.subscribeWs('subscription { knowledgeEvents { entry { title content } } }');
  const content = 'long '.repeat(10_000);
  await hub.data(RECORD, { input: { title: 'Long', content } }, { agent: 'jean' });
  // What was written a moment before the stream began may come too.
  let event: { entry: { title: string } } | undefined;
  while (event?.entry.title !== 'Long') event = (await stream.take()).data?.['knowledgeEvents'];
  expect(event).toEqual({ entry: { title: 'Long', content } });
  await stream.close();
});

test('one bad entry in a crowd fails alone', async () => {
  const calls = Array.from({ length: 20 }, (_, index) =>
    hub.graphql(RECORD, { input: { title: `n${index}`, content: index === 7 ? 'a\u0000b' : 'ok' } }, { agent: 'jean' }),
  );
  const results = await Promise.all(calls);
  const failed = results.filter(({ errors }) => errors !== undefined);
  expect(failed).toHaveLength(1);
  expect(failed[0]?.errors?.[0]).toMatchObject({ extensions: { code: 'BAD_INPUT' } });
  expect((results[8]?.data?.['recordKnowledge'] as { entry: { title: string } } | undefined)?.entry.title).toBe('n8');
});

test('wrong input is told plainly', async () => {
  const none = await hub.data('{ knowledge(id: "999999") { title } }');
  expect(none['knowledge']).toBeNull();
  const { errors } = await hub.graphql('{ knowledge(id: "abc") { title } }');
  expect(errors?.[0]).toMatchObject({
    message: '"abc" is not the number of a knowledge entry: ids look like "8".',
    extensions: { code: 'BAD_INPUT' },
  });
  const empty = await hub.graphql(RECORD, { input: { title: '', content: '' } }, { agent: 'jean' });
  expect(empty.errors?.[0]).toMatchObject({ extensions: { code: 'BAD_INPUT' } });
  const anonymous = await hub.graphql(RECORD, { input: { title: 'a', content: 'b' } });
  expect(anonymous.errors?.[0]?.message).toContain('x-agent');
});
