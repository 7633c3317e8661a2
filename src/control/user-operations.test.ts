import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openTestServices, START_MS, type TestServices } from '../../test/support/control-services.ts';
import { matchesPassword } from '../lib/password/argon2.ts';
import { Problem, runOperation } from './operation.ts';
import { OPERATIONS, type OperationId, type ResultOf } from './operations.ts';

const GOOD = 'tin roof rusted again';
let world: TestServices;

beforeEach(async () => {
  world = await openTestServices();
});
afterEach(() => world.close());

async function attempt(id: OperationId, input: object = {}): Promise<unknown> {
  return runOperation(OPERATIONS[id], world.services, input);
}

async function run<Id extends OperationId>(id: Id, input: object = {}): Promise<ResultOf<Id>> {
  const result = await attempt(id, input);
  if (result instanceof Problem) throw new Error(`${result.error}: ${result.message}`);
  return result as ResultOf<Id>;
}

const create = (name: string, more: object = {}) =>
  run('createUser', { body: { name, password: GOOD, ...more } });
const of = (user: string) => ({ params: { user } });

describe('createUser', () => {
  test('keeps a user with a hash of the password, and shows neither', async () => {
    const user = await create('Alice', { email: 'alice@example.com', roles: ['customer'], tenant: 'acme' });
    expect(user).toEqual({
      id: expect.stringMatching(/^[0-9A-Za-z]{22}$/),
      name: 'Alice',
      email: 'alice@example.com',
      displayName: '',
      roles: ['customer'],
      department: '',
      clearance: '',
      tenant: 'acme',
      status: 'active',
      hasPassword: true,
      hasSecondFactor: false,
      isTotpRequired: false,
      createdAt: new Date(START_MS).toISOString(),
      disabledAt: null,
      lastLoginAt: null,
    });
    const stored = await world.services.users.find(user.id);
    expect(stored?.passwordHash).toMatch(/^\$argon2id\$/);
    expect(await matchesPassword(GOOD, stored?.passwordHash ?? '')).toBe(true);
  });

  test.each([
    ['alice', {}, 409, /already/],
    ['ALICE', {}, 409, /already/],
    ['ａｌｉｃｅ', {}, 409, /already/],
    ['аlice', {}, 422, /one alphabet/],
    ['bob', { password: 'short' }, 422, /at least 12/],
    ['bobby', { password: 'Bobby2026!!!' }, 422, /others know/],
    ['bob', { email: 'nonsense' }, 422, /e-mail address/],
    ['bob', { isAdmin: true }, 422, /isAdmin/],
  ])('refuses %s with %j', async (name, more, status, sentence) => {
    await create('alice');
    const problem = await attempt('createUser', { body: { name, password: GOOD, ...more } });
    expect(problem).toBeInstanceOf(Problem);
    expect(problem).toMatchObject({ status, message: expect.stringMatching(sentence) });
    expect(JSON.stringify(problem)).not.toContain('short"');
  });
});

describe('users', () => {
  test('are found by id and by name in any case', async () => {
    const { id } = await create('Alice');
    for (const user of [id, 'alice', 'ALICE']) expect((await run('getUser', of(user))).id).toBe(id);
    expect(await attempt('getUser', of('bob'))).toMatchObject({ status: 404 });
  });

  test('are listed in pages', async () => {
    for (const name of ['carol', 'alice', 'bob']) await create(name);
    const first = await run('listUsers', { query: { limit: 2 } });
    expect(first.users.map(({ name }) => name)).toEqual(['alice', 'bob']);
    const second = await run('listUsers', { query: { limit: 2, after: first.next } });
    expect(second.users.map(({ name }) => name)).toEqual(['carol']);
    expect(second.next).toBe('');
  });

  test('change in what is given', async () => {
    await create('alice', { roles: ['a'], department: 'sales', tenant: 'acme' });
    const changed = await run('changeUser', { ...of('alice'), body: { roles: [], tenant: '' } });
    expect(changed).toMatchObject({ roles: [], department: 'sales', tenant: '' });
    expect(world.ended).toEqual([]);
  });

  test('that are disabled lose what they were given, and keep the first instant', async () => {
    const { id } = await create('alice');
    const disabled = await run('disableUser', of('alice'));
    expect(disabled).toMatchObject({ status: 'disabled', disabledAt: new Date(START_MS).toISOString() });
    world.nowMs += 5_000;
    expect((await run('disableUser', of('alice'))).disabledAt).toBe(disabled.disabledAt);
    expect(world.ended).toEqual([id, id]);
    expect((await world.services.users.find(id))?.credentialsChangedAtMs).toBe(world.nowMs);
    expect(await run('enableUser', of('alice'))).toMatchObject({ status: 'active', disabledAt: null });
  });

  test('get another password, which ends what the old one opened', async () => {
    const { id } = await create('alice');
    world.nowMs += 1_000;
    expect(await attempt('setUserPassword', { ...of('alice'), body: { password: 'x' } })).toMatchObject({
      status: 422,
    });
    expect(world.ended).toEqual([]);
    await run('setUserPassword', { ...of('alice'), body: { password: 'another long phrase' } });
    const stored = await world.services.users.find(id);
    expect(await matchesPassword('another long phrase', stored?.passwordHash ?? '')).toBe(true);
    expect(stored?.credentialsChangedAtMs).toBe(world.nowMs);
    expect(world.ended).toEqual([id]);
  });

  test.each([
    ['enableUser', {}],
    ['setUserPassword', { body: { password: 'another long phrase' } }],
  ] as const)('are not paused any more after %s', async (operation, input) => {
    const { id } = await create('alice');
    for (let n = 0; n < 10; n++) await world.services.users.takeAttempt(id, world.nowMs);
    expect(await world.services.users.takeAttempt(id, world.nowMs)).toBe(false);
    await run(operation, { ...of('alice'), ...input });
    expect(await world.services.users.takeAttempt(id, world.nowMs)).toBe(true);
  });

  test('lose their second factor', async () => {
    const { id } = await create('alice');
    await world.services.users.enrolSecondFactor(id, {
      sealedSecret: 'sealed',
      step: 1,
      recoveryHashes: ['h'],
    });
    expect(await run('getUser', of('alice'))).toMatchObject({ hasSecondFactor: true, recoveryCodes: 1 });
    expect(JSON.stringify(await run('getUser', of('alice')))).not.toContain('sealed');
    expect(await run('resetUserTotp', of('alice'))).toMatchObject({ hasSecondFactor: false });
    expect(world.ended).toEqual([id]);
  });

  test('are deleted, and the next with the name is another one', async () => {
    const { id } = await create('alice');
    expect(await run('deleteUser', of('alice'))).toEqual({ id, name: 'alice' });
    expect(world.ended).toEqual([id]);
    expect(await attempt('deleteUser', of('alice'))).toMatchObject({ status: 404 });
    expect((await create('alice')).id).not.toBe(id);
  });
});
