import type { PrismaClient } from '../postgres/generated/client.ts';
import { getDatamodel } from './generated/pothos.ts';

const clients = new WeakMap<PrismaClient, PrismaClient>();

/**
 * The client by which relations of a record at hand are read. The record of an event may have been deleted since, and of
 * a DELETE it surely is: its lists are then empty and its relations null, and the event still arrives.
 */
export function relationsClient(prisma: PrismaClient): PrismaClient {
  let client = clients.get(prisma);
  if (client === undefined) {
    client = prisma.$extends({
      query: {
        $allModels: {
          findUniqueOrThrow: ({ model, args, query }) =>
            query(args).catch((error: { code?: string }) => {
              if (error.code !== 'P2025') throw error;
              return withoutRelations(model, args.select ?? (args as { include?: object }).include ?? {});
            }),
        },
      },
    }) as unknown as PrismaClient;
    clients.set(prisma, client);
  }
  return client;
}

/** What remains of a record that is gone: of what was selected, the relations, as those of nothing. */
function withoutRelations(model: string, selected: object): never {
  const relations = getDatamodel().datamodel.models[model]!.fields.filter(
    ({ kind, name }) => kind === 'object' && name in selected,
  );
  return Object.fromEntries(relations.map(({ name, isList }) => [name, isList ? [] : null])) as never;
}
