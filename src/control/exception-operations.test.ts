import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openTestServices, START_MS, type TestServices } from '../../test/support/control-services.ts';
import { DAY_MS } from '../lib/time/day.ts';
import { Problem, runOperation } from './operation.ts';
import { OPERATIONS, type OperationId, type ResultOf } from './operations.ts';
import type { ControlServices } from './services.ts';

let world: TestServices;
beforeEach(async () => {
  world = await openTestServices();
});
afterEach(() => world.close());

const at = (ms: number) => new Date(START_MS + ms).toISOString();
const BODY = {
  for: { address: '192.0.2.0/24' },
  factor: 2,
  owner: 'sales',
  reason: 'contract 4711',
  expiresAt: at(DAY_MS),
};

async function attempt(
  id: OperationId,
  input: object,
  change: Partial<ControlServices> = {},
): Promise<unknown> {
  return runOperation(OPERATIONS[id], { ...world.services, ...change }, input);
}
async function run<Id extends OperationId>(id: Id, input: object = {}): Promise<ResultOf<Id>> {
  const result = await attempt(id, input);
  if (result instanceof Problem) throw new Error(`${result.error}: ${result.message}`);
  return result as ResultOf<Id>;
}
const add = (change: object = {}) => run('addLimitException', { body: { ...BODY, ...change } });
const keyWith = async (more: object = {}) =>
  (await run('createKey', { body: { name: 'k', ...more } })) as { record: { id: string } };

