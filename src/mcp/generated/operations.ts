// Written by npm run generate:client from schema.graphql and src/mcp/operations: change those.
import type { Document } from '../../client/index.ts';

/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
/** Which messages an agent takes care of. */
export type AcknowledgeInput = {
  /** Who takes care; by default the caller's own agent. */
  agent?: string | null | undefined;
  /** These, at most 1,000. */
  ids: Array<string>;
};

/** What the hub sees of an agent, by the clock of the database alone. */
export type AgentLiveness =
  /** It missed a beat: none came for one and a quarter of its intervals. */
  | 'LATE'
  /** It stopped, or said that it is offline. */
  | 'OFFLINE'
  /** Its beats come. */
  | 'ONLINE'
  /** It missed more than two: none came for three and a quarter of its intervals. */
  | 'STALE';

/** Where an agent is in its lifecycle. Each description says which states may follow; a process that starts begins in any, and one that stops leads to SHUTDOWN from any. */
export type AgentState =
  /** Doing its work. Then OPTIMIZING, STANDBY, MAINTENANCE, ERROR or SHUTDOWN. */
  | 'ACTIVE'
  /** Being installed where it will run. Then MONITORING. */
  | 'DEPLOYING'
  /** Failed. Then RECOVERY or MANUAL. */
  | 'ERROR'
  /** Starting up. Then DEPLOYING. */
  | 'INITIALIZING'
  /** Taken out of work for upkeep. Then ACTIVE. */
  | 'MAINTENANCE'
  /** Waiting for a person to put it right. Then ACTIVE. */
  | 'MANUAL'
  /** Running, and looking on before it acts. Then ACTIVE. */
  | 'MONITORING'
  /** Improving itself meanwhile. Then ACTIVE. */
  | 'OPTIMIZING'
  /** Trying to get over a failure. Then ACTIVE or ERROR. */
  | 'RECOVERY'
  /** Ended. Then INITIALIZING, when it starts again. */
  | 'SHUTDOWN'
  /** Waiting to be activated. Then ACTIVE. */
  | 'STANDBY';

/** Whether an agent takes work, as it says itself. */
export type AgentStatus =
  /** Working; do not expect an answer soon. */
  | 'BUSY'
  /** Something keeps it from working. */
  | 'ERROR'
  /** Gone, and says so. It is not watched until it beats again. */
  | 'OFFLINE'
  /** Ready for work. */
  | 'ONLINE';

/** What to append to the conversation. */
export type AppendChunksInput = {
  /** 1 to 100 chunks, which get consecutive numbers. */
  chunks: Array<ChunkInput>;
  /** Any text of your own: a repeat with the same key and arguments returns the first result. */
  idempotencyKey?: string | null | undefined;
  /** The session. */
  sessionId: string;
};

/** What to archive. */
export type ArchiveQueueMessagesInput = {
  /** The messages, 1 to 100; all are settled, or none. */
  messages: Array<HeldMessageInput>;
  /** The queue. */
  queue: string;
};

/** What was made. */
export type ArtifactType =
  /** Source code. */
  | 'CODE'
  /** A text for people. */
  | 'DOCUMENT'
  /** Product requirements. */
  | 'PRD'
  /** An account of something done or measured. */
  | 'REPORT'
  /** What was found out. */
  | 'RESEARCH';

/** A request whose decision you wait for. */
export type AwaitRequestInput = {
  /** The request. */
  id: string;
  /** For how long, 0 to 60. */
  waitSeconds?: number | null | undefined;
};

/** A request that is not wanted any more. */
export type CancelRequestInput = {
  /** The request. */
  id: string;
};

/** What a chunk of conversation is. */
export type ChunkFormat =
  /** What was said, by turns. */
  | 'DIALOGUE'
  /** A digest of what was said. */
  | 'SUMMARY'
  /** A verbatim record, for example of a call or a terminal. */
  | 'TRANSCRIPT';

/** A piece of conversation. */
export type ChunkInput = {
  /** What was said: 1 to 900,000 characters. A request may have 1 MiB in all. */
  content: string;
  /** What was found in it, for example {"ideas": ["…"], "decisions": ["…"]}. Default {}. */
  extractedItems?: unknown;
  /** What it is. Default DIALOGUE. */
  format?: ChunkFormat | null | undefined;
};

/** Which task to claim, and for how long. Without id: the best one that is ready and nobody else’s. */
export type ClaimTaskInput = {
  /** This very task. Excludes types, sessionId and waitSeconds. */
  id?: string | null | undefined;
  /** Any text of your own, hard to guess: a repeat by the same process with the same key and arguments gets the same task and lease, while that holds. A claim that got none has not used it. */
  idempotencyKey?: string | null | undefined;
  /** How long it is yours unless renewed, 5 to 86400. Default 30. */
  leaseSeconds?: number | null | undefined;
  /** One of this session; by default of any or none. */
  sessionId?: string | null | undefined;
  /** One of these types, at most 20; by default any. */
  types?: Array<string> | null | undefined;
  /** How long to wait if none is ready, 0 to 60. Default 0. */
  waitSeconds?: number | null | undefined;
};

/** Which session to complete. */
export type CompleteSessionInput = {
  /** The session. */
  id: string;
  /** What came of it. */
  summary?: string | null | undefined;
};

/** A task that is done. */
export type CompleteTaskInput = {
  /** Operators only, without leaseToken: complete it although another holds it, or it is blocked. */
  force?: boolean | null | undefined;
  /** The task. */
  id: string;
  /** As claimTask gave it. Without it, only the assigned agent or an operator may complete, and not while another process holds a lease. */
  leaseToken?: string | null | undefined;
  /** What you made. */
  output?: unknown;
};

/** An approval that you are about to use. */
export type ConsumeApprovalInput = {
  /** What you are about to do: the arguments that were approved, after an EDIT editedArguments. Leave it out if there were none. */
  arguments?: unknown;
  /** The request. */
  id: string;
};

/** The queue to make. */
export type CreateQueueInput = {
  /** Where it goes; made if it is not there. With maxReads, <name>_dead by default. */
  deadLetterQueue?: string | null | undefined;
  /** After so many reads a message goes to the dead letter queue. By default it never does. */
  maxReads?: number | null | undefined;
  /** Up to 47 letters, digits and _. */
  name: string;
};

/** What you ask, and of whom. */
export type CreateRequestInput = {
  /** What the answer must look like: JSON Schema (2020-12) up to 8 kB, without $ref, $id, pattern, patternProperties, uniqueItems, unevaluated… and unknown keywords. Not for an APPROVAL. */
  answerSchema?: unknown;
  /** Of an APPROVAL: exactly what you will do, up to 64 kB. consumeApproval holds you to it. Integers beyond 2^53 are refused (BAD_INPUT): send them as strings. */
  arguments?: unknown;
  /** At length, in Markdown, up to 100,000 characters. */
  body?: string | null | undefined;
  /** What one has to know to decide, up to 64 kB. */
  context?: unknown;
  /** When it is to be decided: so many seconds from now, up to 30 days. By default there is no deadline. */
  deadlineSeconds?: number | null | undefined;
  /** For onTimeout ESCALATE, who is asked then: an agent or a person by name; role:<name>: who holds that role; operator: any operator; *: any agent. */
  escalateTo?: string | null | undefined;
  /** Any text of your own: a repeat with the same key and arguments returns the first request. */
  idempotencyKey?: string | null | undefined;
  /** What you ask for. */
  kind: RequestKind;
  /** What happens then. Default WAIT. */
  onTimeout?: RequestTimeout | null | undefined;
  /** Answers to choose from, at most 100, 16 kB in all. Not for an APPROVAL. */
  options?: Array<unknown> | null | undefined;
  /** 1 is highest, 10 lowest. Default 5. */
  priority?: number | null | undefined;
  /** How many different approvers an APPROVAL takes, 1 to 20, all of the same arguments: the first approves them as asked or EDITs them. One who rejects decides alone. Default 1. */
  quorum?: number | null | undefined;
  /** Sends those who are to decide a message so often, 60 to 2592000. By default none. */
  remindEverySeconds?: number | null | undefined;
  /** The session it belongs to. */
  sessionId?: string | null | undefined;
  /** In a line of 1 to 500 characters. */
  subject: string;
  /** The task that waits for it. */
  taskId?: string | null | undefined;
  /** Who is to decide: an agent or a person by name; role:<name>: who holds that role; operator: any operator; *: any agent. Default operator. */
  to?: string | null | undefined;
};

