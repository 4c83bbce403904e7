import { z } from 'zod';
import { builder } from '../graphql/builder.ts';
import { requireViewer } from '../graphql/context.ts';
import { grantRole, readRoles, revokeRole } from './audiences.ts';

const ROLE = z
  .string()
  .regex(/^[a-z][a-z0-9_.-]{0,62}$/, 'lower-case letters, digits and _ . -, at most 63, a letter first');
const HOLDER = z
  .string()
  .regex(/^[^\p{Cc}]{1,255}$/u, '1 to 255 characters, no control characters')
  .refine((name) => !['*', 'operator', 'hub'].includes(name) && !name.startsWith('role:'), 'name an agent or a person');

const RoleGrant = builder.prismaObject('RoleGrant', {
  description: 'A role that an agent, or a person, holds: what is asked of role:<name> is its to see and to decide.',
  fields: (t) => ({
    role: t.exposeString('role', { description: 'The role, e.g. dba: ask `to: "role:dba"`.' }),
    agent: t.exposeID('agentId', { description: 'Who holds it.' }),
    grantedBy: t.exposeString('grantedBy', { description: 'Who gave it: an agent, operator, or a database role.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'Since when.' }),
  }),
});

/** GrantRoleInput, RevokeRoleInput: one role of one agent. */
const roleInput = (name: string, description: string) =>
  builder.inputType(name, {
    description,
    fields: (t) => ({
      role: t.string({
        required: true,
        description: 'The role: lower-case letters, digits and _ . -, at most 63, a letter first.',
        validate: ROLE,
      }),
      agent: t.id({ required: true, description: 'The agent or person, registered or not.', validate: HOLDER }),
    }),
  });

const GrantRolePayload = builder.objectRef<{ grant: typeof RoleGrant.$inferType }>('GrantRolePayload').implement({
  description: 'The result of grantRole.',
  fields: (t) => ({ grant: t.expose('grant', { type: RoleGrant, description: 'The grant.' }) }),
});

const RevokeRolePayload = builder.objectRef<{ revoked: boolean }>('RevokeRolePayload').implement({
  description: 'The result of revokeRole.',
  fields: (t) => ({ revoked: t.exposeBoolean('revoked', { description: 'False when it did not hold that role.' }) }),
});

builder.queryField('roleGrants', (t) =>
  t.field({
    type: [RoleGrant],
    description: 'Who holds which role, by role and name; at most 1,000.',
    authScopes: { read: true },
    args: {
      role: t.arg.string({ description: 'Of this role; by default of all.' }),
      agent: t.arg.id({ description: 'Of this agent or person; by default of all.' }),
    },
    resolve: (_root, { role, agent }, { db }) => readRoles(db, { role, agent: agent == null ? null : String(agent) }),
  }),
);

builder.mutationFields((t) => ({
  grantRole: t.field({
    type: GrantRolePayload,
    description:
      'Gives an agent or a person a role. From then on it may see and decide what is asked of that role, also what was asked before. Again is no error. Errors: BAD_INPUT.',
    authScopes: { operate: true },
    args: {
      input: t.arg({
        type: roleInput('GrantRoleInput', 'Which role, and to whom.'),
        required: true,
        description: 'The grant.',
      }),
    },
    resolve: async (_root, { input: { role, agent } }, context) => ({
      grant: await grantRole(context.db, requireViewer(context), { role, agent: String(agent) }),
    }),
  }),
  revokeRole: t.field({
    type: RevokeRolePayload,
    description:
      'Takes a role away. What it has decided stays decided; what waits for a role that nobody holds is left to operators, who find it among all that is pending, not in forMe. Errors: BAD_INPUT.',
    authScopes: { operate: true },
    args: {
      input: t.arg({
        type: roleInput('RevokeRoleInput', 'Which role, and whose.'),
        required: true,
        description: 'The grant to take back.',
      }),
    },
    resolve: async (_root, { input: { role, agent } }, context) => ({
      revoked: await revokeRole(context.db, requireViewer(context), { role, agent: String(agent) }),
    }),
  }),
}));
