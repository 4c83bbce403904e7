import type { Database } from '../postgres/database.ts';
import { joinPatiently } from '../postgres/patience.ts';

type Row = Record<string, unknown>;

/** The batch functions of the tasks room: each takes (items jsonb, patient boolean) and answers every item. */
type Verb = 'claim_tasks' | 'renew_leases' | 'report_progress' | 'complete_tasks' | 'fail_tasks' | 'release_tasks';

/** One call of a verb, joined with the concurrent ones; a task that another session has locked holds up its caller alone. */
export function callVerb<Answer extends object = { task: Row }>(
  db: Database,
  verb: Verb,
  item: object,
): Promise<Answer> {
  return joinPatiently(db, verb, item);
}