/** A session as you want it. */
export type CreateSessionInput = {
  /** Any text of your own: a repeat with the same key and arguments returns the first result. */
  idempotencyKey?: string | null | undefined;
  /** Anything else. Default {}. */
  metadata?: unknown;
  /** Who takes part beside you, at most 100. */
  participants?: Array<SessionParticipantInput> | null | undefined;
  /** What it is about, in a line of 1 to 500 characters. */
  title: string;
};

/** A task as you want it done. */
export type CreateTaskInput = {
  /** The only agent that may claim it; by default any may. */
  assignedTo?: string | null | undefined;
  /** Tasks that must be done first, at most 100. It is BLOCKED until then. */
  dependsOn?: Array<string> | null | undefined;
  /** What is to be done, at length. */
  description?: string | null | undefined;
  /** When it should be done. */
  dueAt?: string | null | undefined;
  /** The number of an issue there. */
  githubIssue?: number | null | undefined;
  /** A repository, for example acme/site. */
  githubRepo?: string | null | undefined;
  /** Any text of your own: a repeat with the same key and arguments returns the first task. */
  idempotencyKey?: string | null | undefined;
  /** What the worker needs. */
  input?: unknown;
  /** Failures after which it is FAILED, 1 to 100. Default 3. */
  maxAttempts?: number | null | undefined;
  /** Attempts whose holder fell silent after which it is FAILED, 1 to 100. Default 5. */
  maxLostLeases?: number | null | undefined;
  /** Anything else. */
  metadata?: unknown;
  /** 1 is highest, 10 lowest. Default 5. */
  priority?: number | null | undefined;
  /** Not to be claimed before; it ages from then on. */
  runAfter?: string | null | undefined;
  /** The session it belongs to. */
  sessionId?: string | null | undefined;
  /** What is to be done, in a line of 1 to 500 characters. */
  title: string;
  /** For example code, review; any word. Workers claim by it. Default general. */
  type?: string | null | undefined;
};

/** What to delete. */
export type DeleteQueueMessagesInput = {
  /** The messages, 1 to 100; all are settled, or none. */
  messages: Array<HeldMessageInput>;
  /** The queue. */
  queue: string;
};

/** What to hide for longer, or to give back. */
export type ExtendQueueVisibilityInput = {
  /** The messages, 1 to 100; all are settled, or none. */
  messages: Array<HeldMessageInput>;
  /** The queue. */
  queue: string;
  /** Hidden for so many seconds from now, up to 12 hours; 0 gives them back at once. */
  visibilitySeconds: number;
};

/** A task that you could not do. */
export type FailTaskInput = {
  /** Why, for the next who tries. */
  error: string;
  /** The task. */
  id: string;
  /** As claimTask gave it. */
  leaseToken: string;
  /** False: it is FAILED, however many attempts are left. */
  retryable?: boolean | null | undefined;
};

/** A sign of life. What is left out keeps its value. */
export type HeartbeatInput = {
  /** Who beats; by default the caller's own agent. */
  agent?: string | null | undefined;
  /** What it works on; null for nothing. */
  currentTask?: string | null | undefined;
  /** Errors so far. */
  errorCount?: number | null | undefined;
  /** As registerAgent gave it: a process that has been replaced then gets CONFLICT. */
  incarnation?: number | null | undefined;
  /** The process; by default the one of the x-instance header. */
  instance?: string | null | undefined;
  /** How often it will beat from now on, in seconds, 1 to 86400. */
  intervalSeconds?: number | null | undefined;
  /** A remark; null takes the last one back. */
  message?: string | null | undefined;
  /** Anything else; goes to the history only. */
  metadata?: unknown;
  /** Any measurements. A change of these alone is no event. */
  metrics?: unknown;
  /** Where it is in its lifecycle; the message is the reason of a change. One that may not follow the present state is not taken: see stateRefused. */
  state?: AgentState | null | undefined;
  /** Whether it takes work. OFFLINE ends the watch until the next beat. */
  status?: AgentStatus | null | undefined;
  /** What it keeps about its uptime. A change of this alone is no event. */
  uptimeDetails?: unknown;
};

/** A message the caller has read. */
export type HeldMessageInput = {
  /** Its id. */
  id: string;
  /** The receipt that came with it. */
  receipt: string;
};

/** Who joins which session. */
export type JoinSessionInput = {
  /** Who joins; by default the caller. Operators may say another. */
  agent?: string | null | undefined;
  /** The session. */
  id: string;
  /** For example member, reviewer; any word. Default member. */
  role?: string | null | undefined;
};

/** All given conditions must hold. */
export type KnowledgeFilter = {
  /** Recorded by this agent. */
  agent?: string | null | undefined;
  /** Of this category. */
  category?: string | null | undefined;
  /** Only those that were superseded since then, or at that moment. */
  closedSince?: string | null | undefined;
  /** Also those that were superseded. Default false: only what is current. */
  includeSuperseded?: boolean | null | undefined;
  /** Text anywhere in title or content, upper and lower case alike. For words, use searchKnowledge. */
  search?: string | null | undefined;
  /** With all of these tags. */
  tags?: Array<string> | null | undefined;
};

/** Who leaves which session. */
export type LeaveSessionInput = {
  /** Who leaves; by default the caller. Operators may say another. */
  agent?: string | null | undefined;
  /** The session. */
  id: string;
};

/** Which messages were read: exactly one of ids, through and all. */
export type MarkReadInput = {
  /** Who read them; by default the caller's own agent. */
  agent?: string | null | undefined;
  /** True: all there are. */
  all?: boolean | null | undefined;
  /** These, at most 1,000. */
  ids?: Array<string> | null | undefined;
  /** All that came up to this cursor: that of an inbox event, or a feedCursor, which may lie a moment back. What was committed after it stays unread, however small its id. */
  through?: string | null | undefined;
};

/** What kind of thing is remembered. */
export type MemoryType =
  /** Something to be done. */
  | 'ACTION_ITEM'
  /** What one must know to follow. */
  | 'CONTEXT'
  /** Something that was settled. */
  | 'DECISION'
  /** Something that is so. */
  | 'FACT'
  /** Something one could do. */
  | 'IDEA'
  /** How somebody wants it. */
  | 'PREFERENCE'
  /** Something to be answered. */
  | 'QUESTION'
  /** Something that may go wrong. */
  | 'RISK';

/** What to read, and how long to hide and to wait. */
export type ReadQueueInput = {
  /** At most so many messages, up to 100. */
  quantity?: number;
  /** The queue. */
  queue: string;
  /** How long they are hidden from others: long enough to settle them. Up to 12 hours. */
  visibilitySeconds?: number;
  /** How long to wait for the first message, up to 60. By default not at all. */
  waitSeconds?: number;
};

/** What to record. */
export type RecordKnowledgeInput = {
  /** Who learned it; by default the caller. */
  agent?: string | null | undefined;
  /** For example learning, doc, pattern; any word. */
  category?: string | null | undefined;
  /** The knowledge itself, up to 1 MiB. */
  content: string;
  /** Where the text lies in the space of your model, for nearestKnowledge: 1 to 2,000 numbers. Compared with embeddings of as many numbers only. Where the operator has set a size (EMBEDDING_DIMENSIONS), another is BAD_INPUT with `dimensions`. */
  embedding?: Array<number> | null | undefined;
  /** Any text: a repeat with the same key returns the first entry and records nothing. */
  idempotencyKey?: string | null | undefined;
  /** Anything else. Default {}. */
  metadata?: unknown;
  /** Words to find it by, at most 50; by default those in metadata.tags. */
  tags?: Array<string> | null | undefined;
  /** One line. */
  title: string;
};

