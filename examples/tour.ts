/**
 * A tour of Rookery: two agents and an operator coordinate through a running hub. Start one with `npm start`, then run
 * `npm run tour`. It says what it does, and fails if anything was missed.
 */
import { connect } from './hub.ts';

const url = process.env['ROOKERY_URL'] ?? 'http://127.0.0.1:4000/graphql';
const token = process.env['ROOKERY_TOKEN'];
const say = (who: string, what: string) => console.log(`${who.padEnd(9)} ${what}`);

interface Task {
  id: string;
  title: string;
  status: string;
}
interface TaskEvent {
  cursor: string;
  task: Task;
}
interface InboxEvent {
  cursor: string;
  message: { from: string; content: string };
}

await fetch(new URL('/livez', url)).catch(() => {
  console.error(`No hub answers at ${url}. Start one with npm start, or say where it is with ROOKERY_URL.`);
  process.exit(1);
});

const jean = connect(url, 'jean', token);
const jared = connect(url, 'jared', token);
const operator = connect(url, 'operator', token);
const run = Date.now().toString(36);

say('jean', 'registers and beats');
await jean.call(`mutation { registerAgent(input: { id: "jean", type: "planner" }) { agent { id liveness } } }`);
await jean.call(`mutation { heartbeat(input: { status: ONLINE, currentTask: "planning" }) { agent { liveness } } }`);
say('jared', 'registers as a coder');
await jared.call(
  `mutation { registerAgent(input: { id: "jared", type: "coder", capabilities: ["code"] }) { agent { id } } }`,
);

say('operator', 'watches all tasks over WebSocket, jared his inbox over SSE');
const TASKS = `subscription ($after: Cursor, $types: [String!]) {
  taskEvents(filter: { types: $types }, after: $after) { cursor op previousStatus actor task { id title status } } }`;
const INBOX = `subscription ($after: Cursor) {
  inbox(agent: "jared", after: $after) { cursor message { from content } } }`;
const { feedCursor } = await operator.call<{ feedCursor: string }>('{ feedCursor }');
const watching = operator.overWebSocket<TaskEvent>('taskEvents', TASKS, { after: feedCursor, types: [run] });
const listening = jared.overSse<InboxEvent>('inbox', INBOX, { after: feedCursor });

say('jean', 'creates a task and tells jared');
await jean.call(
  `mutation ($type: String!) { createTask(input: { title: "Build the CLI wrapper", type: $type, priority: 3 }) { task { id } } }`,
  { type: run },
);
await jean.call(
  `mutation ($content: String!) { sendMessage(input: { to: "jared", type: "question", content: $content }) { message { id } } }`,
  { content: `Can you take ${run}?` },
);

const mail = await listening.events.next();
const letter = mail.value as InboxEvent;
say('jared', `hears from ${letter.message.from}: ${letter.message.content}`);

say('jared', 'claims the best task there is, waiting up to five seconds');
interface Claim {
  claimTask: { task: Task; lease: { token: string; fence: number; expiresAt: string } };
}
const { claimTask: claim } = await jared.call<Claim>(
  `mutation ($type: String!) { claimTask(input: { types: [$type], waitSeconds: 5 }) { task { id title status } lease { token fence expiresAt } } }`,
  { type: run },
);
say('jared', `holds task ${claim.task.id} with fence ${claim.lease.fence} until ${claim.lease.expiresAt}`);

const seen: TaskEvent[] = [];
seen.push((await watching.events.next()).value as TaskEvent, (await watching.events.next()).value as TaskEvent);
say('operator', `saw it ${seen.map(({ task }) => task.status).join(', then ')}`);

say('operator', 'loses the socket; the agents go on');
watching.drop();
listening.drop();
const lease = { id: claim.task.id, token: claim.lease.token };
await jared.call(
  `mutation ($id: ID!, $token: String!) { renewLease(input: { id: $id, leaseToken: $token }) { lease { expiresAt } } }`,
  lease,
);
await jared.call(
  `mutation ($id: ID!, $token: String!) { reportProgress(input: { id: $id, leaseToken: $token, progress: 0.5, note: "half way" }) { task { progress } } }`,
  lease,
);
await jared.call(
  `mutation ($id: ID!, $token: String!) { completeTask(input: { id: $id, leaseToken: $token, output: { ok: true } }) { task { status } } }`,
  lease,
);
await jean.call(`mutation ($content: String!) { sendMessage(input: { content: $content }) { message { id } } }`, {
  content: `Thanks for ${run}`,
});

say('operator', 'comes back with the last cursor');
const again = operator.overWebSocket<TaskEvent>('taskEvents', TASKS, { after: seen.at(-1)?.cursor, types: [run] });
for await (const event of again.events) {
  seen.push(event);
  say('operator', `sees ${event.task.title}: ${event.task.status}`);
  if (event.task.status === 'DONE') break;
}
again.drop();

say('jared', 'comes back with his: the broadcast that was sent meanwhile is there');
const later = jared.overSse<InboxEvent>('inbox', INBOX, { after: letter.cursor });
for await (const event of later.events) if (event.message.content === `Thanks for ${run}`) break;
later.drop();

const statuses = seen.map(({ task }) => task.status);
const expected = ['OPEN', 'IN_PROGRESS', 'IN_PROGRESS', 'DONE'];
if (statuses.join() !== expected.join()) throw new Error(`Missed something: ${statuses.join(', ')}`);
say('all', 'nothing missed');
process.exit(0);
