import type { Ways } from '../client/briefing.ts';

/** How the briefing's things are done with the tools of this server. */
export const WAYS: Ways = {
  start: '`start`',
  beat: '`beat`',
  claim: '`claim`',
  progress: '`progress`',
  done: '`finish` with outcome done',
  fail: '`finish` with outcome failed',
  release: '`finish` with outcome released',
  create: '`create_task`',
  send: '`send`',
  inbox: '`inbox`',
  read: '`inbox` with markRead',
  ask: '`ask_human`',
  learn: '`remember`',
  recall: '`recall`',
  session: '`session`',
  queue: '`queue`',
  why: '`status` with task',
  lease: '`claim` answers with a `leaseToken`: keep it, and give it to `progress` and `finish`.',
  leaseLasts: '10 minutes',
};