/** What a starting process says of its agent. What is left out keeps its value, unless said otherwise. */
export type RegisterAgentInput = {
  /** What it can do, at most 100. */
  capabilities?: Array<string> | null | undefined;
  /** How to start it. */
  command?: string | null | undefined;
  /** Its configuration. */
  config?: unknown;
  /** What it works on; default null, unless another process of the agent beats. */
  currentTask?: string | null | undefined;
  /** The agent; by default the caller's own. */
  id?: string | null | undefined;
  /** The process; by default the one of the x-instance header. */
  instance?: string | null | undefined;
  /** How often it will beat, in seconds, 1 to 86400. Default 60. */
  intervalSeconds?: number | null | undefined;
  /** Anything else. */
  metadata?: unknown;
  /** How to show it to people. */
  name?: string | null | undefined;
  /** Any; default INITIALIZING. Where another process of the agent beats, it keeps its state, or follows an arrow of the lifecycle. */
  state?: AgentState | null | undefined;
  /** Default ONLINE, unless another process of the agent beats. */
  status?: AgentStatus | null | undefined;
  /** For example code, research, document, analysis; any word. */
  type?: string | null | undefined;
};

/** A task to give back. */
export type ReleaseTaskInput = {
  /** The task. */
  id: string;
  /** As claimTask gave it. */
  leaseToken: string;
};

/** What to remember. */
export type RememberInSessionInput = {
  /** What is remembered: text, or any JSON. */
  content: unknown;
  /** Store it only over this version; 0: only if there is none of this key. Else CONFLICT. */
  expectedVersion?: number | null | undefined;
  /** Its name, one in the session. */
  key: string;
  /** The session. */
  sessionId: string;
  /** Words to find it by, at most 100. Left out: as they are, none for a new memory. */
  tags?: Array<string> | null | undefined;
  /** What kind of thing it is. */
  type: MemoryType;
};

/** How far a task is. */
export type ReportProgressInput = {
  /** What the next attempt should know, if this one ends early; by default what it was. */
  checkpoint?: unknown;
  /** The task. */
  id: string;
  /** As claimTask gave it. */
  leaseToken: string;
  /** What you are at; by default what it was. */
  note?: string | null | undefined;
  /** 0 to 1; by default what it was. */
  progress?: number | null | undefined;
};

/** What can be said to a request. */
export type RequestDecision =
  /** The answer. */
  | 'ANSWER'
  /** Do it, with these very arguments. */
  | 'APPROVE'
  /** Do it, with other arguments. */
  | 'EDIT'
  /** Don’t do it; of a question, help: there will be no answer. */
  | 'REJECT';

/** What is asked for. */
export type RequestKind =
  /** May I do this? Decided with APPROVE, EDIT or REJECT. */
  | 'APPROVAL'
  /** I am stuck. Decided with ANSWER or REJECT. */
  | 'HELP'
  /** Which of these, or what? Decided with ANSWER or REJECT. */
  | 'QUESTION';

/** How far a request is. All but OPEN are final. */
export type RequestStatus =
  /** It was taken back. */
  | 'CANCELLED'
  /** Somebody decided it. */
  | 'DECIDED'
  /** Its deadline decided it, as onTimeout says. */
  | 'EXPIRED'
  /** Waits for its decision. */
  | 'OPEN';

/** What happens when nobody has decided by the deadline. */
export type RequestTimeout =
  /** It is EXPIRED, approved. For what may be done unless somebody objects. */
  | 'APPROVE'
  /** Somebody else is asked, who has as much time as those before (a minute at least); after that it is EXPIRED, rejected. */
  | 'ESCALATE'
  /** It is EXPIRED, rejected. */
  | 'REJECT'
  /** Nothing: it is overdue. */
  | 'WAIT';

/** What you say to a request. */
export type RespondToRequestInput = {
  /** Of an ANSWER, up to 16 kB of JSON: as options and answerSchema want it. */
  answer?: unknown;
  /** Of an EDIT: what may be done, up to 64 kB. Integers beyond 2^53 are refused (BAD_INPUT): send them as strings. */
  arguments?: unknown;
  /** Why, up to 10,000 characters. */
  comment?: string | null | undefined;
  /** How sure you are, 0 to 1. */
  confidence?: number | null | undefined;
  /** What it is to be. */
  decision: RequestDecision;
  /** The request. */
  id: string;
  /** What it rests on, at most 100, 16 kB in all. */
  sources?: Array<unknown> | null | undefined;
};

/** What to save. */
export type SaveArtifactInput = {
  /** The thing itself: 1 to 900,000 characters. */
  content: string;
  /** markdown, python, json, or any other word. Default markdown. */
  format?: string | null | undefined;
  /** Any text of your own: a repeat with the same key and arguments returns the first result. */
  idempotencyKey?: string | null | undefined;
  /** Anything else. Default {}. */
  metadata?: unknown;
  /** Its name, for example a path; its versions share it. */
  name: string;
  /** The session. */
  sessionId: string;
  /** What it is. */
  type: ArtifactType;
};

/** A message to send. */
export type SendMessageInput = {
  /** What it says, up to 1 MiB. */
  content: string;
  /** Who sends it; by default the caller's own agent. */
  from?: string | null | undefined;
  /** Any text of up to 255 characters that names this call: a repeat gets the message of the first. */
  idempotencyKey?: string | null | undefined;
  /** Anything else. Default {}. */
  metadata?: unknown;
  /** The message that this one answers: they become one thread. */
  replyTo?: string | null | undefined;
  /** Who it is for; it need not have registered yet. Null: a broadcast, to every agent registered by now but the sender. Left out: the same, but in an answer (`replyTo`) the other side of what it answers. */
  to?: string | null | undefined;
  /** general (default), alert, question, response, or any other word. */
  type?: string | null | undefined;
};

/** What to send where. */
export type SendToQueueInput = {
  /** What to send: any JSON. */
  body: unknown;
  /** Not to be read before so many seconds have passed. Default 0. */
  delaySeconds?: number | null | undefined;
  /** Messages of a group are delivered one at a time, in the order they were sent. */
  group?: string | null | undefined;
  /** An object to go beside it, for example {"trace": "9f"}. */
  headers?: unknown;
  /** A repeat with the same key and arguments sends nothing and returns the first ids. */
  idempotencyKey?: string | null | undefined;
  /** The queue. */
  queue: string;
};

/** All given conditions must hold. */
export type SessionFilter = {
  /** To which somebody added since then, to within ten seconds. */
  activeSince?: string | null | undefined;
  /** In which this agent takes part now. */
  participant?: string | null | undefined;
  /** Text anywhere in the title, upper and lower case alike. What is in sessions: searchSessions. */
  search?: string | null | undefined;
  /** Of one of these statuses. */
  statuses?: Array<SessionStatus> | null | undefined;
};

/** Who takes part. */
export type SessionParticipantInput = {
  /** The agent. */
  agent: string;
  /** For example member, reviewer; any word. Default member. */
  role?: string | null | undefined;
};

/** Where to search. */
export type SessionSearchKind =
  /** Artifacts: name and content of the latest version. */
  | 'ARTIFACT'
  /** The conversation. */
  | 'CHUNK'
  /** Memories: key, tags and content. */
  | 'MEMORY';

/** Where a session is in its life. */
export type SessionStatus =
  /** Going on: those who take part may add to it. */
  | 'ACTIVE'
  /** Ended, for good. */
  | 'COMPLETED'
  /** Nothing may be added until it is resumed. */
  | 'PAUSED';

