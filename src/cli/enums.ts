/** What options with a closed set of values take, by the name the schema has for it; in the order in which help shows them. */
export const ENUMS = {
  TaskStatus: ['OPEN', 'BLOCKED', 'CLAIMED', 'IN_PROGRESS', 'DONE', 'FAILED', 'CANCELLED'],
  AgentLiveness: ['ONLINE', 'LATE', 'STALE', 'OFFLINE'],
  AgentStatus: ['ONLINE', 'BUSY', 'OFFLINE', 'ERROR'],
  RequestKind: ['QUESTION', 'APPROVAL', 'HELP'],
  RequestTimeout: ['WAIT', 'REJECT', 'APPROVE', 'ESCALATE'],
  SessionStatus: ['ACTIVE', 'PAUSED', 'COMPLETED'],
  ChunkFormat: ['TRANSCRIPT', 'SUMMARY', 'DIALOGUE'],
  MemoryType: ['FACT', 'DECISION', 'IDEA', 'QUESTION', 'ACTION_ITEM', 'RISK', 'PREFERENCE', 'CONTEXT'],
  ArtifactType: ['DOCUMENT', 'CODE', 'PRD', 'REPORT', 'RESEARCH'],
} as const;

type Enums = typeof ENUMS;
/** One of the values of a set. */
export type Choice<Name extends keyof Enums> = Enums[Name][number];
