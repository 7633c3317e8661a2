import { randomBytes } from 'node:crypto';
import type { z } from 'zod';
import type { UserRecord } from '../core/users.ts';
import { randomBase62 } from '../lib/apikey/base62.ts';
import { hashPassword } from '../lib/password/argon2.ts';
import { normalPassword, passwordFault } from '../lib/password/password-rules.ts';
import { foldUserName, userNameFault } from '../lib/text/user-name.ts';
import { instantOf } from './instants.ts';
import { Problem } from './operation.ts';
import type { ControlServices } from './services.ts';
import type { changeUserBody, createUserBody, userFilter, userView } from './user-schemas.ts';

/** 130 bits. */
const ID_CHARS = 22;

/** What may be shown of a user. */
export function viewOfUser(user: UserRecord): z.input<typeof userView> {
  return {
    id: user.id,
    name: user.name,
    email: user.email,
    displayName: user.displayName,
    roles: [...user.roles],
    ...user.attributes,
    status: user.disabledAtMs === 0 ? 'active' : 'disabled',
    hasPassword: user.passwordHash !== '',
    hasSecondFactor: user.totpSecret !== '',
    isTotpRequired: user.isTotpRequired,
    createdAt: new Date(user.createdAtMs).toISOString(),
    disabledAt: instantOf(user.disabledAtMs),
    lastLoginAt: instantOf(user.lastLoginAtMs),
  };
}

const noSuchUser = (user: string) =>
  new Problem(404, 'not_found', `There is no user ${user}: \`portcullis user list\` shows all of them.`);

const invalid = (sentence: string) => new Problem(422, 'invalid_input', sentence);

/** Finds a user by id, else by name. */
async function findUser({ users }: ControlServices, user: string): Promise<UserRecord | null> {
  return (await users.find(user)) ?? users.findByName(foldUserName(user));
}

type Named = Pick<UserRecord, 'name' | 'email' | 'displayName'>;

function faultOfPassword(
  services: ControlServices,
  password: string,
  { name, email, displayName }: Named,
): string {
  const { minChars, place } = services.passwordPolicy();
  return passwordFault(password, { minChars, knownWords: [name, email, displayName, place] });
}

function hashOf(services: ControlServices, password: string): Promise<string> {
  return hashPassword(normalPassword(password), services.passwordPolicy().cost, randomBytes);
}

/** Creates a user with a password. */
export async function createUser(services: ControlServices, body: z.output<typeof createUserBody>) {
  const { name, email, displayName, department, clearance, tenant, password, ...rest } = body;
  const fault = userNameFault(name) || faultOfPassword(services, password, body);
  if (fault !== '') return invalid(fault);
  const record: UserRecord = {
    id: randomBase62(ID_CHARS, randomBytes),
    name: name.normalize('NFKC'),
    nameKey: foldUserName(name),
    email,
    isEmailVerified: email !== '',
    displayName,
    ...rest,
    attributes: { department, clearance, tenant },
    passwordHash: await hashOf(services, password),
    totpSecret: '',
    createdAtMs: services.clock.nowMs(),
    disabledAtMs: 0,
    credentialsChangedAtMs: 0,
    lastLoginAtMs: 0,
  };
  if (await services.users.create(record)) return viewOfUser(record);
  return new Problem(
    409,
    'name_taken',
    `There is a user ${record.name} already, in this or another spelling.`,
  );
}

/** Lists users by name, a page at a time. */
export async function listUsers({ users }: ControlServices, query: z.output<typeof userFilter>) {
  const { beginning, after, limit } = query;
  const found = await users.list({ namePrefix: foldUserName(beginning), after, limit });
  const next = found.length < limit ? '' : (found.at(-1)?.nameKey ?? '');
  return { users: found.map(viewOfUser), next };
}

/** Shows one user. */
export async function showUser(services: ControlServices, user: string) {
  const found = await findUser(services, user);
  if (found === null) return noSuchUser(user);
  return { ...viewOfUser(found), recoveryCodes: await services.users.countRecoveryCodes(found.id) };
}

/** Changes what is given. */
export async function changeUser(
  services: ControlServices,
  user: string,
  body: z.output<typeof changeUserBody>,
) {
  const found = await findUser(services, user);
  if (found === null) return noSuchUser(user);
  const { department, clearance, tenant, email, ...rest } = body;
  const { attributes } = found;
  const changes = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
  const changed = await services.users.update(found.id, {
    ...changes,
    ...(email === undefined ? {} : { email, isEmailVerified: email !== '' }),
    attributes: {
      department: department ?? attributes.department,
      clearance: clearance ?? attributes.clearance,
      tenant: tenant ?? attributes.tenant,
    },
  });
  return changed === null ? noSuchUser(user) : viewOfUser(changed);
}

/** Lets a user sign in no more, which ends sessions and refresh tokens; or again, which ends a pause after failures. */
export async function switchUser(services: ControlServices, user: string, isDisabled: boolean) {
  const found = await findUser(services, user);
  if (found === null) return noSuchUser(user);
  const nowMs = services.clock.nowMs();
  const changes = isDisabled
    ? { disabledAtMs: found.disabledAtMs || Math.max(1, nowMs), credentialsChangedAtMs: nowMs }
    : { disabledAtMs: 0 };
  if (!isDisabled) await services.users.clearAttempts(found.id);
  return endedFor(services, user, await services.users.update(found.id, changes), isDisabled);
}

/** Sets another password. What was signed in with the old one ends. */
export async function setUserPassword(services: ControlServices, user: string, password: string) {
  const found = await findUser(services, user);
  if (found === null) return noSuchUser(user);
  const fault = faultOfPassword(services, password, found);
  if (fault !== '') return invalid(fault);
  const passwordHash = await hashOf(services, password);
  const changes = { passwordHash, credentialsChangedAtMs: services.clock.nowMs() };
  await services.users.clearAttempts(found.id);
  return endedFor(services, user, await services.users.update(found.id, changes), true);
}

/** Takes the second factor away; the user enrols another one where one is required. */
export async function resetUserTotp(services: ControlServices, user: string) {
  const found = await findUser(services, user);
  if (found === null) return noSuchUser(user);
  const changed = await services.users.resetSecondFactor(found.id, services.clock.nowMs());
  return endedFor(services, user, changed, true);
}

/** Deletes a user. */
export async function deleteUser(services: ControlServices, user: string) {
  const found = await findUser(services, user);
  if (found === null || !(await services.users.delete(found.id))) return noSuchUser(user);
  await services.endSessions(found.id);
  return { id: found.id, name: found.name };
}

async function endedFor(
  services: ControlServices,
  user: string,
  changed: UserRecord | null,
  isEnding: boolean,
) {
  if (changed === null) return noSuchUser(user);
  if (isEnding) await services.endSessions(changed.id);
  return viewOfUser(changed);
}