describe('addLimitException', () => {
  test('keeps it, tells who it is for, and records that somebody made it', async () => {
    const { exception, notes } = await add({ approvedBy: 'chief', createdBy: 'root' });
    expect(exception).toEqual({
      id: expect.stringMatching(/^ex[0-9a-f]{16}$/),
      status: 'active',
      subject: 'address',
      issuer: '',
      value: '192.0.2.0/24',
      tier: null,
      factor: 2,
      limits: null,
      change: '2 times',
      api: '',
      endpoint: '',
      limit: '',
      owner: 'sales',
      reason: 'contract 4711',
      approvedBy: 'chief',
      createdBy: 'root',
      createdAt: at(0),
      expiresAt: at(DAY_MS),
    });
    expect(notes).toEqual([]);
    const [notice] = await world.services.notices.list('limit-exception.added', 9);
    expect(notice?.payload).toMatchObject({ exceptionId: exception.id, by: 'root', reason: 'contract 4711' });
  });

  test.each([
    [
      { for: { user: 'alice', issuer: 'https://auth.test' } },
      { subject: 'user', value: 'alice', issuer: 'https://auth.test' },
    ],
    [{ for: { keyOwner: 'alice' } }, { subject: 'key-owner', value: 'alice', issuer: '' }],
    [{ for: { client: 'app' } }, { subject: 'client', value: 'app', issuer: '' }],
    [{ for: { address: '2001:DB8:0::/48' } }, { subject: 'address', value: '2001:db8::/48' }],
    [{ for: { address: '192.0.2.1/32' } }, { subject: 'address', value: '192.0.2.1' }],
    [{ for: { address: '::ffff:192.0.2.1' } }, { subject: 'address', value: '192.0.2.1' }],
    [
      { factor: undefined, tier: 'pro' },
      { tier: 'pro', factor: null, change: 'tier pro' },
    ],
    [
      { factor: undefined, limits: { perMinute: 5, concurrent: 2 } },
      { limits: { perMinute: 5, perHour: 0, perDay: 0, concurrent: 2 }, change: '5 per minute, 2 at once' },
    ],
    [{ api: 'orders' }, { api: 'orders', endpoint: '' }],
    [{ endpoint: 'orders/search' }, { api: 'orders', endpoint: 'search' }],
    [{ limit: 'accounts' }, { limit: 'accounts' }],
    [{ expiresAt: '2027-12-27T13:00:00+01:00' }, { expiresAt: '2027-12-27T12:00:00.000Z' }],
  ])('takes %j', async (change, expected) => {
    expect((await add(change)).exception).toMatchObject(expected);
  });

  test.each<[object, RegExp]>([
    [{ for: {} }, /name one/],
    [{ for: { key: 'a', address: '10.0.0.1' } }, /name one/],
    [{ for: { user: 'alice' } }, /issuer/],
    [{ for: { tenant: 'acme' } }, /issuer/],
    [{ for: { address: '10.0.0.1', issuer: 'https://x' } }, /`issuer` goes with/],
    [{ for: { key: 'ghost' } }, /no key with the id ghost/],
    [{ for: { address: '10.0.0.1/8' } }, /bits set after/],
    [{ for: { address: 'localhost' } }, /not an IPv4 or IPv6 address/],
    [{ factor: undefined }, /name one: `tier`/],
    [{ tier: 'pro' }, /name one: `tier`/],
    [{ factor: 0 }, /0\.01/],
    [{ factor: 101 }, /100/],
    [{ factor: undefined, limits: {} }, /at least one number/],
    [{ factor: undefined, limits: { perMinute: 0 } }, />=1/],
    [{ factor: undefined, tier: 'proo' }, /no tier `proo`: did you mean `pro`/],
    [{ api: 'order' }, /no API `order`: did you mean `orders`/],
    [{ endpoint: 'orders/serch' }, /no endpoint `orders\/serch`: did you mean/],
    [{ endpoint: 'orders' }, /no endpoint `orders`/],
    [{ api: 'orders', endpoint: 'orders/search' }, /`api` or `endpoint`/],
    [{ limit: 'accounts', factor: undefined, tier: 'pro' }, /no tier/],
    [{ limit: 'accounts', factor: undefined, limits: { concurrent: 3 } }, /under way/],
    [{ owner: '' }, /owner/],
    [{ reason: undefined }, /reason/],
    [{ reason: 'all\u001b[2Jclear' }, /control characters/],
    [{ owner: 'a\u202eb' }, /control characters/],
    [{ expiresAt: undefined }, /expiresAt/],
    [{ expiresAt: at(0) }, /over already/],
    [{ expiresAt: at(-1) }, /over already/],
    [{ expiresAt: at(400 * DAY_MS + 1) }, /more than 400 days/],
    [{ expiresAt: 'never' }, /expiresAt/],
    [{ forever: true }, /forever/],
  ])('refuses %j', async (change, sentence) => {
    const problem = await attempt('addLimitException', { body: { ...BODY, ...change } });
    expect(problem).toBeInstanceOf(Problem);
    expect((problem as Problem).message).toMatch(sentence);
    expect(await world.services.limitExceptions.list()).toEqual([]);
  });

  test('of a key says that a successor does not inherit, and refuses one that is revoked', async () => {
    const { record } = await keyWith();
    expect((await add({ for: { key: record.id } })).notes).toEqual([
      expect.stringMatching(/successor .* not inherit/),
    ]);
    await run('revokeKey', { params: { id: record.id } });
    const problem = await attempt('addLimitException', { body: { ...BODY, for: { key: record.id } } });
    expect(problem).toMatchObject({ message: expect.stringMatching(/not accepted any more/) });
  });

  test.each([
    ['0.0.0.0/0', /every address there is/],
    ['::/0', /every address there is/],
    ['64.0.0.0/4', /all of 64\.0\.0\.0\/4/],
    ['2000::/16', /all of 2000::\/16/],
    ['10.0.0.0/8', null],
    ['2001:db8::/32', null],
  ])('of %s, is there a warning: %s', async (address, sentence) => {
    const { notes } = await add({ for: { address } });
    expect(notes).toEqual(sentence === null ? [] : [expect.stringMatching(sentence)]);
  });

  test('that a gateway does not confirm is told as that, by id, and can be removed', async () => {
    const silent = { name: 'b', state: 'pending', ms: 5 } as const;
    const change = {
      distributeExceptions: async () => ({ slowestMs: 1, slowestThread: 0, nodes: [silent] }),
    };
    const problem = (await attempt('addLimitException', { body: BODY }, change)) as Problem;
    expect(problem).toMatchObject({ status: 503, error: 'not_distributed' });
    const [one] = await world.services.limitExceptions.list();
    expect(problem.message).toContain(
      `${one?.id} is in the database, but not every gateway knows: no word of b.`,
    );
  });
});

describe('the others', () => {
  test('list those in force, or all', async () => {
    const short = await add({ expiresAt: at(1_000) });
    const long = await add();
    const ids = async (all: string) =>
      (await run('listLimitExceptions', { query: { all } })).exceptions.map(({ id }) => id);
    expect(new Set(await ids('false'))).toEqual(new Set([long.exception.id, short.exception.id]));
    world.nowMs += 1_000;
    expect(await ids('false')).toEqual([long.exception.id]);
    expect(await ids('true')).toHaveLength(2);
    const shown = await run('getLimitException', { params: { id: short.exception.id } });
    expect(shown.exception.status).toBe('expired');
  });

  test('remove one once, and record who did', async () => {
    const { exception } = await add();
    const params = { id: exception.id };
    await run('removeLimitException', { params, query: { by: 'root' } });
    expect(await attempt('removeLimitException', { params })).toMatchObject({ status: 404 });
    expect(await attempt('getLimitException', { params })).toMatchObject({ status: 404 });
    const notices = await world.services.notices.list('limit-exception.removed', 9);
    expect(notices.map(({ payload }) => [payload.exceptionId, payload.by])).toEqual([[exception.id, 'root']]);
  });
});
