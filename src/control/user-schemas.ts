import { z } from 'zod';
import { instant } from './instants.ts';

const text = (most: number): z.ZodString => z.string().trim().max(most);
const role = z.string().min(1).max(200);
const email = z
  .union([z.literal(''), z.email('that is not an e-mail address').max(254)])
  .describe('E-mail address, taken for verified; empty for none.');

const attributes = {
  department: text(200).describe('Department, for policies.'),
  clearance: text(200).describe('Clearance, for policies.'),
  tenant: text(200).describe('Tenant, for policies.'),
};

const password = z.string().min(1).max(1024).describe('The password, at rest as an Argon2id hash.');
const isTotpRequired = z
  .boolean()
  .describe('Whether the user must have a second factor, whatever is demanded of others.');

/** What a new user is. */
export const createUserBody = z.strictObject({
  name: z.string().min(1).max(256).describe('User name; compared without regard to case.'),
  email: email.default(''),
  displayName: text(200).default('').describe('Name as people write it.'),
  roles: z.array(role).max(100).default([]).describe('Roles in access tokens.'),
  department: attributes.department.default(''),
  clearance: attributes.clearance.default(''),
  tenant: attributes.tenant.default(''),
  isTotpRequired: isTotpRequired.default(false),
  password,
});

/** What may be changed of a user; what is absent stays. */
export const changeUserBody = z.strictObject({
  email: email.optional(),
  displayName: text(200).optional().describe('Name as people write it.'),
  roles: z.array(role).max(100).optional().describe('Roles in access tokens from the next one on.'),
  department: attributes.department.optional(),
  clearance: attributes.clearance.optional(),
  tenant: attributes.tenant.optional(),
  isTotpRequired: isTotpRequired.optional(),
});

export const passwordBody = z.strictObject({ password });

/** The id of a user, or the name. */
export const userParams = z.strictObject({
  user: z.string().min(1).max(300).describe('Id of the user, or the user name.'),
});

export const userFilter = z.strictObject({
  beginning: z.string().max(128).default('').describe('Beginning of the user name; empty for all.'),
  after: z.string().max(300).default('').describe('`next` of the page before.'),
  limit: z.coerce.number().int().min(1).max(1000).default(100).describe('Users at most.'),
});

/** What may be shown of a user: neither hash nor secret. */
export const userView = z.object({
  id: z.string().describe('The `sub` of tokens.'),
  name: z.string(),
  email: z.string(),
  displayName: z.string(),
  roles: z.array(z.string()),
  department: z.string(),
  clearance: z.string(),
  tenant: z.string(),
  status: z.enum(['active', 'disabled']),
  hasPassword: z.boolean().describe('False for users who sign in with another provider.'),
  hasSecondFactor: z.boolean(),
  isTotpRequired: z.boolean(),
  createdAt: instant,
  disabledAt: instant.nullable(),
  lastLoginAt: instant.nullable().describe('Null: never.'),
});

export const userList = z.object({
  users: z.array(userView),
  next: z.string().describe('`after` of the next page; empty when this is the last.'),
});

export const userDetails = userView.extend({
  recoveryCodes: z.int().describe('Recovery codes that are left.'),
});

export const deletedUser = z.object({ id: z.string(), name: z.string() });
