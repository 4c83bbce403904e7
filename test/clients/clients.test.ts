import { ApolloClient, ApolloLink, gql, HttpLink, InMemoryCache } from '@apollo/client';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { createClient as createUrql, fetchExchange, subscriptionExchange } from '@urql/core';
import { EventSource } from 'eventsource';
import { OperationTypeNode } from 'graphql';
import { createClient as createSse } from 'graphql-sse';
import { createClient as createWs } from 'graphql-ws';
import { expect, test } from 'vitest';
import WebSocket from 'ws';
import { testHub } from '../support/hub.ts';

/** The clients people already have, as their own documentation sets them up. */
const hub = await testHub();
const url = `${hub.url}/graphql`;
const headers = { 'x-agent': 'jean' };
const RECORD =
  'mutation Record($title: String!) { recordKnowledge(input: { title: $title, content: "x" }) { entry { id } } }';
const EVENTS = 'subscription Events { knowledgeEvents { cursor entry { title } } }';
const CURSOR = 'query Cursor { feedCursor }';

const newWs = () =>
  createWs({ url: url.replace('http', 'ws'), webSocketImpl: WebSocket, connectionParams: headers, lazy: false });

/** Writes until the subscriber, which may take a moment to begin, has heard. */
async function heard(title: string, next: Promise<unknown>): Promise<unknown> {
  let event: unknown;
  void next.then((value) => {
    event = value;
  });
  while (event === undefined) {
    await hub.data(RECORD, { title }, { agent: 'jean' });
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return event;
}

test('Apollo Client: query and mutation over HTTP, subscription over WebSocket', async () => {
  const ws = newWs();
  const client = new ApolloClient({
    cache: new InMemoryCache(),
    link: ApolloLink.split(
      ({ operationType }) => operationType === OperationTypeNode.SUBSCRIPTION,
      new GraphQLWsLink(ws),
      new HttpLink({ uri: url, headers }),
    ),
  });
  const { data } = await client.query<{ feedCursor: string }>({ query: gql(CURSOR) });
  expect(data?.feedCursor).toMatch(/^[0-9a-f]{12}-/);
  const written = await client.mutate<{ recordKnowledge: { entry: { id: string } } }>({
    mutation: gql(RECORD),
    variables: { title: 'apollo' },
  });
  expect(written.data?.recordKnowledge.entry.id).toMatch(/^\d+$/);
  const next = new Promise((resolve, reject) => {
    client.subscribe<{ knowledgeEvents: { entry: { title: string } } }>({ query: gql(EVENTS) }).subscribe({
      // What was written a moment before the subscription began may come too.
      next: ({ data }) => data?.knowledgeEvents.entry.title === 'apollo live' && resolve(data.knowledgeEvents),
      error: reject,
    });
  });
  expect(await heard('apollo live', next)).toMatchObject({ entry: { title: 'apollo live' } });
  client.stop();
  await ws.dispose();
});

test('urql: query and mutation over HTTP, subscription over WebSocket', async () => {
  const ws = newWs();
  const client = createUrql({
    url,
    preferGetMethod: false,
    fetchOptions: { headers },
    exchanges: [
      fetchExchange,
      subscriptionExchange({
        forwardSubscription: ({ query = '', variables }) => ({
          subscribe: (sink) => ({
            unsubscribe: ws.subscribe({ query, variables: variables as Record<string, unknown> }, sink as never),
          }),
        }),
      }),
    ],
  });
  expect((await client.query(CURSOR, {}).toPromise()).data.feedCursor).toMatch(/^[0-9a-f]{12}-/);
  expect((await client.mutation(RECORD, { title: 'urql' }).toPromise()).error).toBeUndefined();
  const next = new Promise((resolve) => {
    client
      .subscription(EVENTS, {})
      .subscribe(({ data }) => data?.knowledgeEvents.entry.title === 'urql live' && resolve(data.knowledgeEvents));
  });
  expect(await heard('urql live', next)).toMatchObject({ entry: { title: 'urql live' } });
  await ws.dispose();
});

test('graphql-ws and graphql-sse, plain', async () => {
  const ws = newWs();
  const sse = createSse({ url, headers, singleConnection: false });
  for (const [name, client] of Object.entries({ ws, sse })) {
    const events = client.iterate({ query: EVENTS });
    const next = events.next().then(({ value }) => value?.data?.['knowledgeEvents']);
    expect(await heard(`${name} live`, next)).toMatchObject({ entry: { title: `${name} live` } });
    await events.return?.();
  }
  sse.dispose();
  await ws.dispose();
});

test('EventSource: a plain GET, which resumes by itself after the connection was cut', async () => {
  const { feedCursor } = await hub.data('{ feedCursor }');
  const titles = ['first', 'second', 'third'];
  for (const title of titles) await hub.data(RECORD, { title }, { agent: 'jean' });
  const query = `subscription { knowledgeEvents(after: "${feedCursor}") { entry { title } } }`;
  const seen: string[] = [];
  const ids = new Set<string>();
  let connections = 0;
  const source = new EventSource(`${url}?${new URLSearchParams({ query })}`, {
    fetch: async (input, init) => {
      connections++;
      const response = await fetch(input, { ...init, headers: { ...init.headers, ...headers } });
      // The first connection is cut after two events, as by a network that fails.
      return connections > 1
        ? response
        : new Response(firstEvents(response.body as ReadableStream<Uint8Array>, 2), response);
    },
  });
  let resolve = () => {};
  const done = new Promise<void>((settle) => {
    resolve = settle;
  });
  source.addEventListener('next', (event) => {
    seen.push(JSON.parse(event.data).data.knowledgeEvents.entry.title);
    ids.add(event.lastEventId);
    if (seen.length === titles.length) resolve();
  });
  await done;
  source.close();
  expect(seen).toEqual(titles);
  expect(ids.size).toBe(3);
  expect(connections).toBe(2);
});

function firstEvents(body: ReadableStream<Uint8Array>, count: number): ReadableStream<Uint8Array> {
  let text = '';
  const reader = body.getReader();
  const encoder = new TextEncoder();
  return new ReadableStream({
    async start(controller) {
      while (text.split('event: next').length <= count || !text.endsWith('\n\n')) {
        const { value, done } = await reader.read();
        if (done) break;
        text += new TextDecoder().decode(value);
      }
      const events = text.split(/(?<=\n\n)/).filter((block) => block.includes('event: next'));
      controller.enqueue(encoder.encode(events.slice(0, count).join('')));
      await reader.cancel();
      controller.close();
    },
  });
}