/** Which entry holds no longer, and what takes its place. */
export type SupersedeKnowledgeInput = {
  /** The entry that takes its place. Category and tags that are left out are those of the old one. */
  by: RecordKnowledgeInput;
  /** The entry to close. */
  id: string;
};

/** All given conditions must hold. */
export type TaskFilter = {
  /** Assigned to this agent. */
  assignedTo?: string | null | undefined;
  /** Created by this agent. */
  createdBy?: string | null | undefined;
  /** Due before. */
  dueBefore?: string | null | undefined;
  /** Of this issue. */
  githubIssue?: number | null | undefined;
  /** Of this repository. */
  githubRepo?: string | null | undefined;
  /** These, at most 200. */
  ids?: Array<string> | null | undefined;
  /** Of this priority or higher (a lower number). */
  maxPriority?: number | null | undefined;
  /** True: may be claimed now. */
  ready?: boolean | null | undefined;
  /** Text anywhere in title or description, upper and lower case alike. Reads all that the other conditions find. */
  search?: string | null | undefined;
  /** Of this session. */
  sessionId?: string | null | undefined;
  /** Any of these statuses. */
  statuses?: Array<TaskStatus> | null | undefined;
  /** Any of these types, at most 100. */
  types?: Array<string> | null | undefined;
  /** True: assigned to nobody. */
  unassigned?: boolean | null | undefined;
};

/** How to order a list of tasks. */
export type TaskOrder =
  /** Due first first; leaves out those without dueAt. */
  | 'DUE'
  /** Created last first. */
  | 'NEWEST'
  /** Created first first. */
  | 'OLDEST'
  /** Highest priority first, then oldest. By index with `ready: true` or one status; else all that is found is sorted. */
  | 'PRIORITY'
  /** As they would be claimed: by priority and age. All that is found is sorted. */
  | 'QUEUE';

/** Where a task is on its way. */
export type TaskStatus =
  /** Waits for the tasks it depends on. */
  | 'BLOCKED'
  /** Not wanted any more. */
  | 'CANCELLED'
  /** Held, but not begun. */
  | 'CLAIMED'
  /** Completed. */
  | 'DONE'
  /** Given up after its last attempt, or by a failure that is not to be retried. */
  | 'FAILED'
  /** Held and worked on. */
  | 'IN_PROGRESS'
  /** To be claimed, now or from runAfter or retryAt on. */
  | 'OPEN';

/** What a token allows. */
export type ViewerRole =
  /** Acts as one agent; sees what is addressed to it, to all, and the shared records. */
  | 'AGENT'
  /** Reads everything, writes nothing. */
  | 'OBSERVER'
  /** May do everything. */
  | 'OPERATOR';

export type SignalFieldsFragment = { unread: number, urgent: number, answers: number, cancelled: Array<string>, leasesLost: Array<string> };

export type WhoQueryVariables = Exact<{ [key: string]: never; }>;


export type WhoQuery = { viewer: { agentId: string | null, role: ViewerRole } };

export type BeforeQueryVariables = Exact<{ [key: string]: never; }>;


export type BeforeQuery = { viewer: { agent: { state: AgentState, liveness: AgentLiveness } | null } };

export type StartMutationVariables = Exact<{
  input: RegisterAgentInput;
}>;


export type StartMutation = { registerAgent: { agent: { id: string, state: AgentState }, instance: { instance: string }, signals: SignalFieldsFragment | null } };

export type DeskQueryVariables = Exact<{
  agent: string;
  types?: Array<string> | string | null | undefined;
  messages: number;
  tasks: number;
}>;


export type DeskQuery = { inbox: { unreadCount: number, edges: Array<{ node: MessageFieldsFragment }> }, held: { edges: Array<{ node: (
        { assignedInstance: string | null }
        & TaskLineFragment
      ) }> }, mine: { edges: Array<{ node: TaskLineFragment }> }, ready: { edges: Array<{ node: TaskLineFragment }> } };

export type BeatMutationVariables = Exact<{
  input: HeartbeatInput;
}>;


export type BeatMutation = { heartbeat: { nextBeatInSeconds: number, signals: SignalFieldsFragment | null } };

export type AgentStatusQueryVariables = Exact<{
  id: string;
}>;


export type AgentStatusQuery = { agent: { id: string, type: string | null, status: AgentStatus, state: AgentState, liveness: AgentLiveness, capabilities: Array<string>, currentTask: string | null, message: string | null, lastHeartbeat: string } | null };

export type OverviewQueryVariables = Exact<{ [key: string]: never; }>;


export type OverviewQuery = { viewer: { agentId: string | null, role: ViewerRole }, systemOverview: { recentErrors: number, agents: { online: number, late: number, stale: number, offline: number }, openTasks: { open: number, blocked: number, claimed: number, inProgress: number }, taskQueues: Array<{ type: string, ready: number }> }, requestCounts: { mine: number, forMe: number, pending: number }, agents: { edges: Array<{ node: { id: string, type: string | null, status: AgentStatus, currentTask: string | null } }> } };

export type EntryLineFragment = { id: string, title: string, category: string | null, tags: Array<string>, agent: string, updatedAt: string };

export type RememberMutationVariables = Exact<{
  input: RecordKnowledgeInput;
}>;


export type RememberMutation = { recordKnowledge: { entry: EntryLineFragment, signals: SignalFieldsFragment | null } };

export type SupersedeMutationVariables = Exact<{
  input: SupersedeKnowledgeInput;
}>;


export type SupersedeMutation = { supersedeKnowledge: { entry: EntryLineFragment, signals: SignalFieldsFragment | null } };

