/** A reviewer that knows MCP and nothing else, with the official client, as an LLM's host would have it. */
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';

const url = new URL('/mcp', process.env['ROOKERY_URL']);
const say = (text: string) => console.log(text);
let stopping = false;
process.once('SIGTERM', () => {
  stopping = true;
});

type Answer = Record<string, unknown>;
let client: Client | undefined;

/** Calls a tool; while the hub is away, connects anew and calls again. */
async function call(name: string, args: Answer): Promise<Answer> {
  for (;;) {
    try {
      if (client === undefined) {
        const fresh = new Client({ name: 'reviewer', version: '1.0.0' });
        await fresh.connect(
          new StreamableHTTPClientTransport(url, { requestInit: { headers: { 'x-agent': 'reviewer' } } }),
        );
        client = fresh;
      }
      const { isError, structuredContent, content } = await client.callTool({ name, arguments: args });
      const text = JSON.stringify(content);
      if (!isError) return structuredContent as Answer;
      if (!/UNREACHABLE|UNAVAILABLE|GOING_AWAY/.test(text)) throw new ToolError(text);
    } catch (error) {
      if (error instanceof ToolError || stopping) throw error;
      client = undefined;
    }
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
}

class ToolError extends Error {}

await call('start', { type: 'review', capabilities: ['review'] });
say('has started');
while (!stopping) {
  const { messages } = (await call('inbox', {})) as { messages: { id: string; from: string; content: string }[] };
  if (messages.length > 0) {
    await call('inbox', { markRead: messages.map(({ id }) => id), first: 0 });
    for (const { id, from, content } of messages) say(`reads message ${id} of ${from}: ${content}`);
  }
  const { task, leaseToken } = (await call('claim', { types: ['review'], waitSeconds: 1 })) as {
    task?: { id: string; title: string };
    leaseToken?: string;
  };
  if (task === undefined) continue;
  await call('progress', { id: task.id, leaseToken, progress: 0.5, note: 'reading' });
  await call('send', { to: 'planner', content: `${task.title}: fine.`, idempotencyKey: `reviewed-${task.id}` });
  await call('finish', { id: task.id, leaseToken, outcome: 'done', output: { verdict: 'fine' } });
  say(`reviews task ${task.id}`);
}
await client?.close();
say('leaves');
process.exit(0);
