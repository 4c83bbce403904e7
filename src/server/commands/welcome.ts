import { join } from 'node:path';
import type { Config } from '../../config.ts';

/** What a person who has just started a hub wants to know: where it is, and three things to try. */
export function welcome({ url, open }: { url: string; open: boolean }, config: Config): string {
  const endpoint = `${url}/graphql`;
  const sql =
    config.databaseUrl === undefined ? `SQL        psql "$(cat ${join(config.rookeryHome, 'database-url')})"\n` : '';
  // In open mode callers name themselves; otherwise their token says who they are.
  const as = (agent: string) => (open ? `-H 'x-agent: ${agent}'` : '-H "authorization: Bearer $ROOKERY_TOKEN"');
  const curl = (agent: string, query: string, options = '') =>
    `  curl ${options}${endpoint} ${as(agent)} -H 'content-type: application/json' -d '{"query":"${query}"}'`;
  return `
Rookery    ${endpoint}
GraphiQL   ${endpoint} in a browser
${sql}
Watch the tasks, and in another terminal create one and claim it:

${curl('watcher', WATCH, "-N -H 'accept: text/event-stream' ")}

${curl('ada', CREATE)}

${curl('jean', CLAIM)}

`;
}

const WATCH = 'subscription { taskEvents { cursor op task { id title status } } }';
const CREATE = 'mutation { createTask(input: { title: \\"Build a nest\\" }) { task { id title status } } }';
const CLAIM = 'mutation { claimTask { task { id title } lease { token expiresAt } } }';
