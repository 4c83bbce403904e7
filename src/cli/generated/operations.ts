// Written by npm run generate:client from schema.graphql and src/cli/operations: change those.
import type { Document } from '../../client/index.ts';

/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
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

/** The queue to drop. */
export type DropQueueInput = {
  /** Its name. */
  queue: string;
};

/** Whether the hub can do its work. */
export type HealthStatus =
  /** Something is missing; see reasons. */
  | 'DEGRADED'
  /** All is well. */
  | 'READY';

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

/** How an entry was found. */
export type KnowledgeMatch =
  /** By the very characters. */
  | 'TEXT'
  /** By a title that is spelled like it. */
  | 'TITLE'
  /** By its words. */
  | 'WORDS';

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

/** Which session to pause. */
export type PauseSessionInput = {
  /** The session. */
  id: string;
};

/** What to read and delete in one. */
export type PopQueueInput = {
  /** At most so many messages, up to 100. */
  quantity?: number;
  /** The queue. */
  queue: string;
};

/** The queue to empty. */
export type PurgeQueueInput = {
  /** Its name. */
  queue: string;
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

/** Which dead letters to send again. */
export type RedriveQueueInput = {
  /** At most so many. */
  limit?: number;
  /** The dead letter queue. */
  queue: string;
  /** Send them to this queue; by default each goes back to where it came from. */
  to?: string | null | undefined;
};

/** Which session to resume. */
export type ResumeSessionInput = {
  /** The session. */
  id: string;
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

/** Where a session is in its life. */
export type SessionStatus =
  /** Going on: those who take part may add to it. */
  | 'ACTIVE'
  /** Ended, for good. */
  | 'COMPLETED'
  /** Nothing may be added until it is resumed. */
  | 'PAUSED';

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

/** Why a task does not move. */
export type TaskWaitReason =
  /** Only one agent may claim it, and has not. */
  | 'ASSIGNEE'
  /** Nothing is in its way: the next agent that claims gets it, by priority. */
  | 'CLAIM'
  /** Another task must be done first. */
  | 'DEPENDENCY'
  /** An agent works on it. */
  | 'HOLDER'
  /** No live agent says that it can do such tasks: none has its type among its capabilities, or has none. */
  | 'NO_AGENT'
  /** Somebody must decide or answer something. */
  | 'REQUEST'
  /** Its time, or the time to try it again, has not come. */
  | 'TIME';

/** What a token allows. */
export type ViewerRole =
  /** Acts as one agent; sees what is addressed to it, to all, and the shared records. */
  | 'AGENT'
  /** Reads everything, writes nothing. */
  | 'OBSERVER'
  /** May do everything. */
  | 'OPERATOR';

export type BeatMutationVariables = Exact<{
  input: HeartbeatInput;
}>;


export type BeatMutation = { heartbeat: { nextBeatInSeconds: number, serverTime: string, signals: { unread: number, urgent: number, answers: number, cancelled: Array<string>, leasesLost: Array<string> } | null } };

export type ListStandupsQueryVariables = Exact<{
  agent?: string | null | undefined;
  since?: string | null | undefined;
  first?: number | null | undefined;
}>;


export type ListStandupsQuery = { standups: { edges: Array<{ node: { id: string, agentId: string, status: string | null, currentTask: string | null, blockers: string | null, nextActions: string | null, createdAt: string } }> } };

export type StandupEventsSubscriptionVariables = Exact<{
  after?: string | null | undefined;
}>;


export type StandupEventsSubscription = { standupEvents: { cursor: string, op: ChangeOp, actor: string, at: string, standup: { id: string, agentId: string, status: string | null, currentTask: string | null, blockers: string | null, nextActions: string | null } } };

export type HealthQueryVariables = Exact<{ [key: string]: never; }>;


export type HealthQuery = { health: { status: HealthStatus, reasons: Array<string>, database: boolean, migrated: boolean, listening: boolean, version: string, uptimeSeconds: number } };

export type RecallQueryVariables = Exact<{
  query: string;
  agent?: string | null | undefined;
  category?: string | null | undefined;
  tags?: Array<string> | string | null | undefined;
  first?: number | null | undefined;
}>;


export type RecallQuery = { searchKnowledge: { edges: Array<{ node: { snippet: string, rank: number, matchedBy: KnowledgeMatch, entry: { id: string, agent: string, category: string | null, title: string, content: string, tags: Array<string>, createdAt: string, updatedAt: string } | null } }> } };

export type LearnMutationVariables = Exact<{
  input: RecordKnowledgeInput;
}>;


export type LearnMutation = { recordKnowledge: { entry: { id: string, agent: string, category: string | null, title: string, content: string, tags: Array<string>, createdAt: string } } };

export type GetKnowledgeQueryVariables = Exact<{
  id: string;
}>;


export type GetKnowledgeQuery = { knowledge: { id: string, agent: string, category: string | null, title: string, content: string, tags: Array<string>, metadata: unknown, createdAt: string, updatedAt: string, supersededAt: string | null, supersededBy: { id: string } | null } | null };

export type KnowledgeEventsSubscriptionVariables = Exact<{
  after?: string | null | undefined;
}>;


export type KnowledgeEventsSubscription = { knowledgeEvents: { cursor: string, op: ChangeOp, actor: string, at: string, entry: { id: string, agent: string, category: string | null, title: string } } };

export type SendMutationVariables = Exact<{
  input: SendMessageInput;
}>;


export type SendMutation = { sendMessage: { message: { id: string, from: string, to: string | null, type: string, content: string, metadata: unknown, threadId: string, createdAt: string, deliveredAt: string | null, readAt: string | null, acknowledgedAt: string | null, toAgent: { id: string } | null } } };

export type GetMessageQueryVariables = Exact<{
  id: string;
}>;


export type GetMessageQuery = { message: { id: string, from: string, to: string | null, type: string, content: string, metadata: unknown, threadId: string, createdAt: string, deliveredAt: string | null, readAt: string | null, acknowledgedAt: string | null } | null };

export type PrimeQueryVariables = Exact<{
  me?: string | null | undefined;
  ready?: TaskFilter | null | undefined;
}>;


export type PrimeQuery = { viewer: { agentId: string | null, role: ViewerRole, agent: { unreadCount: number | null } | null }, requestCounts: { forMe: number, unseen: number }, held: { edges: Array<{ node: { id: string, title: string, leaseExpiresAt: string | null } }> }, ready: { edges: Array<{ node: { id: string, title: string, type: string, priority: number, assignedTo: string | null } }> } };

export type PopQueueMutationVariables = Exact<{
  input: PopQueueInput;
}>;


export type PopQueueMutation = { popQueue: { messages: Array<{ id: string, queue: string, body: unknown, headers: unknown, group: string | null, readCount: number, sentBy: string | null, sentAt: string }> } };

export type PurgeQueueMutationVariables = Exact<{
  input: PurgeQueueInput;
}>;


export type PurgeQueueMutation = { purgeQueue: { purged: number } };

export type DropQueueMutationVariables = Exact<{
  input: DropQueueInput;
}>;


export type DropQueueMutation = { dropQueue: { name: string, purged: number } };

export type RedriveQueueMutationVariables = Exact<{
  input: RedriveQueueInput;
}>;


export type RedriveQueueMutation = { redriveQueue: { redriven: number } };

export type ReadSessionQueryVariables = Exact<{
  id: string;
  last?: number | null | undefined;
}>;


export type ReadSessionQuery = { session: { id: string, title: string, status: SessionStatus, summary: string | null, createdBy: string, createdAt: string, lastActivityAt: string, participants: Array<{ agentId: string, role: string }>, chunks: { edges: Array<{ node: { id: string, number: number, author: string, format: ChunkFormat, content: string, createdAt: string } }> }, memories: { edges: Array<{ node: { id: string, key: string, type: MemoryType, content: unknown, tags: Array<string>, version: number } }> }, artifacts: { edges: Array<{ node: { id: string, name: string, type: ArtifactType, version: number } }> } } | null };

export type PauseSessionMutationVariables = Exact<{
  input: PauseSessionInput;
}>;


export type PauseSessionMutation = { pauseSession: { session: { id: string, title: string, status: SessionStatus } } };

export type ResumeSessionMutationVariables = Exact<{
  input: ResumeSessionInput;
}>;


export type ResumeSessionMutation = { resumeSession: { session: { id: string, title: string, status: SessionStatus } } };

export type StateEventsSubscriptionVariables = Exact<{
  prefix?: string | null | undefined;
  after?: string | null | undefined;
}>;


export type StateEventsSubscription = { stateEvents: { cursor: string, op: ChangeOp, actor: string, at: string, state: { key: string, value: unknown, version: number } } };

export type ShowTaskQueryVariables = Exact<{
  id: string;
}>;


export type ShowTaskQuery = { task: { id: string, title: string, description: string | null, type: string, status: TaskStatus, priority: number, assignedTo: string | null, assignedInstance: string | null, createdBy: string, sessionId: string | null, input: unknown, output: unknown, checkpoint: unknown, metadata: unknown, error: string | null, progress: number | null, progressNote: string | null, githubRepo: string | null, githubIssue: number | null, dueAt: string | null, runAfter: string | null, retryAt: string | null, ready: boolean, attempt: number, failures: number, maxAttempts: number, lostLeases: number, fence: number, leaseExpiresAt: string | null, startedAt: string | null, finishedAt: string | null, cancelReason: string | null, createdAt: string, updatedAt: string, waitingOn: Array<{ reason: TaskWaitReason, text: string }>, blockedBy: Array<{ id: string, title: string, status: TaskStatus }> } | null };

export const Beat = `mutation Beat($input: HeartbeatInput!) {
  heartbeat(input: $input) {
    nextBeatInSeconds
    serverTime
    signals {
      unread
      urgent
      answers
      cancelled
      leasesLost
    }
  }
}` as Document<BeatMutation, BeatMutationVariables>;

export const ListStandups = `query ListStandups($agent: ID, $since: DateTime, $first: Int) {
  standups(agent: $agent, since: $since, first: $first) {
    edges {
      node {
        id
        agentId
        status
        currentTask
        blockers
        nextActions
        createdAt
      }
    }
  }
}` as Document<ListStandupsQuery, ListStandupsQueryVariables>;

export const StandupEvents = `subscription StandupEvents($after: Cursor) {
  standupEvents(after: $after) {
    cursor
    op
    actor
    at
    standup {
      id
      agentId
      status
      currentTask
      blockers
      nextActions
    }
  }
}` as Document<StandupEventsSubscription, StandupEventsSubscriptionVariables>;

export const Health = `query Health {
  health {
    status
    reasons
    database
    migrated
    listening
    version
    uptimeSeconds
  }
}` as Document<HealthQuery, HealthQueryVariables>;

export const Recall = `query Recall($query: String!, $agent: String, $category: String, $tags: [String!], $first: Int) {
  searchKnowledge(
    query: $query
    agent: $agent
    category: $category
    tags: $tags
    first: $first
  ) {
    edges {
      node {
        snippet
        rank
        matchedBy
        entry {
          id
          agent
          category
          title
          content
          tags
          createdAt
          updatedAt
        }
      }
    }
  }
}` as Document<RecallQuery, RecallQueryVariables>;

export const Learn = `mutation Learn($input: RecordKnowledgeInput!) {
  recordKnowledge(input: $input) {
    entry {
      id
      agent
      category
      title
      content
      tags
      createdAt
    }
  }
}` as Document<LearnMutation, LearnMutationVariables>;

export const GetKnowledge = `query GetKnowledge($id: ID!) {
  knowledge(id: $id) {
    id
    agent
    category
    title
    content
    tags
    metadata
    createdAt
    updatedAt
    supersededAt
    supersededBy {
      id
    }
  }
}` as Document<GetKnowledgeQuery, GetKnowledgeQueryVariables>;

export const KnowledgeEvents = `subscription KnowledgeEvents($after: Cursor) {
  knowledgeEvents(after: $after) {
    cursor
    op
    actor
    at
    entry {
      id
      agent
      category
      title
    }
  }
}` as Document<KnowledgeEventsSubscription, KnowledgeEventsSubscriptionVariables>;

export const Send = `mutation Send($input: SendMessageInput!) {
  sendMessage(input: $input) {
    message {
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
      toAgent {
        id
      }
    }
  }
}` as Document<SendMutation, SendMutationVariables>;

export const GetMessage = `query GetMessage($id: ID!) {
  message(id: $id) {
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
  }
}` as Document<GetMessageQuery, GetMessageQueryVariables>;

export const Prime = `query Prime($me: String, $ready: TaskFilter) {
  viewer {
    agentId
    role
    agent {
      unreadCount
    }
  }
  requestCounts {
    forMe
    unseen
  }
  held: tasks(
    filter: {assignedTo: $me, statuses: [CLAIMED, IN_PROGRESS]}
    first: 5
  ) {
    edges {
      node {
        id
        title
        leaseExpiresAt
      }
    }
  }
  ready: tasks(filter: $ready, orderBy: QUEUE, first: 5) {
    edges {
      node {
        id
        title
        type
        priority
        assignedTo
      }
    }
  }
}` as Document<PrimeQuery, PrimeQueryVariables>;

export const PopQueue = `mutation PopQueue($input: PopQueueInput!) {
  popQueue(input: $input) {
    messages {
      id
      queue
      body
      headers
      group
      readCount
      sentBy
      sentAt
    }
  }
}` as Document<PopQueueMutation, PopQueueMutationVariables>;

export const PurgeQueue = `mutation PurgeQueue($input: PurgeQueueInput!) {
  purgeQueue(input: $input) {
    purged
  }
}` as Document<PurgeQueueMutation, PurgeQueueMutationVariables>;

export const DropQueue = `mutation DropQueue($input: DropQueueInput!) {
  dropQueue(input: $input) {
    name
    purged
  }
}` as Document<DropQueueMutation, DropQueueMutationVariables>;

export const RedriveQueue = `mutation RedriveQueue($input: RedriveQueueInput!) {
  redriveQueue(input: $input) {
    redriven
  }
}` as Document<RedriveQueueMutation, RedriveQueueMutationVariables>;

export const ReadSession = `query ReadSession($id: ID!, $last: Int) {
  session(id: $id) {
    id
    title
    status
    summary
    createdBy
    createdAt
    lastActivityAt
    participants {
      agentId
      role
    }
    chunks(last: $last) {
      edges {
        node {
          id
          number
          author
          format
          content
          createdAt
        }
      }
    }
    memories(first: 50) {
      edges {
        node {
          id
          key
          type
          content
          tags
          version
        }
      }
    }
    artifacts(first: 50) {
      edges {
        node {
          id
          name
          type
          version
        }
      }
    }
  }
}` as Document<ReadSessionQuery, ReadSessionQueryVariables>;

export const PauseSession = `mutation PauseSession($input: PauseSessionInput!) {
  pauseSession(input: $input) {
    session {
      id
      title
      status
    }
  }
}` as Document<PauseSessionMutation, PauseSessionMutationVariables>;

export const ResumeSession = `mutation ResumeSession($input: ResumeSessionInput!) {
  resumeSession(input: $input) {
    session {
      id
      title
      status
    }
  }
}` as Document<ResumeSessionMutation, ResumeSessionMutationVariables>;

export const StateEvents = `subscription StateEvents($prefix: String, $after: Cursor) {
  stateEvents(prefix: $prefix, after: $after) {
    cursor
    op
    actor
    at
    state {
      key
      value
      version
    }
  }
}` as Document<StateEventsSubscription, StateEventsSubscriptionVariables>;

export const ShowTask = `query ShowTask($id: ID!) {
  task(id: $id) {
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
    waitingOn {
      reason
      text
    }
    blockedBy {
      id
      title
      status
    }
  }
}` as Document<ShowTaskQuery, ShowTaskQueryVariables>;
