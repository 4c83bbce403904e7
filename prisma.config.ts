import { defineConfig } from 'prisma/config';

/**
 * For Prisma's own command line, where somebody has it (`prisma migrate status`, `prisma studio`). The hub needs none of
 * it: it applies the migrations itself, and leaves the history as Prisma would.
 */
export default defineConfig({
  schema: 'prisma',
  migrations: { path: 'prisma/migrations' },
  datasource: { url: process.env['DATABASE_URL'] ?? '' },
});
