import { builder } from '../graphql/builder.ts';
// The list of rooms: each adds its types and fields to the builder.
import '../agents/schema.ts';
import '../knowledge/schema.ts';
import '../messages/schema.ts';
import '../operations/schema.ts';
import '../queues/schema.ts';
import '../requests/schema.ts';
import '../sessions/schema.ts';
import '../state/schema.ts';
import '../tasks/schema.ts';
import '../telemetry/schema.ts';
import './queries.ts';
// Last: adds to the payloads of all of them.
import './signals.ts';

export const schema = builder.toSchema();