export type SearchEntriesQueryVariables = Exact<{
  query: string;
  category?: string | null | undefined;
  tags?: Array<string> | string | null | undefined;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type SearchEntriesQuery = { searchKnowledge: { edges: Array<{ node: { snippet: string, entry: EntryLineFragment | null } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type SomeEntriesQueryVariables = Exact<{
  filter?: KnowledgeFilter | null | undefined;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type SomeEntriesQuery = { knowledgeEntries: { edges: Array<{ node: (
        { content: string }
        & EntryLineFragment
      ) }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type OneEntryQueryVariables = Exact<{
  id: string;
}>;


export type OneEntryQuery = { knowledge: (
    { content: string, supersededBy: { id: string } | null }
    & EntryLineFragment
  ) | null };

export type MessageFieldsFragment = { id: string, from: string, to: string | null, type: string, content: string, threadId: string, createdAt: string };

export type SendMutationVariables = Exact<{
  input: SendMessageInput;
}>;


export type SendMutation = { sendMessage: { message: { id: string, threadId: string }, signals: SignalFieldsFragment | null } };

export type ReadMutationVariables = Exact<{
  input: MarkReadInput;
}>;


export type ReadMutation = { markRead: { markedCount: number } };

export type AcknowledgeMutationVariables = Exact<{
  input: AcknowledgeInput;
}>;


export type AcknowledgeMutation = { acknowledge: { markedCount: number } };

export type SomeMessagesQueryVariables = Exact<{
  unreadOnly?: boolean | null | undefined;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type SomeMessagesQuery = { inbox: { unreadCount: number, edges: Array<{ node: MessageFieldsFragment }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type OneMessageQueryVariables = Exact<{
  id: string;
}>;


export type OneMessageQuery = { message: MessageFieldsFragment | null };

export type SomeQueuesQueryVariables = Exact<{
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type SomeQueuesQuery = { queues: { edges: Array<{ node: { name: string, length: number, visibleLength: number, oldestMessageAgeSeconds: number | null, deadLetterQueue: string | null } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type CreateQueueMutationVariables = Exact<{
  input: CreateQueueInput;
}>;


export type CreateQueueMutation = { createQueue: { queue: { name: string, deadLetterQueue: string | null }, signals: SignalFieldsFragment | null } };

export type SendToQueueMutationVariables = Exact<{
  input: SendToQueueInput;
}>;


export type SendToQueueMutation = { sendToQueue: { id: string, signals: SignalFieldsFragment | null } };

export type ReadQueueMutationVariables = Exact<{
  input: ReadQueueInput;
}>;


export type ReadQueueMutation = { readQueue: { deliveries: Array<{ receipt: string, message: { id: string, body: unknown, group: string | null, readCount: number, sentBy: string | null, sentAt: string } }>, signals: SignalFieldsFragment | null } };

export type DeleteFromQueueMutationVariables = Exact<{
  input: DeleteQueueMessagesInput;
}>;


export type DeleteFromQueueMutation = { deleteQueueMessages: { ids: Array<string>, signals: SignalFieldsFragment | null } };

export type ArchiveInQueueMutationVariables = Exact<{
  input: ArchiveQueueMessagesInput;
}>;


export type ArchiveInQueueMutation = { archiveQueueMessages: { ids: Array<string>, signals: SignalFieldsFragment | null } };

export type ExtendInQueueMutationVariables = Exact<{
  input: ExtendQueueVisibilityInput;
}>;


export type ExtendInQueueMutation = { extendQueueVisibility: { messages: Array<{ id: string }>, signals: SignalFieldsFragment | null } };

export type RequestStateFragment = { id: string, kind: RequestKind, subject: string, status: RequestStatus, decision: RequestDecision | null, decidedBy: string | null, answer: unknown, arguments: unknown, editedArguments: unknown, deadlineAt: string | null, takenBy: string | null, consumedAt: string | null, responses: Array<{ responder: string, decision: RequestDecision, comment: string | null }> };

export type AskMutationVariables = Exact<{
  input: CreateRequestInput;
}>;


export type AskMutation = { createRequest: { request: RequestStateFragment, signals: SignalFieldsFragment | null } };

export type AwaitMutationVariables = Exact<{
  input: AwaitRequestInput;
}>;


export type AwaitMutation = { awaitRequest: { request: RequestStateFragment, signals: SignalFieldsFragment | null } };

export type UseMutationVariables = Exact<{
  input: ConsumeApprovalInput;
}>;


export type UseMutation = { consumeApproval: { request: RequestStateFragment, signals: SignalFieldsFragment | null } };

export type TakeBackMutationVariables = Exact<{
  input: CancelRequestInput;
}>;


export type TakeBackMutation = { cancelRequest: { request: RequestStateFragment, signals: SignalFieldsFragment | null } };

export type AskedOfMeQueryVariables = Exact<{
  first?: number | null | undefined;
}>;


export type AskedOfMeQuery = { requests: { edges: Array<{ node: { id: string, kind: RequestKind, subject: string, body: string, from: string, options: Array<unknown>, arguments: unknown, answerSchema: unknown, deadlineAt: string | null } }> } };

export type RespondMutationVariables = Exact<{
  input: RespondToRequestInput;
}>;


export type RespondMutation = { respondToRequest: { request: RequestStateFragment, signals: SignalFieldsFragment | null } };

export type SessionLineFragment = { id: string, title: string, status: SessionStatus, summary: string | null, createdBy: string, lastActivityAt: string, participants: Array<{ agentId: string }> };

export type SomeSessionsQueryVariables = Exact<{
  filter?: SessionFilter | null | undefined;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type SomeSessionsQuery = { sessions: { edges: Array<{ node: SessionLineFragment }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type OneSessionQueryVariables = Exact<{
  id: string;
  chunks?: number | null | undefined;
  last?: number | null | undefined;
  from?: number | null | undefined;
}>;


export type OneSessionQuery = { session: (
    { counters: { chunks: number, memories: number, artifacts: number, tasks: number }, chunks: { edges: Array<{ node: { number: number, author: string, content: string } }> }, memories: { edges: Array<{ node: { key: string, type: MemoryType, content: unknown, version: number } }> }, artifacts: { edges: Array<{ node: { name: string, type: ArtifactType, version: number, size: number } }> } }
    & SessionLineFragment
  ) | null };

export type OneArtifactQueryVariables = Exact<{
  id: string;
  name: string;
}>;


export type OneArtifactQuery = { session: { artifacts: { edges: Array<{ node: { name: string, type: ArtifactType, format: string, version: number, content: string } }> } } | null };

export type OneMemoryQueryVariables = Exact<{
  id: string;
  key: string;
}>;


export type OneMemoryQuery = { session: { memory: { key: string, type: MemoryType, content: unknown, version: number } | null } | null };

export type SearchSessionsQueryVariables = Exact<{
  query: string;
  sessionId?: string | null | undefined;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type SearchSessionsQuery = { searchSessions: { edges: Array<{ node: { kind: SessionSearchKind, snippet: string, session: { id: string } | null, chunk: { number: number } | null, memory: { key: string } | null, artifact: { name: string } | null } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type CreateSessionMutationVariables = Exact<{
  input: CreateSessionInput;
}>;


export type CreateSessionMutation = { createSession: { session: SessionLineFragment, signals: SignalFieldsFragment | null } };

export type JoinSessionMutationVariables = Exact<{
  input: JoinSessionInput;
}>;


export type JoinSessionMutation = { joinSession: { participant: { session: SessionLineFragment }, signals: SignalFieldsFragment | null } };

export type LeaveSessionMutationVariables = Exact<{
  input: LeaveSessionInput;
}>;


export type LeaveSessionMutation = { leaveSession: { signals: SignalFieldsFragment | null } };

export type CompleteSessionMutationVariables = Exact<{
  input: CompleteSessionInput;
}>;


export type CompleteSessionMutation = { completeSession: { session: SessionLineFragment, signals: SignalFieldsFragment | null } };

export type AppendMutationVariables = Exact<{
  input: AppendChunksInput;
}>;


export type AppendMutation = { appendChunks: { chunks: Array<{ number: number }>, signals: SignalFieldsFragment | null } };

export type RememberInSessionMutationVariables = Exact<{
  input: RememberInSessionInput;
}>;


export type RememberInSessionMutation = { rememberInSession: { memory: { key: string, version: number }, signals: SignalFieldsFragment | null } };

export type SaveMutationVariables = Exact<{
  input: SaveArtifactInput;
}>;


export type SaveMutation = { saveArtifact: { artifact: { name: string, version: number }, signals: SignalFieldsFragment | null } };

export type TaskLineFragment = { id: string, title: string, type: string, status: TaskStatus, priority: number, assignedTo: string | null, sessionId: string | null, progress: number | null, leaseExpiresAt: string | null };

export type TaskWholeFragment = (
  { description: string | null, createdBy: string, input: unknown, output: unknown, checkpoint: unknown, progressNote: string | null, error: string | null, attempt: number, failures: number, maxAttempts: number, dueAt: string | null, githubRepo: string | null, githubIssue: number | null }
  & TaskLineFragment
);

export type ClaimMutationVariables = Exact<{
  input: ClaimTaskInput;
}>;


export type ClaimMutation = { claimTask: { task: TaskWholeFragment | null, lease: { token: string, fence: number, expiresAt: string } | null, signals: SignalFieldsFragment | null } };

export type ProgressMutationVariables = Exact<{
  input: ReportProgressInput;
}>;


export type ProgressMutation = { reportProgress: { lease: { expiresAt: string }, signals: SignalFieldsFragment | null } };

export type CompleteMutationVariables = Exact<{
  input: CompleteTaskInput;
}>;


export type CompleteMutation = { completeTask: { task: TaskLineFragment, signals: SignalFieldsFragment | null } };

export type FailMutationVariables = Exact<{
  input: FailTaskInput;
}>;


export type FailMutation = { failTask: { task: (
      { retryAt: string | null }
      & TaskLineFragment
    ), signals: SignalFieldsFragment | null } };

export type ReleaseMutationVariables = Exact<{
  input: ReleaseTaskInput;
}>;


export type ReleaseMutation = { releaseTask: { task: TaskLineFragment, signals: SignalFieldsFragment | null } };

export type CreateMutationVariables = Exact<{
  input: CreateTaskInput;
}>;


export type CreateMutation = { createTask: { task: TaskLineFragment, signals: SignalFieldsFragment | null } };

export type OneTaskQueryVariables = Exact<{
  id: string;
}>;


export type OneTaskQuery = { task: (
    { waitingOn: Array<{ text: string }> }
    & TaskWholeFragment
  ) | null };

export type SomeTasksQueryVariables = Exact<{
  filter?: TaskFilter | null | undefined;
  orderBy?: TaskOrder | null | undefined;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type SomeTasksQuery = { tasks: { edges: Array<{ node: TaskLineFragment }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export const Who = `query Who {
  viewer {
    agentId
    role
  }
}` as Document<WhoQuery, WhoQueryVariables>;

export const Before = `query Before {
  viewer {
    agent {
      state
      liveness
    }
  }
}` as Document<BeforeQuery, BeforeQueryVariables>;

export const Start = `mutation Start($input: RegisterAgentInput!) {
  registerAgent(input: $input) {
    agent {
      id
      state
    }
    instance {
      instance
    }
    signals {
      ...SignalFields
    }
  }
}
fragment SignalFields on Signals {
  unread
  urgent
  answers
  cancelled
  leasesLost
}` as Document<StartMutation, StartMutationVariables>;

export const Desk = `query Desk($agent: String!, $types: [String!], $messages: Int!, $tasks: Int!) {
  inbox(first: $messages) {
    unreadCount
    edges {
      node {
        ...MessageFields
      }
    }
  }
  held: tasks(
    filter: {assignedTo: $agent, statuses: [CLAIMED, IN_PROGRESS]}
    first: $tasks
  ) {
    edges {
      node {
        ...TaskLine
        assignedInstance
      }
    }
  }
  mine: tasks(
    filter: {assignedTo: $agent, ready: true}
    orderBy: QUEUE
    first: $tasks
  ) {
    edges {
      node {
        ...TaskLine
      }
    }
  }
  ready: tasks(
    filter: {unassigned: true, ready: true, types: $types}
    orderBy: QUEUE
    first: $tasks
  ) {
    edges {
      node {
        ...TaskLine
      }
    }
  }
}
fragment MessageFields on Message {
  id
  from
  to
  type
  content
  threadId
  createdAt
}
fragment TaskLine on Task {
  id
  title
  type
  status
  priority
  assignedTo
  sessionId
  progress
  leaseExpiresAt
}` as Document<DeskQuery, DeskQueryVariables>;

export const Beat = `mutation Beat($input: HeartbeatInput!) {
  heartbeat(input: $input) {
    nextBeatInSeconds
    signals {
      ...SignalFields
    }
  }
}
fragment SignalFields on Signals {
  unread
  urgent
  answers
  cancelled
  leasesLost
}` as Document<BeatMutation, BeatMutationVariables>;

export const AgentStatus = `query AgentStatus($id: ID!) {
  agent(id: $id) {
    id
    type
    status
    state
    liveness
    capabilities
    currentTask
    message
    lastHeartbeat
  }
}` as Document<AgentStatusQuery, AgentStatusQueryVariables>;

export const Overview = `query Overview {
  viewer {
    agentId
    role
  }
  systemOverview {
    agents {
      online
      late
      stale
      offline
    }
    openTasks {
      open
      blocked
      claimed
      inProgress
    }
    taskQueues {
      type
      ready
    }
    recentErrors
  }
  requestCounts {
    mine
    forMe
    pending
  }
  agents(filter: {liveness: [ONLINE, LATE]}, first: 20) {
    edges {
      node {
        id
        type
        status
        currentTask
      }
    }
  }
}` as Document<OverviewQuery, OverviewQueryVariables>;

export const Remember = `mutation Remember($input: RecordKnowledgeInput!) {
  recordKnowledge(input: $input) {
    entry {
      ...EntryLine
    }
    signals {
      ...SignalFields
    }
  }
}
fragment EntryLine on KnowledgeEntry {
  id
  title
  category
  tags
  agent
  updatedAt
}
fragment SignalFields on Signals {
  unread
  urgent
  answers
  cancelled
  leasesLost
}` as Document<RememberMutation, RememberMutationVariables>;

export const Supersede = `mutation Supersede($input: SupersedeKnowledgeInput!) {
  supersedeKnowledge(input: $input) {
    entry {
      ...EntryLine
    }
    signals {
      ...SignalFields
    }
  }
}
fragment EntryLine on KnowledgeEntry {
  id
  title
  category
  tags
  agent
  updatedAt
}
fragment SignalFields on Signals {
  unread
  urgent
  answers
  cancelled
  leasesLost
}` as Document<SupersedeMutation, SupersedeMutationVariables>;

export const SearchEntries = `query SearchEntries($query: String!, $category: String, $tags: [String!], $first: Int, $after: String) {
  searchKnowledge(
    query: $query
    category: $category
    tags: $tags
    first: $first
    after: $after
  ) {
    edges {
      node {
        snippet
        entry {
          ...EntryLine
        }
      }
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
fragment EntryLine on KnowledgeEntry {
  id
  title
  category
  tags
  agent
  updatedAt
}` as Document<SearchEntriesQuery, SearchEntriesQueryVariables>;

export const SomeEntries = `query SomeEntries($filter: KnowledgeFilter, $first: Int, $after: String) {
  knowledgeEntries(filter: $filter, first: $first, after: $after) {
    edges {
      node {
        ...EntryLine
        content
      }
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
fragment EntryLine on KnowledgeEntry {
  id
  title
  category
  tags
  agent
  updatedAt
}` as Document<SomeEntriesQuery, SomeEntriesQueryVariables>;

export const OneEntry = `query OneEntry($id: ID!) {
  knowledge(id: $id) {
    ...EntryLine
    content
    supersededBy {
      id
    }
  }
}
fragment EntryLine on KnowledgeEntry {
  id
  title
  category
  tags
  agent
  updatedAt
}` as Document<OneEntryQuery, OneEntryQueryVariables>;

export const Send = `mutation Send($input: SendMessageInput!) {
  sendMessage(input: $input) {
    message {
      id
      threadId
    }
    signals {
      ...SignalFields
    }
  }
}
fragment SignalFields on Signals {
  unread
  urgent
  answers
  cancelled
  leasesLost
}` as Document<SendMutation, SendMutationVariables>;

export const Read = `mutation Read($input: MarkReadInput!) {
  markRead(input: $input) {
    markedCount
  }
}` as Document<ReadMutation, ReadMutationVariables>;

export const Acknowledge = `mutation Acknowledge($input: AcknowledgeInput!) {
  acknowledge(input: $input) {
    markedCount
  }
}` as Document<AcknowledgeMutation, AcknowledgeMutationVariables>;

export const SomeMessages = `query SomeMessages($unreadOnly: Boolean, $first: Int, $after: String) {
  inbox(unreadOnly: $unreadOnly, first: $first, after: $after) {
    unreadCount
    edges {
      node {
        ...MessageFields
      }
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
fragment MessageFields on Message {
  id
  from
  to
  type
  content
  threadId
  createdAt
}` as Document<SomeMessagesQuery, SomeMessagesQueryVariables>;

export const OneMessage = `query OneMessage($id: ID!) {
  message(id: $id) {
    ...MessageFields
  }
}
fragment MessageFields on Message {
  id
  from
  to
  type
  content
  threadId
  createdAt
}` as Document<OneMessageQuery, OneMessageQueryVariables>;

export const SomeQueues = `query SomeQueues($first: Int, $after: String) {
  queues(first: $first, after: $after) {
    edges {
      node {
        name
        length
        visibleLength
        oldestMessageAgeSeconds
        deadLetterQueue
      }
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}` as Document<SomeQueuesQuery, SomeQueuesQueryVariables>;

export const CreateQueue = `mutation CreateQueue($input: CreateQueueInput!) {
  createQueue(input: $input) {
    queue {
      name
      deadLetterQueue
    }
    signals {
      ...SignalFields
    }
  }
}
fragment SignalFields on Signals {
  unread
  urgent
  answers
  cancelled
  leasesLost
}` as Document<CreateQueueMutation, CreateQueueMutationVariables>;

export const SendToQueue = `mutation SendToQueue($input: SendToQueueInput!) {
  sendToQueue(input: $input) {
    id
    signals {
      ...SignalFields
    }
  }
}
fragment SignalFields on Signals {
  unread
  urgent
  answers
  cancelled
  leasesLost
}` as Document<SendToQueueMutation, SendToQueueMutationVariables>;

export const ReadQueue = `mutation ReadQueue($input: ReadQueueInput!) {
  readQueue(input: $input) {
    deliveries {
      receipt
      message {
        id
        body
        group
        readCount
        sentBy
        sentAt
      }
    }
    signals {
      ...SignalFields
    }
  }
}
fragment SignalFields on Signals {
  unread
  urgent
  answers
  cancelled
  leasesLost
}` as Document<ReadQueueMutation, ReadQueueMutationVariables>;

export const DeleteFromQueue = `mutation DeleteFromQueue($input: DeleteQueueMessagesInput!) {
  deleteQueueMessages(input: $input) {
    ids
    signals {
      ...SignalFields
    }
  }
}
fragment SignalFields on Signals {
  unread
  urgent
  answers
  cancelled
  leasesLost
}` as Document<DeleteFromQueueMutation, DeleteFromQueueMutationVariables>;

export const ArchiveInQueue = `mutation ArchiveInQueue($input: ArchiveQueueMessagesInput!) {
  archiveQueueMessages(input: $input) {
    ids
    signals {
      ...SignalFields
    }
  }
}
fragment SignalFields on Signals {
  unread
  urgent
  answers
  cancelled
  leasesLost
}` as Document<ArchiveInQueueMutation, ArchiveInQueueMutationVariables>;

export const ExtendInQueue = `mutation ExtendInQueue($input: ExtendQueueVisibilityInput!) {
  extendQueueVisibility(input: $input) {
    messages {
      id
    }
    signals {
      ...SignalFields
    }
  }
}
fragment SignalFields on Signals {
  unread
  urgent
  answers
  cancelled
  leasesLost
}` as Document<ExtendInQueueMutation, ExtendInQueueMutationVariables>;

export const Ask = `mutation Ask($input: CreateRequestInput!) {
  createRequest(input: $input) {
    request {
      ...RequestState
    }
    signals {
      ...SignalFields
    }
  }
}
fragment RequestState on Request {
  id
  kind
  subject
  status
  decision
  decidedBy
  answer
  arguments
  editedArguments
  deadlineAt
  takenBy
  consumedAt
  responses {
    responder
    decision
    comment
  }
}
fragment SignalFields on Signals {
  unread
  urgent
  answers
  cancelled
  leasesLost
}` as Document<AskMutation, AskMutationVariables>;

export const Await = `mutation Await($input: AwaitRequestInput!) {
  awaitRequest(input: $input) {
    request {
      ...RequestState
    }
    signals {
      ...SignalFields
    }
  }
}
fragment RequestState on Request {
  id
  kind
  subject
  status
  decision
  decidedBy
  answer
  arguments
  editedArguments
  deadlineAt
  takenBy
  consumedAt
  responses {
    responder
    decision
    comment
  }
}
fragment SignalFields on Signals {
  unread
  urgent
  answers
  cancelled
  leasesLost
}` as Document<AwaitMutation, AwaitMutationVariables>;

export const Use = `mutation Use($input: ConsumeApprovalInput!) {
  consumeApproval(input: $input) {
    request {
      ...RequestState
    }
    signals {
      ...SignalFields
    }
  }
}
fragment RequestState on Request {
  id
  kind
  subject
  status
  decision
  decidedBy
  answer
  arguments
  editedArguments
  deadlineAt
  takenBy
  consumedAt
  responses {
    responder
    decision
    comment
  }
}
fragment SignalFields on Signals {
  unread
  urgent
  answers
  cancelled
  leasesLost
}` as Document<UseMutation, UseMutationVariables>;

export const TakeBack = `mutation TakeBack($input: CancelRequestInput!) {
  cancelRequest(input: $input) {
    request {
      ...RequestState
    }
    signals {
      ...SignalFields
    }
  }
}
fragment RequestState on Request {
  id
  kind
  subject
  status
  decision
  decidedBy
  answer
  arguments
  editedArguments
  deadlineAt
  takenBy
  consumedAt
  responses {
    responder
    decision
    comment
  }
}
fragment SignalFields on Signals {
  unread
  urgent
  answers
  cancelled
  leasesLost
}` as Document<TakeBackMutation, TakeBackMutationVariables>;

export const AskedOfMe = `query AskedOfMe($first: Int) {
  requests(list: PENDING, filter: {forMe: true}, first: $first) {
    edges {
      node {
        id
        kind
        subject
        body
        from
        options
        arguments
        answerSchema
        deadlineAt
      }
    }
  }
}` as Document<AskedOfMeQuery, AskedOfMeQueryVariables>;

export const Respond = `mutation Respond($input: RespondToRequestInput!) {
  respondToRequest(input: $input) {
    request {
      ...RequestState
    }
    signals {
      ...SignalFields
    }
  }
}
fragment RequestState on Request {
  id
  kind
  subject
  status
  decision
  decidedBy
  answer
  arguments
  editedArguments
  deadlineAt
  takenBy
  consumedAt
  responses {
    responder
    decision
    comment
  }
}
fragment SignalFields on Signals {
  unread
  urgent
  answers
  cancelled
  leasesLost
}` as Document<RespondMutation, RespondMutationVariables>;

export const SomeSessions = `query SomeSessions($filter: SessionFilter, $first: Int, $after: String) {
  sessions(filter: $filter, first: $first, after: $after) {
    edges {
      node {
        ...SessionLine
      }
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
fragment SessionLine on Session {
  id
  title
  status
  summary
  createdBy
  lastActivityAt
  participants {
    agentId
  }
}` as Document<SomeSessionsQuery, SomeSessionsQueryVariables>;

export const OneSession = `query OneSession($id: ID!, $chunks: Int, $last: Int, $from: Int) {
  session(id: $id) {
    ...SessionLine
    counters {
      chunks
      memories
      artifacts
      tasks
    }
    chunks(first: $chunks, last: $last, from: $from) {
      edges {
        node {
          number
          author
          content
        }
      }
    }
    memories(first: 20) {
      edges {
        node {
          key
          type
          content
          version
        }
      }
    }
    artifacts(first: 20) {
      edges {
        node {
          name
          type
          version
          size
        }
      }
    }
  }
}
fragment SessionLine on Session {
  id
  title
  status
  summary
  createdBy
  lastActivityAt
  participants {
    agentId
  }
}` as Document<OneSessionQuery, OneSessionQueryVariables>;

export const OneArtifact = `query OneArtifact($id: ID!, $name: String!) {
  session(id: $id) {
    artifacts(filter: {name: $name}, first: 1) {
      edges {
        node {
          name
          type
          format
          version
          content
        }
      }
    }
  }
}` as Document<OneArtifactQuery, OneArtifactQueryVariables>;

export const OneMemory = `query OneMemory($id: ID!, $key: String!) {
  session(id: $id) {
    memory(key: $key) {
      key
      type
      content
      version
    }
  }
}` as Document<OneMemoryQuery, OneMemoryQueryVariables>;

export const SearchSessions = `query SearchSessions($query: String!, $sessionId: ID, $first: Int, $after: String) {
  searchSessions(
    query: $query
    sessionId: $sessionId
    first: $first
    after: $after
  ) {
    edges {
      node {
        kind
        snippet
        session {
          id
        }
        chunk {
          number
        }
        memory {
          key
        }
        artifact {
          name
        }
      }
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}` as Document<SearchSessionsQuery, SearchSessionsQueryVariables>;

export const CreateSession = `mutation CreateSession($input: CreateSessionInput!) {
  createSession(input: $input) {
    session {
      ...SessionLine
    }
    signals {
      ...SignalFields
    }
  }
}
fragment SessionLine on Session {
  id
  title
  status
  summary
  createdBy
  lastActivityAt
  participants {
    agentId
  }
}
fragment SignalFields on Signals {
  unread
  urgent
  answers
  cancelled
  leasesLost
}` as Document<CreateSessionMutation, CreateSessionMutationVariables>;

export const JoinSession = `mutation JoinSession($input: JoinSessionInput!) {
  joinSession(input: $input) {
    participant {
      session {
        ...SessionLine
      }
    }
    signals {
      ...SignalFields
    }
  }
}
fragment SessionLine on Session {
  id
  title
  status
  summary
  createdBy
  lastActivityAt
  participants {
    agentId
  }
}
fragment SignalFields on Signals {
  unread
  urgent
  answers
  cancelled
  leasesLost
}` as Document<JoinSessionMutation, JoinSessionMutationVariables>;

export const LeaveSession = `mutation LeaveSession($input: LeaveSessionInput!) {
  leaveSession(input: $input) {
    signals {
      ...SignalFields
    }
  }
}
fragment SignalFields on Signals {
  unread
  urgent
  answers
  cancelled
  leasesLost
}` as Document<LeaveSessionMutation, LeaveSessionMutationVariables>;

export const CompleteSession = `mutation CompleteSession($input: CompleteSessionInput!) {
  completeSession(input: $input) {
    session {
      ...SessionLine
    }
    signals {
      ...SignalFields
    }
  }
}
fragment SessionLine on Session {
  id
  title
  status
  summary
  createdBy
  lastActivityAt
  participants {
    agentId
  }
}
fragment SignalFields on Signals {
  unread
  urgent
  answers
  cancelled
  leasesLost
}` as Document<CompleteSessionMutation, CompleteSessionMutationVariables>;

export const Append = `mutation Append($input: AppendChunksInput!) {
  appendChunks(input: $input) {
    chunks {
      number
    }
    signals {
      ...SignalFields
    }
  }
}
fragment SignalFields on Signals {
  unread
  urgent
  answers
  cancelled
  leasesLost
}` as Document<AppendMutation, AppendMutationVariables>;

export const RememberInSession = `mutation RememberInSession($input: RememberInSessionInput!) {
  rememberInSession(input: $input) {
    memory {
      key
      version
    }
    signals {
      ...SignalFields
    }
  }
}
fragment SignalFields on Signals {
  unread
  urgent
  answers
  cancelled
  leasesLost
}` as Document<RememberInSessionMutation, RememberInSessionMutationVariables>;

export const Save = `mutation Save($input: SaveArtifactInput!) {
  saveArtifact(input: $input) {
    artifact {
      name
      version
    }
    signals {
      ...SignalFields
    }
  }
}
fragment SignalFields on Signals {
  unread
  urgent
  answers
  cancelled
  leasesLost
}` as Document<SaveMutation, SaveMutationVariables>;

export const Claim = `mutation Claim($input: ClaimTaskInput!) {
  claimTask(input: $input) {
    task {
      ...TaskWhole
    }
    lease {
      token
      fence
      expiresAt
    }
    signals {
      ...SignalFields
    }
  }
}
fragment TaskWhole on Task {
  ...TaskLine
  description
  createdBy
  input
  output
  checkpoint
  progressNote
  error
  attempt
  failures
  maxAttempts
  dueAt
  githubRepo
  githubIssue
}
fragment TaskLine on Task {
  id
  title
  type
  status
  priority
  assignedTo
  sessionId
  progress
  leaseExpiresAt
}
fragment SignalFields on Signals {
  unread
  urgent
  answers
  cancelled
  leasesLost
}` as Document<ClaimMutation, ClaimMutationVariables>;

export const Progress = `mutation Progress($input: ReportProgressInput!) {
  reportProgress(input: $input) {
    lease {
      expiresAt
    }
    signals {
      ...SignalFields
    }
  }
}
fragment SignalFields on Signals {
  unread
  urgent
  answers
  cancelled
  leasesLost
}` as Document<ProgressMutation, ProgressMutationVariables>;

export const Complete = `mutation Complete($input: CompleteTaskInput!) {
  completeTask(input: $input) {
    task {
      ...TaskLine
    }
    signals {
      ...SignalFields
    }
  }
}
fragment TaskLine on Task {
  id
  title
  type
  status
  priority
  assignedTo
  sessionId
  progress
  leaseExpiresAt
}
fragment SignalFields on Signals {
  unread
  urgent
  answers
  cancelled
  leasesLost
}` as Document<CompleteMutation, CompleteMutationVariables>;

export const Fail = `mutation Fail($input: FailTaskInput!) {
  failTask(input: $input) {
    task {
      ...TaskLine
      retryAt
    }
    signals {
      ...SignalFields
    }
  }
}
fragment TaskLine on Task {
  id
  title
  type
  status
  priority
  assignedTo
  sessionId
  progress
  leaseExpiresAt
}
fragment SignalFields on Signals {
  unread
  urgent
  answers
  cancelled
  leasesLost
}` as Document<FailMutation, FailMutationVariables>;

export const Release = `mutation Release($input: ReleaseTaskInput!) {
  releaseTask(input: $input) {
    task {
      ...TaskLine
    }
    signals {
      ...SignalFields
    }
  }
}
fragment TaskLine on Task {
  id
  title
  type
  status
  priority
  assignedTo
  sessionId
  progress
  leaseExpiresAt
}
fragment SignalFields on Signals {
  unread
  urgent
  answers
  cancelled
  leasesLost
}` as Document<ReleaseMutation, ReleaseMutationVariables>;

export const Create = `mutation Create($input: CreateTaskInput!) {
  createTask(input: $input) {
    task {
      ...TaskLine
    }
    signals {
      ...SignalFields
    }
  }
}
fragment TaskLine on Task {
  id
  title
  type
  status
  priority
  assignedTo
  sessionId
  progress
  leaseExpiresAt
}
fragment SignalFields on Signals {
  unread
  urgent
  answers
  cancelled
  leasesLost
}` as Document<CreateMutation, CreateMutationVariables>;

export const OneTask = `query OneTask($id: ID!) {
  task(id: $id) {
    ...TaskWhole
    waitingOn {
      text
    }
  }
}
fragment TaskWhole on Task {
  ...TaskLine
  description
  createdBy
  input
  output
  checkpoint
  progressNote
  error
  attempt
  failures
  maxAttempts
  dueAt
  githubRepo
  githubIssue
}
fragment TaskLine on Task {
  id
  title
  type
  status
  priority
  assignedTo
  sessionId
  progress
  leaseExpiresAt
}` as Document<OneTaskQuery, OneTaskQueryVariables>;

export const SomeTasks = `query SomeTasks($filter: TaskFilter, $orderBy: TaskOrder, $first: Int, $after: String) {
  tasks(filter: $filter, orderBy: $orderBy, first: $first, after: $after) {
    edges {
      node {
        ...TaskLine
      }
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
fragment TaskLine on Task {
  id
  title
  type
  status
  priority
  assignedTo
  sessionId
  progress
  leaseExpiresAt
}` as Document<SomeTasksQuery, SomeTasksQueryVariables>;
