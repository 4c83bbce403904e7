// Written by npm run generate:client from schema.graphql and src/client/operations: change those.
import type { Document } from '../document.ts';

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

/** All given conditions must hold. */
export type AgentFilter = {
  /** It has this capability. */
  capability?: string | null | undefined;
  /** Any of these. */
  liveness?: Array<AgentLiveness> | null | undefined;
  /** Text anywhere in its id or name, upper and lower case alike. Reads all agents. */
  search?: string | null | undefined;
  /** Whether it missed more than two beats: `true` is short for liveness: [STALE]. */
  stale?: boolean | null | undefined;
  /** Any of these. */
  state?: Array<AgentState> | null | undefined;
  /** Any of these. */
  status?: Array<AgentStatus> | null | undefined;
  /** It is of this type. */
  type?: string | null | undefined;
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

/** A task that is not wanted any more. */
export type CancelTaskInput = {
  /** The task. */
  id: string;
  /** Why. */
  reason?: string | null | undefined;
};

/** What happened to a record. */
export type ChangeOp =
  /** It was deleted. */
  | 'DELETE'
  /** It was created. */
  | 'INSERT'
  /** It was changed. */
  | 'UPDATE';

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

/** Which messages of an inbox come first. */
export type InboxOrder =
  /** The order to look at them. */
  | 'NEWEST_FIRST'
  /** The order to work them off. */
  | 'OLDEST_FIRST';

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

/** What to log. */
export type LogEventInput = {
  /** Whom it is about; by default the caller's own agent; of an operator without one, the system itself. */
  agent?: string | null | undefined;
  /** What there is to know of it. */
  data?: unknown;
  /** Any text of up to 255 characters that names this call: a repeat gets the entry of the first. */
  idempotencyKey?: string | null | undefined;
  /** How much it matters. */
  severity?: Severity | null | undefined;
  /** What happened; any word. */
  type: string;
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

/** What an agent reports of itself. */
export type PostStandupInput = {
  /** Who reports; by default the caller's own agent. */
  agent?: string | null | undefined;
  /** What keeps it from going on. */
  blockers?: string | null | undefined;
  /** What it works on. */
  currentTask?: string | null | undefined;
  /** How often it means to be heard of, in minutes, 1 to 1440 (a day). */
  heartbeatIntervalMinutes?: number | null | undefined;
  /** Any text of up to 255 characters that names this call: a repeat gets the standup of the first. */
  idempotencyKey?: string | null | undefined;
  /** What it will do next. */
  nextActions?: string | null | undefined;
  /** Whether it takes work. Default ONLINE. */
  status?: AgentStatus | null | undefined;
};

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

/** A lease to renew. */
export type RenewLeaseInput = {
  /** The task. */
  id: string;
  /** Its length from now on, 5 to 86400; by default what it was. */
  leaseSeconds?: number | null | undefined;
  /** As claimTask gave it. */
  leaseToken: string;
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

/** All given conditions must hold for the request as it was right after the change. */
export type RequestEventFilter = {
  /** Asked by this agent. */
  from?: string | null | undefined;
  /** These requests, at most 200. */
  ids?: Array<string> | null | undefined;
  /** Any of these kinds. */
  kinds?: Array<RequestKind> | null | undefined;
  /** Any of these statuses. */
  statuses?: Array<RequestStatus> | null | undefined;
  /** Asked of this agent or person, of role:<name>, of operator, or of * (any agent); now, or before it was escalated. */
  to?: string | null | undefined;
};

/** All given conditions must hold. */
export type RequestFilter = {
  /** Any of these decisions. */
  decisions?: Array<RequestDecision> | null | undefined;
  /** True: yours to decide, by name, by a role that you hold, or with all others, and not asked by you. */
  forMe?: boolean | null | undefined;
  /** Asked by this agent. */
  from?: string | null | undefined;
  /** Any of these kinds. */
  kinds?: Array<RequestKind> | null | undefined;
  /** Of this priority or higher (a lower number). */
  maxPriority?: number | null | undefined;
  /** True: asked by you. */
  mine?: boolean | null | undefined;
  /** Of this session. */
  sessionId?: string | null | undefined;
  /** Any of these statuses. */
  statuses?: Array<RequestStatus> | null | undefined;
  /** This task waits for it. */
  taskId?: string | null | undefined;
  /** Asked of: an agent or a person by name; role:<name>: who holds that role; operator: any operator; *: any agent. */
  to?: string | null | undefined;
};

/** What is asked for. */
export type RequestKind =
  /** May I do this? Decided with APPROVE, EDIT or REJECT. */
  | 'APPROVAL'
  /** I am stuck. Decided with ANSWER or REJECT. */
  | 'HELP'
  /** Which of these, or what? Decided with ANSWER or REJECT. */
  | 'QUESTION';

/** Which requests, and in which order. */
export type RequestList =
  /** All, newest first. */
  | 'ALL'
  /** Those that are OPEN past their deadline: longest overdue first. */
  | 'OVERDUE'
  /** Those that are OPEN: highest priority first, then oldest. */
  | 'PENDING';

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

/** What a session event is about. */
export type SessionEventKind =
  /** A version was saved. */
  | 'ARTIFACT'
  /** Something was said. */
  | 'CHUNK'
  /** Something was remembered, revised or forgotten. */
  | 'MEMORY'
  /** Somebody joined, left, or got another role. */
  | 'PARTICIPANT'
  /** The session itself: created, status, title, summary, metadata. */
  | 'SESSION'
  /** One of its tasks changed, as in taskEvents. */
  | 'TASK';

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

/** In which order sessions are listed. */
export type SessionOrder =
  /** The one last added to comes first, to within ten seconds. */
  | 'LAST_ACTIVITY'
  /** The one created last comes first. */
  | 'NEWEST';

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

/** How much something matters, from least to most. */
export type Severity =
  /** The system as a whole is in danger. */
  | 'CRITICAL'
  /** For whoever looks for a fault. */
  | 'DEBUG'
  /** Something failed. */
  | 'ERROR'
  /** As it should be. */
  | 'INFO'
  /** Not as it should be, and nothing is lost yet. */
  | 'WARNING';

/** Who stops. */
export type StopAgentInput = {
  /** The agent; by default the caller's own. */
  agent?: string | null | undefined;
  /** Only this process of it; by default all. */
  instance?: string | null | undefined;
  /** Why; up to 1,000 characters. */
  reason?: string | null | undefined;
};

/** All given conditions must hold. */
export type SystemEventFilter = {
  /** About this agent. */
  agent?: string | null | undefined;
  /** As severe as this, or more. */
  minSeverity?: Severity | null | undefined;
  /** Any of these types. */
  types?: Array<string> | null | undefined;
};

/** A request that you look at. */
export type TakeRequestInput = {
  /** The request. */
  id: string;
  /** For how long, 10 to 86400. */
  seconds?: number | null | undefined;
};

/** All given conditions must hold. */
export type TaskEventFilter = {
  /** Assigned to this agent now, or until this change. */
  assignedTo?: string | null | undefined;
  /** Created by this agent. */
  createdBy?: string | null | undefined;
  /** Of these tasks. */
  ids?: Array<string> | null | undefined;
  /** Only such changes. */
  ops?: Array<ChangeOp> | null | undefined;
  /** Of this session. */
  sessionId?: string | null | undefined;
  /** Tasks that have one of these statuses now. */
  statuses?: Array<TaskStatus> | null | undefined;
  /** Of one of these types. */
  types?: Array<string> | null | undefined;
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

/** What to change. What is left out stays as it is; null clears it where it may be null. */
export type UpdateTaskInput = {
  /** The only agent that may claim it; null for any. Takes it back from another that holds it. */
  assignedTo?: string | null | undefined;
  /** Tasks that must be done first: these replace all there were. */
  dependsOn?: Array<string> | null | undefined;
  /** What is to be done, at length. */
  description?: string | null | undefined;
  /** When it should be done. */
  dueAt?: string | null | undefined;
  /** The number of an issue there. */
  githubIssue?: number | null | undefined;
  /** A repository. */
  githubRepo?: string | null | undefined;
  /** The task. */
  id: string;
  /** What the worker needs. */
  input?: unknown;
  /** Failures after which it is FAILED. */
  maxAttempts?: number | null | undefined;
  /** Lost leases after which it is FAILED. */
  maxLostLeases?: number | null | undefined;
  /** Anything else; replaces what was there. */
  metadata?: unknown;
  /** 1 is highest, 10 lowest. */
  priority?: number | null | undefined;
  /** True makes it OPEN (BLOCKED if it waits for others): a finished task starts a new life, its counters at 0; a held one is taken back; one that waits to be retried is offered at once. */
  reopen?: boolean | null | undefined;
  /** Not to be claimed before. */
  runAfter?: string | null | undefined;
  /** The session it belongs to. */
  sessionId?: string | null | undefined;
  /** What is to be done, in a line. */
  title?: string | null | undefined;
  /** For example code, review; any word. */
  type?: string | null | undefined;
};

/** What a token allows. */
export type ViewerRole =
  /** Acts as one agent; sees what is addressed to it, to all, and the shared records. */
  | 'AGENT'
  /** Reads everything, writes nothing. */
  | 'OBSERVER'
  /** May do everything. */
  | 'OPERATOR';

export type AgentFieldsFragment = { id: string, name: string, type: string | null, status: AgentStatus, state: AgentState, liveness: AgentLiveness, capabilities: Array<string>, currentTask: string | null, message: string | null, errorCount: number, heartbeatIntervalSeconds: number, lastHeartbeat: string, startedAt: string | null, stoppedAt: string | null };

export type ViewerQueryVariables = Exact<{ [key: string]: never; }>;


export type ViewerQuery = { viewer: { agentId: string | null, instance: string, role: ViewerRole } };

export type FeedCursorQueryVariables = Exact<{ [key: string]: never; }>;


export type FeedCursorQuery = { feedCursor: string };

export type GetAgentQueryVariables = Exact<{
  id: string;
}>;


export type GetAgentQuery = { agent: AgentFieldsFragment | null };

export type ListAgentsQueryVariables = Exact<{
  filter?: AgentFilter | null | undefined;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type ListAgentsQuery = { agents: { edges: Array<{ node: AgentFieldsFragment }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type RegisterAgentMutationVariables = Exact<{
  input: RegisterAgentInput;
}>;


export type RegisterAgentMutation = { registerAgent: { agent: AgentFieldsFragment, instance: { instance: string, incarnation: number } } };

export type HeartbeatMutationVariables = Exact<{
  input: HeartbeatInput;
}>;


export type HeartbeatMutation = { heartbeat: { nextBeatInSeconds: number, serverTime: string, agent: AgentFieldsFragment } };

export type StopAgentMutationVariables = Exact<{
  input: StopAgentInput;
}>;


export type StopAgentMutation = { stopAgent: { agent: AgentFieldsFragment } };

export type PostStandupMutationVariables = Exact<{
  input: PostStandupInput;
}>;


export type PostStandupMutation = { postStandup: { standup: { id: string, agentId: string, status: string | null, currentTask: string | null, blockers: string | null, nextActions: string | null, createdAt: string } } };

export type LogEventMutationVariables = Exact<{
  input: LogEventInput;
}>;


export type LogEventMutation = { logEvent: { event: { id: string, at: string } } };

export type AgentEventsSubscriptionVariables = Exact<{
  agents?: Array<string> | string | null | undefined;
  after?: string | null | undefined;
}>;


export type AgentEventsSubscription = { agentEvents: { cursor: string, op: ChangeOp, actor: string, at: string, previousLiveness: AgentLiveness | null, previousStatus: AgentStatus | null, agent: AgentFieldsFragment } };

export type SystemEventsSubscriptionVariables = Exact<{
  filter?: SystemEventFilter | null | undefined;
  after?: string | null | undefined;
}>;


export type SystemEventsSubscription = { systemEvents: { cursor: string, op: ChangeOp, actor: string, at: string, event: { id: string, agentId: string | null, type: string, severity: Severity, data: unknown, at: string } } };

export type KnowledgeFieldsFragment = { id: string, agent: string, category: string | null, title: string, content: string, metadata: unknown, createdAt: string, updatedAt: string };

export type SearchKnowledgeQueryVariables = Exact<{
  filter?: KnowledgeFilter | null | undefined;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type SearchKnowledgeQuery = { knowledgeEntries: { edges: Array<{ node: KnowledgeFieldsFragment }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type RecordKnowledgeMutationVariables = Exact<{
  input: RecordKnowledgeInput;
}>;


export type RecordKnowledgeMutation = { recordKnowledge: { entry: KnowledgeFieldsFragment } };

export type MessageFieldsFragment = { id: string, from: string, to: string | null, type: string, content: string, metadata: unknown, threadId: string, createdAt: string, deliveredAt: string | null, readAt: string | null, acknowledgedAt: string | null };

export type InboxQueryVariables = Exact<{
  agent?: string | null | undefined;
  unreadOnly?: boolean | null | undefined;
  types?: Array<string> | string | null | undefined;
  order?: InboxOrder | null | undefined;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type InboxQuery = { feedCursor: string, inbox: { unreadCount: number, edges: Array<{ node: MessageFieldsFragment }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type SendMessageMutationVariables = Exact<{
  input: SendMessageInput;
}>;


export type SendMessageMutation = { sendMessage: { message: MessageFieldsFragment } };

export type MarkReadMutationVariables = Exact<{
  input: MarkReadInput;
}>;


export type MarkReadMutation = { markRead: { markedCount: number, unreadCount: number } };

export type AcknowledgeMutationVariables = Exact<{
  input: AcknowledgeInput;
}>;


export type AcknowledgeMutation = { acknowledge: { markedCount: number, unreadCount: number } };

export type InboxEventsSubscriptionVariables = Exact<{
  agent?: string | null | undefined;
  after?: string | null | undefined;
}>;


export type InboxEventsSubscription = { inbox: { cursor: string, op: ChangeOp, actor: string, at: string, message: MessageFieldsFragment } };

export type QueueMessageFieldsFragment = { id: string, queue: string, body: unknown, headers: unknown, group: string | null, readCount: number, sentBy: string | null, sentAt: string, visibleAt: string };

export type ListQueuesQueryVariables = Exact<{
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type ListQueuesQuery = { queues: { edges: Array<{ node: { name: string, length: number, visibleLength: number, oldestMessageAgeSeconds: number | null, totalMessages: number, maxReads: number | null, deadLetterQueue: string | null } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type CreateQueueMutationVariables = Exact<{
  input: CreateQueueInput;
}>;


export type CreateQueueMutation = { createQueue: { queue: { name: string, maxReads: number | null, deadLetterQueue: string | null } } };

export type SendToQueueMutationVariables = Exact<{
  input: SendToQueueInput;
}>;


export type SendToQueueMutation = { sendToQueue: { id: string } };

export type ReadQueueMutationVariables = Exact<{
  input: ReadQueueInput;
}>;


export type ReadQueueMutation = { readQueue: { deliveries: Array<{ receipt: string, message: QueueMessageFieldsFragment }> } };

export type DeleteQueueMessagesMutationVariables = Exact<{
  input: DeleteQueueMessagesInput;
}>;


export type DeleteQueueMessagesMutation = { deleteQueueMessages: { ids: Array<string> } };

export type ArchiveQueueMessagesMutationVariables = Exact<{
  input: ArchiveQueueMessagesInput;
}>;


export type ArchiveQueueMessagesMutation = { archiveQueueMessages: { ids: Array<string> } };

export type ExtendQueueVisibilityMutationVariables = Exact<{
  input: ExtendQueueVisibilityInput;
}>;


export type ExtendQueueVisibilityMutation = { extendQueueVisibility: { messages: Array<{ id: string }> } };

export type QueueEventsSubscriptionVariables = Exact<{
  queues: Array<string> | string;
  after?: string | null | undefined;
}>;


export type QueueEventsSubscription = { queueEvents: { cursor: string, op: ChangeOp, actor: string, at: string, queue: string, message: QueueMessageFieldsFragment } };

export type RequestFieldsFragment = { id: string, kind: RequestKind, status: RequestStatus, subject: string, body: string, context: unknown, options: Array<unknown>, answerSchema: unknown, arguments: unknown, priority: number, from: string, to: string, quorum: number, approvals: number, deadlineAt: string | null, onTimeout: RequestTimeout, takenBy: string | null, takenUntil: string | null, decision: RequestDecision | null, decidedBy: string | null, decidedAt: string | null, answer: unknown, editedArguments: unknown, consumedAt: string | null, createdAt: string, task: { id: string, title: string } | null, responses: Array<{ responder: string, decision: RequestDecision, comment: string | null }> };

export type GetRequestQueryVariables = Exact<{
  id: string;
}>;


export type GetRequestQuery = { request: RequestFieldsFragment | null };

export type ListRequestsQueryVariables = Exact<{
  list?: RequestList | null | undefined;
  filter?: RequestFilter | null | undefined;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type ListRequestsQuery = { requests: { edges: Array<{ node: RequestFieldsFragment }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type CreateRequestMutationVariables = Exact<{
  input: CreateRequestInput;
}>;


export type CreateRequestMutation = { createRequest: { request: RequestFieldsFragment } };

export type AwaitRequestMutationVariables = Exact<{
  input: AwaitRequestInput;
}>;


export type AwaitRequestMutation = { awaitRequest: { request: RequestFieldsFragment } };

export type TakeRequestMutationVariables = Exact<{
  input: TakeRequestInput;
}>;


export type TakeRequestMutation = { takeRequest: { request: RequestFieldsFragment } };

export type RespondToRequestMutationVariables = Exact<{
  input: RespondToRequestInput;
}>;


export type RespondToRequestMutation = { respondToRequest: { request: RequestFieldsFragment } };

export type ConsumeApprovalMutationVariables = Exact<{
  input: ConsumeApprovalInput;
}>;


export type ConsumeApprovalMutation = { consumeApproval: { request: RequestFieldsFragment } };

export type CancelRequestMutationVariables = Exact<{
  input: CancelRequestInput;
}>;


export type CancelRequestMutation = { cancelRequest: { request: RequestFieldsFragment } };

export type RequestEventsSubscriptionVariables = Exact<{
  filter?: RequestEventFilter | null | undefined;
  after?: string | null | undefined;
}>;


export type RequestEventsSubscription = { requestEvents: { cursor: string, op: ChangeOp, actor: string, at: string, previousStatus: RequestStatus | null, request: RequestFieldsFragment } };

export type SessionFieldsFragment = { id: string, title: string, status: SessionStatus, summary: string | null, metadata: unknown, createdBy: string, createdAt: string, lastActivityAt: string, completedAt: string | null, participants: Array<{ agentId: string, role: string }> };

export type GetSessionQueryVariables = Exact<{
  id: string;
}>;


export type GetSessionQuery = { session: SessionFieldsFragment | null };

export type ListSessionsQueryVariables = Exact<{
  filter?: SessionFilter | null | undefined;
  orderBy?: SessionOrder | null | undefined;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type ListSessionsQuery = { sessions: { edges: Array<{ node: SessionFieldsFragment }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type CreateSessionMutationVariables = Exact<{
  input: CreateSessionInput;
}>;


export type CreateSessionMutation = { createSession: { session: SessionFieldsFragment } };

export type JoinSessionMutationVariables = Exact<{
  input: JoinSessionInput;
}>;


export type JoinSessionMutation = { joinSession: { participant: { agentId: string, role: string } } };

export type LeaveSessionMutationVariables = Exact<{
  input: LeaveSessionInput;
}>;


export type LeaveSessionMutation = { leaveSession: { participant: { agentId: string, role: string } } };

export type CompleteSessionMutationVariables = Exact<{
  input: CompleteSessionInput;
}>;


export type CompleteSessionMutation = { completeSession: { session: SessionFieldsFragment } };

export type AppendChunksMutationVariables = Exact<{
  input: AppendChunksInput;
}>;


export type AppendChunksMutation = { appendChunks: { chunks: Array<{ id: string, number: number }> } };

export type RememberInSessionMutationVariables = Exact<{
  input: RememberInSessionInput;
}>;


export type RememberInSessionMutation = { rememberInSession: { memory: { id: string, key: string, type: MemoryType, content: unknown, tags: Array<string>, version: number } } };

export type SaveArtifactMutationVariables = Exact<{
  input: SaveArtifactInput;
}>;


export type SaveArtifactMutation = { saveArtifact: { artifact: { id: string, name: string, type: ArtifactType, version: number, contentHash: string } } };

export type SearchSessionsQueryVariables = Exact<{
  query: string;
  sessionId?: string | null | undefined;
  kinds?: Array<SessionSearchKind> | SessionSearchKind | null | undefined;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type SearchSessionsQuery = { searchSessions: { edges: Array<{ node: { kind: SessionSearchKind, rank: number, snippet: string, session: { id: string, title: string } | null, chunk: { id: string, number: number } | null, memory: { id: string, key: string } | null, artifact: { id: string, name: string, version: number } | null } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type SessionEventsSubscriptionVariables = Exact<{
  sessionId?: string | null | undefined;
  kinds?: Array<SessionEventKind> | SessionEventKind | null | undefined;
  after?: string | null | undefined;
}>;


export type SessionEventsSubscription = { sessionEvents: { cursor: string, op: ChangeOp, actor: string, at: string, kind: SessionEventKind, sessionId: string, chunk: { id: string, number: number, author: string, format: ChunkFormat, content: string } | null, memory: { id: string, key: string, type: MemoryType, content: unknown, version: number } | null, artifact: { id: string, name: string, type: ArtifactType, version: number } | null, participant: { agentId: string, role: string } | null, task: { id: string, title: string, status: TaskStatus } | null } };

export type TaskFieldsFragment = { id: string, title: string, description: string | null, type: string, status: TaskStatus, priority: number, assignedTo: string | null, assignedInstance: string | null, createdBy: string, sessionId: string | null, input: unknown, output: unknown, checkpoint: unknown, metadata: unknown, error: string | null, progress: number | null, progressNote: string | null, githubRepo: string | null, githubIssue: number | null, dueAt: string | null, runAfter: string | null, retryAt: string | null, ready: boolean, attempt: number, failures: number, maxAttempts: number, lostLeases: number, fence: number, leaseExpiresAt: string | null, startedAt: string | null, finishedAt: string | null, cancelReason: string | null, createdAt: string, updatedAt: string };

export type LeaseFieldsFragment = { token: string, fence: number, expiresAt: string };

export type GetTaskQueryVariables = Exact<{
  id: string;
}>;


export type GetTaskQuery = { task: (
    { blockedBy: Array<{ id: string, title: string, status: TaskStatus }> }
    & TaskFieldsFragment
  ) | null };

export type ListTasksQueryVariables = Exact<{
  filter?: TaskFilter | null | undefined;
  orderBy?: TaskOrder | null | undefined;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type ListTasksQuery = { tasks: { edges: Array<{ node: TaskFieldsFragment }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type CreateTaskMutationVariables = Exact<{
  input: CreateTaskInput;
}>;


export type CreateTaskMutation = { createTask: { task: TaskFieldsFragment } };

export type CreateTasksMutationVariables = Exact<{
  inputs: Array<CreateTaskInput> | CreateTaskInput;
}>;


export type CreateTasksMutation = { createTasks: { tasks: Array<TaskFieldsFragment> } };

export type ClaimTaskMutationVariables = Exact<{
  input: ClaimTaskInput;
}>;


export type ClaimTaskMutation = { claimTask: { task: TaskFieldsFragment | null, lease: LeaseFieldsFragment | null } };

export type RenewLeaseMutationVariables = Exact<{
  input: RenewLeaseInput;
}>;


export type RenewLeaseMutation = { renewLease: { lease: LeaseFieldsFragment } };

export type ReportProgressMutationVariables = Exact<{
  input: ReportProgressInput;
}>;


export type ReportProgressMutation = { reportProgress: { lease: LeaseFieldsFragment } };

export type CompleteTaskMutationVariables = Exact<{
  input: CompleteTaskInput;
}>;


export type CompleteTaskMutation = { completeTask: { task: TaskFieldsFragment } };

export type FailTaskMutationVariables = Exact<{
  input: FailTaskInput;
}>;


export type FailTaskMutation = { failTask: { task: TaskFieldsFragment } };

export type ReleaseTaskMutationVariables = Exact<{
  input: ReleaseTaskInput;
}>;


export type ReleaseTaskMutation = { releaseTask: { task: TaskFieldsFragment } };

export type CancelTaskMutationVariables = Exact<{
  input: CancelTaskInput;
}>;


export type CancelTaskMutation = { cancelTask: { task: TaskFieldsFragment } };

export type UpdateTaskMutationVariables = Exact<{
  input: UpdateTaskInput;
}>;


export type UpdateTaskMutation = { updateTask: { task: TaskFieldsFragment } };

export type TaskEventsSubscriptionVariables = Exact<{
  filter?: TaskEventFilter | null | undefined;
  after?: string | null | undefined;
}>;


export type TaskEventsSubscription = { taskEvents: { cursor: string, op: ChangeOp, actor: string, at: string, previousStatus: TaskStatus | null, previousAssignedTo: string | null, task: TaskFieldsFragment } };

export type HoldingsSubscriptionVariables = Exact<{
  agent: string;
  after?: string | null | undefined;
}>;


export type HoldingsSubscription = { taskEvents: { cursor: string, task: { id: string, status: TaskStatus, fence: number, cancelReason: string | null } } };

export const Viewer = `query Viewer {
  viewer {
    agentId
    instance
    role
  }
}` as Document<ViewerQuery, ViewerQueryVariables>;

export const FeedCursor = `query FeedCursor {
  feedCursor
}` as Document<FeedCursorQuery, FeedCursorQueryVariables>;

export const GetAgent = `query GetAgent($id: ID!) {
  agent(id: $id) {
    ...AgentFields
  }
}
fragment AgentFields on Agent {
  id
  name
  type
  status
  state
  liveness
  capabilities
  currentTask
  message
  errorCount
  heartbeatIntervalSeconds
  lastHeartbeat
  startedAt
  stoppedAt
}` as Document<GetAgentQuery, GetAgentQueryVariables>;

export const ListAgents = `query ListAgents($filter: AgentFilter, $first: Int, $after: String) {
  agents(filter: $filter, first: $first, after: $after) {
    edges {
      node {
        ...AgentFields
      }
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
fragment AgentFields on Agent {
  id
  name
  type
  status
  state
  liveness
  capabilities
  currentTask
  message
  errorCount
  heartbeatIntervalSeconds
  lastHeartbeat
  startedAt
  stoppedAt
}` as Document<ListAgentsQuery, ListAgentsQueryVariables>;

export const RegisterAgent = `mutation RegisterAgent($input: RegisterAgentInput!) {
  registerAgent(input: $input) {
    agent {
      ...AgentFields
    }
    instance {
      instance
      incarnation
    }
  }
}
fragment AgentFields on Agent {
  id
  name
  type
  status
  state
  liveness
  capabilities
  currentTask
  message
  errorCount
  heartbeatIntervalSeconds
  lastHeartbeat
  startedAt
  stoppedAt
}` as Document<RegisterAgentMutation, RegisterAgentMutationVariables>;

export const Heartbeat = `mutation Heartbeat($input: HeartbeatInput!) {
  heartbeat(input: $input) {
    nextBeatInSeconds
    serverTime
    agent {
      ...AgentFields
    }
  }
}
fragment AgentFields on Agent {
  id
  name
  type
  status
  state
  liveness
  capabilities
  currentTask
  message
  errorCount
  heartbeatIntervalSeconds
  lastHeartbeat
  startedAt
  stoppedAt
}` as Document<HeartbeatMutation, HeartbeatMutationVariables>;

export const StopAgent = `mutation StopAgent($input: StopAgentInput!) {
  stopAgent(input: $input) {
    agent {
      ...AgentFields
    }
  }
}
fragment AgentFields on Agent {
  id
  name
  type
  status
  state
  liveness
  capabilities
  currentTask
  message
  errorCount
  heartbeatIntervalSeconds
  lastHeartbeat
  startedAt
  stoppedAt
}` as Document<StopAgentMutation, StopAgentMutationVariables>;

export const PostStandup = `mutation PostStandup($input: PostStandupInput!) {
  postStandup(input: $input) {
    standup {
      id
      agentId
      status
      currentTask
      blockers
      nextActions
      createdAt
    }
  }
}` as Document<PostStandupMutation, PostStandupMutationVariables>;

export const LogEvent = `mutation LogEvent($input: LogEventInput!) {
  logEvent(input: $input) {
    event {
      id
      at
    }
  }
}` as Document<LogEventMutation, LogEventMutationVariables>;

export const AgentEvents = `subscription AgentEvents($agents: [ID!], $after: Cursor) {
  agentEvents(agents: $agents, after: $after) {
    cursor
    op
    actor
    at
    previousLiveness
    previousStatus
    agent {
      ...AgentFields
    }
  }
}
fragment AgentFields on Agent {
  id
  name
  type
  status
  state
  liveness
  capabilities
  currentTask
  message
  errorCount
  heartbeatIntervalSeconds
  lastHeartbeat
  startedAt
  stoppedAt
}` as Document<AgentEventsSubscription, AgentEventsSubscriptionVariables>;

export const SystemEvents = `subscription SystemEvents($filter: SystemEventFilter, $after: Cursor) {
  systemEvents(filter: $filter, after: $after) {
    cursor
    op
    actor
    at
    event {
      id
      agentId
      type
      severity
      data
      at
    }
  }
}` as Document<SystemEventsSubscription, SystemEventsSubscriptionVariables>;

export const SearchKnowledge = `query SearchKnowledge($filter: KnowledgeFilter, $first: Int, $after: String) {
  knowledgeEntries(filter: $filter, first: $first, after: $after) {
    edges {
      node {
        ...KnowledgeFields
      }
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
fragment KnowledgeFields on KnowledgeEntry {
  id
  agent
  category
  title
  content
  metadata
  createdAt
  updatedAt
}` as Document<SearchKnowledgeQuery, SearchKnowledgeQueryVariables>;

export const RecordKnowledge = `mutation RecordKnowledge($input: RecordKnowledgeInput!) {
  recordKnowledge(input: $input) {
    entry {
      ...KnowledgeFields
    }
  }
}
fragment KnowledgeFields on KnowledgeEntry {
  id
  agent
  category
  title
  content
  metadata
  createdAt
  updatedAt
}` as Document<RecordKnowledgeMutation, RecordKnowledgeMutationVariables>;

export const Inbox = `query Inbox($agent: ID, $unreadOnly: Boolean, $types: [String!], $order: InboxOrder, $first: Int, $after: String) {
  feedCursor
  inbox(
    agent: $agent
    unreadOnly: $unreadOnly
    types: $types
    order: $order
    first: $first
    after: $after
  ) {
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
  metadata
  threadId
  createdAt
  deliveredAt
  readAt
  acknowledgedAt
}` as Document<InboxQuery, InboxQueryVariables>;

export const SendMessage = `mutation SendMessage($input: SendMessageInput!) {
  sendMessage(input: $input) {
    message {
      ...MessageFields
    }
  }
}
fragment MessageFields on Message {
  id
  from
  to
  type
  content
  metadata
  threadId
  createdAt
  deliveredAt
  readAt
  acknowledgedAt
}` as Document<SendMessageMutation, SendMessageMutationVariables>;

export const MarkRead = `mutation MarkRead($input: MarkReadInput!) {
  markRead(input: $input) {
    markedCount
    unreadCount
  }
}` as Document<MarkReadMutation, MarkReadMutationVariables>;

export const Acknowledge = `mutation Acknowledge($input: AcknowledgeInput!) {
  acknowledge(input: $input) {
    markedCount
    unreadCount
  }
}` as Document<AcknowledgeMutation, AcknowledgeMutationVariables>;

export const InboxEvents = `subscription InboxEvents($agent: ID, $after: Cursor) {
  inbox(agent: $agent, after: $after) {
    cursor
    op
    actor
    at
    message {
      ...MessageFields
    }
  }
}
fragment MessageFields on Message {
  id
  from
  to
  type
  content
  metadata
  threadId
  createdAt
  deliveredAt
  readAt
  acknowledgedAt
}` as Document<InboxEventsSubscription, InboxEventsSubscriptionVariables>;

export const ListQueues = `query ListQueues($first: Int, $after: String) {
  queues(first: $first, after: $after) {
    edges {
      node {
        name
        length
        visibleLength
        oldestMessageAgeSeconds
        totalMessages
        maxReads
        deadLetterQueue
      }
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}` as Document<ListQueuesQuery, ListQueuesQueryVariables>;

export const CreateQueue = `mutation CreateQueue($input: CreateQueueInput!) {
  createQueue(input: $input) {
    queue {
      name
      maxReads
      deadLetterQueue
    }
  }
}` as Document<CreateQueueMutation, CreateQueueMutationVariables>;

export const SendToQueue = `mutation SendToQueue($input: SendToQueueInput!) {
  sendToQueue(input: $input) {
    id
  }
}` as Document<SendToQueueMutation, SendToQueueMutationVariables>;

export const ReadQueue = `mutation ReadQueue($input: ReadQueueInput!) {
  readQueue(input: $input) {
    deliveries {
      receipt
      message {
        ...QueueMessageFields
      }
    }
  }
}
fragment QueueMessageFields on QueueMessage {
  id
  queue
  body
  headers
  group
  readCount
  sentBy
  sentAt
  visibleAt
}` as Document<ReadQueueMutation, ReadQueueMutationVariables>;

export const DeleteQueueMessages = `mutation DeleteQueueMessages($input: DeleteQueueMessagesInput!) {
  deleteQueueMessages(input: $input) {
    ids
  }
}` as Document<DeleteQueueMessagesMutation, DeleteQueueMessagesMutationVariables>;

export const ArchiveQueueMessages = `mutation ArchiveQueueMessages($input: ArchiveQueueMessagesInput!) {
  archiveQueueMessages(input: $input) {
    ids
  }
}` as Document<ArchiveQueueMessagesMutation, ArchiveQueueMessagesMutationVariables>;

export const ExtendQueueVisibility = `mutation ExtendQueueVisibility($input: ExtendQueueVisibilityInput!) {
  extendQueueVisibility(input: $input) {
    messages {
      id
    }
  }
}` as Document<ExtendQueueVisibilityMutation, ExtendQueueVisibilityMutationVariables>;

export const QueueEvents = `subscription QueueEvents($queues: [String!]!, $after: Cursor) {
  queueEvents(queues: $queues, after: $after) {
    cursor
    op
    actor
    at
    queue
    message {
      ...QueueMessageFields
    }
  }
}
fragment QueueMessageFields on QueueMessage {
  id
  queue
  body
  headers
  group
  readCount
  sentBy
  sentAt
  visibleAt
}` as Document<QueueEventsSubscription, QueueEventsSubscriptionVariables>;

export const GetRequest = `query GetRequest($id: ID!) {
  request(id: $id) {
    ...RequestFields
  }
}
fragment RequestFields on Request {
  id
  kind
  status
  subject
  body
  context
  options
  answerSchema
  arguments
  priority
  from
  to
  quorum
  approvals
  deadlineAt
  onTimeout
  takenBy
  takenUntil
  decision
  decidedBy
  decidedAt
  answer
  editedArguments
  consumedAt
  createdAt
  task {
    id
    title
  }
  responses {
    responder
    decision
    comment
  }
}` as Document<GetRequestQuery, GetRequestQueryVariables>;

export const ListRequests = `query ListRequests($list: RequestList, $filter: RequestFilter, $first: Int, $after: String) {
  requests(list: $list, filter: $filter, first: $first, after: $after) {
    edges {
      node {
        ...RequestFields
      }
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
fragment RequestFields on Request {
  id
  kind
  status
  subject
  body
  context
  options
  answerSchema
  arguments
  priority
  from
  to
  quorum
  approvals
  deadlineAt
  onTimeout
  takenBy
  takenUntil
  decision
  decidedBy
  decidedAt
  answer
  editedArguments
  consumedAt
  createdAt
  task {
    id
    title
  }
  responses {
    responder
    decision
    comment
  }
}` as Document<ListRequestsQuery, ListRequestsQueryVariables>;

export const CreateRequest = `mutation CreateRequest($input: CreateRequestInput!) {
  createRequest(input: $input) {
    request {
      ...RequestFields
    }
  }
}
fragment RequestFields on Request {
  id
  kind
  status
  subject
  body
  context
  options
  answerSchema
  arguments
  priority
  from
  to
  quorum
  approvals
  deadlineAt
  onTimeout
  takenBy
  takenUntil
  decision
  decidedBy
  decidedAt
  answer
  editedArguments
  consumedAt
  createdAt
  task {
    id
    title
  }
  responses {
    responder
    decision
    comment
  }
}` as Document<CreateRequestMutation, CreateRequestMutationVariables>;

export const AwaitRequest = `mutation AwaitRequest($input: AwaitRequestInput!) {
  awaitRequest(input: $input) {
    request {
      ...RequestFields
    }
  }
}
fragment RequestFields on Request {
  id
  kind
  status
  subject
  body
  context
  options
  answerSchema
  arguments
  priority
  from
  to
  quorum
  approvals
  deadlineAt
  onTimeout
  takenBy
  takenUntil
  decision
  decidedBy
  decidedAt
  answer
  editedArguments
  consumedAt
  createdAt
  task {
    id
    title
  }
  responses {
    responder
    decision
    comment
  }
}` as Document<AwaitRequestMutation, AwaitRequestMutationVariables>;

export const TakeRequest = `mutation TakeRequest($input: TakeRequestInput!) {
  takeRequest(input: $input) {
    request {
      ...RequestFields
    }
  }
}
fragment RequestFields on Request {
  id
  kind
  status
  subject
  body
  context
  options
  answerSchema
  arguments
  priority
  from
  to
  quorum
  approvals
  deadlineAt
  onTimeout
  takenBy
  takenUntil
  decision
  decidedBy
  decidedAt
  answer
  editedArguments
  consumedAt
  createdAt
  task {
    id
    title
  }
  responses {
    responder
    decision
    comment
  }
}` as Document<TakeRequestMutation, TakeRequestMutationVariables>;

export const RespondToRequest = `mutation RespondToRequest($input: RespondToRequestInput!) {
  respondToRequest(input: $input) {
    request {
      ...RequestFields
    }
  }
}
fragment RequestFields on Request {
  id
  kind
  status
  subject
  body
  context
  options
  answerSchema
  arguments
  priority
  from
  to
  quorum
  approvals
  deadlineAt
  onTimeout
  takenBy
  takenUntil
  decision
  decidedBy
  decidedAt
  answer
  editedArguments
  consumedAt
  createdAt
  task {
    id
    title
  }
  responses {
    responder
    decision
    comment
  }
}` as Document<RespondToRequestMutation, RespondToRequestMutationVariables>;

export const ConsumeApproval = `mutation ConsumeApproval($input: ConsumeApprovalInput!) {
  consumeApproval(input: $input) {
    request {
      ...RequestFields
    }
  }
}
fragment RequestFields on Request {
  id
  kind
  status
  subject
  body
  context
  options
  answerSchema
  arguments
  priority
  from
  to
  quorum
  approvals
  deadlineAt
  onTimeout
  takenBy
  takenUntil
  decision
  decidedBy
  decidedAt
  answer
  editedArguments
  consumedAt
  createdAt
  task {
    id
    title
  }
  responses {
    responder
    decision
    comment
  }
}` as Document<ConsumeApprovalMutation, ConsumeApprovalMutationVariables>;

export const CancelRequest = `mutation CancelRequest($input: CancelRequestInput!) {
  cancelRequest(input: $input) {
    request {
      ...RequestFields
    }
  }
}
fragment RequestFields on Request {
  id
  kind
  status
  subject
  body
  context
  options
  answerSchema
  arguments
  priority
  from
  to
  quorum
  approvals
  deadlineAt
  onTimeout
  takenBy
  takenUntil
  decision
  decidedBy
  decidedAt
  answer
  editedArguments
  consumedAt
  createdAt
  task {
    id
    title
  }
  responses {
    responder
    decision
    comment
  }
}` as Document<CancelRequestMutation, CancelRequestMutationVariables>;

export const RequestEvents = `subscription RequestEvents($filter: RequestEventFilter, $after: Cursor) {
  requestEvents(filter: $filter, after: $after) {
    cursor
    op
    actor
    at
    previousStatus
    request {
      ...RequestFields
    }
  }
}
fragment RequestFields on Request {
  id
  kind
  status
  subject
  body
  context
  options
  answerSchema
  arguments
  priority
  from
  to
  quorum
  approvals
  deadlineAt
  onTimeout
  takenBy
  takenUntil
  decision
  decidedBy
  decidedAt
  answer
  editedArguments
  consumedAt
  createdAt
  task {
    id
    title
  }
  responses {
    responder
    decision
    comment
  }
}` as Document<RequestEventsSubscription, RequestEventsSubscriptionVariables>;

export const GetSession = `query GetSession($id: ID!) {
  session(id: $id) {
    ...SessionFields
  }
}
fragment SessionFields on Session {
  id
  title
  status
  summary
  metadata
  createdBy
  createdAt
  lastActivityAt
  completedAt
  participants {
    agentId
    role
  }
}` as Document<GetSessionQuery, GetSessionQueryVariables>;

export const ListSessions = `query ListSessions($filter: SessionFilter, $orderBy: SessionOrder, $first: Int, $after: String) {
  sessions(filter: $filter, orderBy: $orderBy, first: $first, after: $after) {
    edges {
      node {
        ...SessionFields
      }
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
fragment SessionFields on Session {
  id
  title
  status
  summary
  metadata
  createdBy
  createdAt
  lastActivityAt
  completedAt
  participants {
    agentId
    role
  }
}` as Document<ListSessionsQuery, ListSessionsQueryVariables>;

export const CreateSession = `mutation CreateSession($input: CreateSessionInput!) {
  createSession(input: $input) {
    session {
      ...SessionFields
    }
  }
}
fragment SessionFields on Session {
  id
  title
  status
  summary
  metadata
  createdBy
  createdAt
  lastActivityAt
  completedAt
  participants {
    agentId
    role
  }
}` as Document<CreateSessionMutation, CreateSessionMutationVariables>;

export const JoinSession = `mutation JoinSession($input: JoinSessionInput!) {
  joinSession(input: $input) {
    participant {
      agentId
      role
    }
  }
}` as Document<JoinSessionMutation, JoinSessionMutationVariables>;

export const LeaveSession = `mutation LeaveSession($input: LeaveSessionInput!) {
  leaveSession(input: $input) {
    participant {
      agentId
      role
    }
  }
}` as Document<LeaveSessionMutation, LeaveSessionMutationVariables>;

export const CompleteSession = `mutation CompleteSession($input: CompleteSessionInput!) {
  completeSession(input: $input) {
    session {
      ...SessionFields
    }
  }
}
fragment SessionFields on Session {
  id
  title
  status
  summary
  metadata
  createdBy
  createdAt
  lastActivityAt
  completedAt
  participants {
    agentId
    role
  }
}` as Document<CompleteSessionMutation, CompleteSessionMutationVariables>;

export const AppendChunks = `mutation AppendChunks($input: AppendChunksInput!) {
  appendChunks(input: $input) {
    chunks {
      id
      number
    }
  }
}` as Document<AppendChunksMutation, AppendChunksMutationVariables>;

export const RememberInSession = `mutation RememberInSession($input: RememberInSessionInput!) {
  rememberInSession(input: $input) {
    memory {
      id
      key
      type
      content
      tags
      version
    }
  }
}` as Document<RememberInSessionMutation, RememberInSessionMutationVariables>;

export const SaveArtifact = `mutation SaveArtifact($input: SaveArtifactInput!) {
  saveArtifact(input: $input) {
    artifact {
      id
      name
      type
      version
      contentHash
    }
  }
}` as Document<SaveArtifactMutation, SaveArtifactMutationVariables>;

export const SearchSessions = `query SearchSessions($query: String!, $sessionId: ID, $kinds: [SessionSearchKind!], $first: Int, $after: String) {
  searchSessions(
    query: $query
    sessionId: $sessionId
    kinds: $kinds
    first: $first
    after: $after
  ) {
    edges {
      node {
        kind
        rank
        snippet
        session {
          id
          title
        }
        chunk {
          id
          number
        }
        memory {
          id
          key
        }
        artifact {
          id
          name
          version
        }
      }
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}` as Document<SearchSessionsQuery, SearchSessionsQueryVariables>;

export const SessionEvents = `subscription SessionEvents($sessionId: ID, $kinds: [SessionEventKind!], $after: Cursor) {
  sessionEvents(sessionId: $sessionId, kinds: $kinds, after: $after) {
    cursor
    op
    actor
    at
    kind
    sessionId
    chunk {
      id
      number
      author
      format
      content
    }
    memory {
      id
      key
      type
      content
      version
    }
    artifact {
      id
      name
      type
      version
    }
    participant {
      agentId
      role
    }
    task {
      id
      title
      status
    }
  }
}` as Document<SessionEventsSubscription, SessionEventsSubscriptionVariables>;

export const GetTask = `query GetTask($id: ID!) {
  task(id: $id) {
    ...TaskFields
    blockedBy {
      id
      title
      status
    }
  }
}
fragment TaskFields on Task {
  id
  title
  description
  type
  status
  priority
  assignedTo
  assignedInstance
  createdBy
  sessionId
  input
  output
  checkpoint
  metadata
  error
  progress
  progressNote
  githubRepo
  githubIssue
  dueAt
  runAfter
  retryAt
  ready
  attempt
  failures
  maxAttempts
  lostLeases
  fence
  leaseExpiresAt
  startedAt
  finishedAt
  cancelReason
  createdAt
  updatedAt
}` as Document<GetTaskQuery, GetTaskQueryVariables>;

export const ListTasks = `query ListTasks($filter: TaskFilter, $orderBy: TaskOrder, $first: Int, $after: String) {
  tasks(filter: $filter, orderBy: $orderBy, first: $first, after: $after) {
    edges {
      node {
        ...TaskFields
      }
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
fragment TaskFields on Task {
  id
  title
  description
  type
  status
  priority
  assignedTo
  assignedInstance
  createdBy
  sessionId
  input
  output
  checkpoint
  metadata
  error
  progress
  progressNote
  githubRepo
  githubIssue
  dueAt
  runAfter
  retryAt
  ready
  attempt
  failures
  maxAttempts
  lostLeases
  fence
  leaseExpiresAt
  startedAt
  finishedAt
  cancelReason
  createdAt
  updatedAt
}` as Document<ListTasksQuery, ListTasksQueryVariables>;

export const CreateTask = `mutation CreateTask($input: CreateTaskInput!) {
  createTask(input: $input) {
    task {
      ...TaskFields
    }
  }
}
fragment TaskFields on Task {
  id
  title
  description
  type
  status
  priority
  assignedTo
  assignedInstance
  createdBy
  sessionId
  input
  output
  checkpoint
  metadata
  error
  progress
  progressNote
  githubRepo
  githubIssue
  dueAt
  runAfter
  retryAt
  ready
  attempt
  failures
  maxAttempts
  lostLeases
  fence
  leaseExpiresAt
  startedAt
  finishedAt
  cancelReason
  createdAt
  updatedAt
}` as Document<CreateTaskMutation, CreateTaskMutationVariables>;

export const CreateTasks = `mutation CreateTasks($inputs: [CreateTaskInput!]!) {
  createTasks(inputs: $inputs) {
    tasks {
      ...TaskFields
    }
  }
}
fragment TaskFields on Task {
  id
  title
  description
  type
  status
  priority
  assignedTo
  assignedInstance
  createdBy
  sessionId
  input
  output
  checkpoint
  metadata
  error
  progress
  progressNote
  githubRepo
  githubIssue
  dueAt
  runAfter
  retryAt
  ready
  attempt
  failures
  maxAttempts
  lostLeases
  fence
  leaseExpiresAt
  startedAt
  finishedAt
  cancelReason
  createdAt
  updatedAt
}` as Document<CreateTasksMutation, CreateTasksMutationVariables>;

export const ClaimTask = `mutation ClaimTask($input: ClaimTaskInput!) {
  claimTask(input: $input) {
    task {
      ...TaskFields
    }
    lease {
      ...LeaseFields
    }
  }
}
fragment TaskFields on Task {
  id
  title
  description
  type
  status
  priority
  assignedTo
  assignedInstance
  createdBy
  sessionId
  input
  output
  checkpoint
  metadata
  error
  progress
  progressNote
  githubRepo
  githubIssue
  dueAt
  runAfter
  retryAt
  ready
  attempt
  failures
  maxAttempts
  lostLeases
  fence
  leaseExpiresAt
  startedAt
  finishedAt
  cancelReason
  createdAt
  updatedAt
}
fragment LeaseFields on TaskLease {
  token
  fence
  expiresAt
}` as Document<ClaimTaskMutation, ClaimTaskMutationVariables>;

export const RenewLease = `mutation RenewLease($input: RenewLeaseInput!) {
  renewLease(input: $input) {
    lease {
      ...LeaseFields
    }
  }
}
fragment LeaseFields on TaskLease {
  token
  fence
  expiresAt
}` as Document<RenewLeaseMutation, RenewLeaseMutationVariables>;

export const ReportProgress = `mutation ReportProgress($input: ReportProgressInput!) {
  reportProgress(input: $input) {
    lease {
      ...LeaseFields
    }
  }
}
fragment LeaseFields on TaskLease {
  token
  fence
  expiresAt
}` as Document<ReportProgressMutation, ReportProgressMutationVariables>;

export const CompleteTask = `mutation CompleteTask($input: CompleteTaskInput!) {
  completeTask(input: $input) {
    task {
      ...TaskFields
    }
  }
}
fragment TaskFields on Task {
  id
  title
  description
  type
  status
  priority
  assignedTo
  assignedInstance
  createdBy
  sessionId
  input
  output
  checkpoint
  metadata
  error
  progress
  progressNote
  githubRepo
  githubIssue
  dueAt
  runAfter
  retryAt
  ready
  attempt
  failures
  maxAttempts
  lostLeases
  fence
  leaseExpiresAt
  startedAt
  finishedAt
  cancelReason
  createdAt
  updatedAt
}` as Document<CompleteTaskMutation, CompleteTaskMutationVariables>;

export const FailTask = `mutation FailTask($input: FailTaskInput!) {
  failTask(input: $input) {
    task {
      ...TaskFields
    }
  }
}
fragment TaskFields on Task {
  id
  title
  description
  type
  status
  priority
  assignedTo
  assignedInstance
  createdBy
  sessionId
  input
  output
  checkpoint
  metadata
  error
  progress
  progressNote
  githubRepo
  githubIssue
  dueAt
  runAfter
  retryAt
  ready
  attempt
  failures
  maxAttempts
  lostLeases
  fence
  leaseExpiresAt
  startedAt
  finishedAt
  cancelReason
  createdAt
  updatedAt
}` as Document<FailTaskMutation, FailTaskMutationVariables>;

export const ReleaseTask = `mutation ReleaseTask($input: ReleaseTaskInput!) {
  releaseTask(input: $input) {
    task {
      ...TaskFields
    }
  }
}
fragment TaskFields on Task {
  id
  title
  description
  type
  status
  priority
  assignedTo
  assignedInstance
  createdBy
  sessionId
  input
  output
  checkpoint
  metadata
  error
  progress
  progressNote
  githubRepo
  githubIssue
  dueAt
  runAfter
  retryAt
  ready
  attempt
  failures
  maxAttempts
  lostLeases
  fence
  leaseExpiresAt
  startedAt
  finishedAt
  cancelReason
  createdAt
  updatedAt
}` as Document<ReleaseTaskMutation, ReleaseTaskMutationVariables>;

export const CancelTask = `mutation CancelTask($input: CancelTaskInput!) {
  cancelTask(input: $input) {
    task {
      ...TaskFields
    }
  }
}
fragment TaskFields on Task {
  id
  title
  description
  type
  status
  priority
  assignedTo
  assignedInstance
  createdBy
  sessionId
  input
  output
  checkpoint
  metadata
  error
  progress
  progressNote
  githubRepo
  githubIssue
  dueAt
  runAfter
  retryAt
  ready
  attempt
  failures
  maxAttempts
  lostLeases
  fence
  leaseExpiresAt
  startedAt
  finishedAt
  cancelReason
  createdAt
  updatedAt
}` as Document<CancelTaskMutation, CancelTaskMutationVariables>;

export const UpdateTask = `mutation UpdateTask($input: UpdateTaskInput!) {
  updateTask(input: $input) {
    task {
      ...TaskFields
    }
  }
}
fragment TaskFields on Task {
  id
  title
  description
  type
  status
  priority
  assignedTo
  assignedInstance
  createdBy
  sessionId
  input
  output
  checkpoint
  metadata
  error
  progress
  progressNote
  githubRepo
  githubIssue
  dueAt
  runAfter
  retryAt
  ready
  attempt
  failures
  maxAttempts
  lostLeases
  fence
  leaseExpiresAt
  startedAt
  finishedAt
  cancelReason
  createdAt
  updatedAt
}` as Document<UpdateTaskMutation, UpdateTaskMutationVariables>;

export const TaskEvents = `subscription TaskEvents($filter: TaskEventFilter, $after: Cursor) {
  taskEvents(filter: $filter, after: $after) {
    cursor
    op
    actor
    at
    previousStatus
    previousAssignedTo
    task {
      ...TaskFields
    }
  }
}
fragment TaskFields on Task {
  id
  title
  description
  type
  status
  priority
  assignedTo
  assignedInstance
  createdBy
  sessionId
  input
  output
  checkpoint
  metadata
  error
  progress
  progressNote
  githubRepo
  githubIssue
  dueAt
  runAfter
  retryAt
  ready
  attempt
  failures
  maxAttempts
  lostLeases
  fence
  leaseExpiresAt
  startedAt
  finishedAt
  cancelReason
  createdAt
  updatedAt
}` as Document<TaskEventsSubscription, TaskEventsSubscriptionVariables>;

export const Holdings = `subscription Holdings($agent: String!, $after: Cursor) {
  taskEvents(filter: {assignedTo: $agent}, after: $after) {
    cursor
    task {
      id
      status
      fence
      cancelReason
    }
  }
}` as Document<HoldingsSubscription, HoldingsSubscriptionVariables>;
