import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openTestServices, START_MS, type TestServices } from '../../test/support/control-services.ts';
import { Problem, runOperation } from './operation.ts';
import { OPERATIONS, type OperationId, type ResultOf } from './operations.ts';
import { hashOfToken } from './operators.ts';
import type { ControlServices } from './services.ts';

const HOUR_MS = 3_600_000;
let world: TestServices;
beforeEach(async () => {
  world = await openTestServices();
});
afterEach(() => world.close());

const at = (ms: number) => new Date(START_MS + ms).toISOString();
const BODY = { rule: 942100, owner: 'shop', reason: 'orders are refused', requestedBy: 'alice' };

async function attempt(
  id: OperationId,
  input: object,
  change: Partial<ControlServices> = {},
): Promise<unknown> {
  return runOperation(OPERATIONS[id], { ...world.services, ...change }, input);
}
async function run<Id extends OperationId>(
  id: Id,
  input: object = {},
  change: Partial<ControlServices> = {},
): Promise<ResultOf<Id>> {
  const result = await attempt(id, input, change);
  if (result instanceof Problem) throw new Error(`${result.error}: ${result.message}`);
  return result as ResultOf<Id>;
}
const ask = (body: object = {}, change: Partial<ControlServices> = {}) =>
  run('requestWafBypass', { body: { ...BODY, ...body } }, change);
const approve = (id: string, body: object, change: Partial<ControlServices> = {}) =>
  attempt('approveWafBypass', { params: { id }, body }, change);

describe('requestWafBypass', () => {
  test('keeps a request that does nothing yet, and tells of it', async () => {
    const { bypass, notes } = await ask({
      path: '/comments',
      parameter: 'args:text',
      network: '2001:DB8::/48',
    });
    expect(bypass).toEqual({
      id: expect.stringMatching(/^bp[0-9a-f]{16}$/),
      status: 'waiting',
      network: '2001:db8::/48',
      rule: 942100,
      path: '/comments',
      parameter: 'ARGS:text',
      owner: 'shop',
      reason: 'orders are refused',
      requestedBy: 'alice',
      approver: '',
      isProven: false,
      hours: 4,
      createdAt: at(0),
      approvedAt: null,
      expiresAt: at(4 * HOUR_MS),
      endedAt: null,
      endedBy: '',
      requests: 0,
      letThrough: 0,
      lastUsedAt: null,
    });
    expect(notes).toEqual([expect.stringMatching(/as callers say/)]);
    const [notice] = await world.services.notices.list('waf.bypass-requested', 9);
    expect(notice?.payload).toMatchObject({ bypassId: bypass.id, by: 'alice' });
  });

  test.each<[object, RegExp]>([
    [{ rule: undefined }, /every request and every rule/],
    [{ rule: undefined, path: '/' }, /every request and every rule/],
    [{ rule: undefined, network: '0.0.0.0/0' }, /every request and every rule/],
    [{ rule: undefined, network: '::/0' }, /every request and every rule/],
    [{ rule: undefined, network: '10.0.0.0/15' }, /every request and every rule/],
    [{ rule: undefined, network: '2000::/31', path: '/' }, /every request and every rule/],
    [{ rule: 0 }, />=1/],
    [{ rule: 7 }, /no rule 7 in the rules in force/],
    [{ rule: 949110 }, /ends requests because of a score.*one of every rule/],
    [{ rule: 901100 }, /prepares other rules/],
    [{ network: '10.0.0.1/8' }, /bits set after/],
    [{ network: 'localhost' }, /not an IPv4 or IPv6 address/],
    [{ path: 'comments' }, /begins with/],
    [{ path: '/a/../b' }, /after normalisation: write `\/b`/],
    [{ path: '/a/*' }, /no wildcards/],
    [{ parameter: 'ARGS' }, /Name one member/],
    [{ parameter: 'ARGS:' }, /Name one member/],
    [{ parameter: 'REQUEST_BODY' }, /no members/],
    [{ parameter: 'TX:score' }, /no members/],
    [{ parameter: 'ARGS:/./' }, /cannot be written/],
    [{ parameter: `ARGS:a"` }, /cannot be written/],
    [{ owner: '' }, /owner/],
    [{ reason: undefined }, /reason/],
    [{ reason: 'all\u001b[2Jclear' }, /control characters/],
    [{ hours: 24.1 }, /<=24/],
    [{ hours: 0 }, />=0.05/],
    [{ expiresAt: at(HOUR_MS) }, /expiresAt/],
    [{ hours: null }, /hours/],
    [{ approver: 'bob' }, /approver/],
  ])('refuses %j', async (change, sentence) => {
    const problem = await attempt('requestWafBypass', { body: { ...BODY, ...change } });
    expect(problem).toBeInstanceOf(Problem);
    expect((problem as Problem).message).toMatch(sentence);
    expect(await world.services.waf.bypasses.list()).toEqual([]);
  });

  test.each<[object, RegExp | null]>([
    [{ rule: undefined, network: '192.0.2.7' }, /every rule/],
    [{}, /every client and every path/],
    [{ path: '/a' }, null],
  ])('warns of %j', async (change, sentence) => {
    const { notes } = await ask(change);
    expect(notes.filter((note) => note.startsWith('Weak'))).toEqual(
      sentence === null ? [] : [expect.stringMatching(sentence)],
    );
  });

  test('there are not more than threads can look at', async () => {
    for (let i = 0; i < 100; i++) await ask();
    expect(await attempt('requestWafBypass', { body: BODY })).toMatchObject({
      status: 409,
      error: 'too_many',
    });
    world.nowMs += 4 * HOUR_MS;
    await ask();
  });
});

describe('approveWafBypass', () => {
  test('by somebody else makes it hold, for its whole life from then on, and once', async () => {
    const { bypass } = await ask({ hours: 2 });
    world.nowMs += 3 * HOUR_MS;
    expect(await approve(bypass.id, { by: 'bob' })).toMatchObject({
      bypass: {
        ...{ status: 'active', approver: 'bob', isProven: false },
        ...{ approvedAt: at(3 * HOUR_MS), expiresAt: at(5 * HOUR_MS) },
      },
    });
    expect(await approve(bypass.id, { by: 'carol' })).toMatchObject({ status: 409, error: 'not_waiting' });
    const [notice] = await world.services.notices.list('waf.bypass-approved', 9);
    expect(notice?.payload).toMatchObject({ bypassId: bypass.id, by: 'bob', ruleId: 942100 });
    world.nowMs += 2 * HOUR_MS;
    const { bypasses } = await run('listWafBypasses', { query: { all: 'true' } });
    expect(bypasses.map(({ status }) => status)).toEqual(['ended']);
    expect((await run('listWafBypasses')).bypasses).toEqual([]);
  });

  test.each([
    ['shop', 'owner'],
    ['SHOP', 'owner'],
    [' Shop ', 'owner'],
    ['\uff53hop', 'owner'],
    ['alice', 'asked for'],
    ['ALICE', 'asked for'],
    ['', 'Say who'],
  ])('is not given by %j', async (by, why) => {
    const { bypass } = await ask();
    const problem = (await approve(bypass.id, { by })) as Problem;
    expect(problem).toBeInstanceOf(Problem);
    expect(problem.message).toContain(why);
    expect((await world.services.waf.bypasses.find(bypass.id))?.approvedAtMs).toBe(0);
  });

  test('does not help a request that has lapsed, was ended, or never was', async () => {
    const { bypass } = await ask();
    const other = await ask();
    await run('endWafBypass', { params: { id: other.bypass.id }, query: { by: 'root' } });
    expect(await approve(other.bypass.id, { by: 'bob' })).toMatchObject({ status: 409 });
    world.nowMs += 4 * HOUR_MS;
    expect(await approve(bypass.id, { by: 'bob' })).toMatchObject({ status: 409 });
    expect(await approve('ghost', { by: 'bob' })).toMatchObject({ status: 404 });
  });

  test('that a gateway does not confirm is told as that', async () => {
    const { bypass } = await ask();
    const silent = { name: 'b', state: 'pending', ms: 5 } as const;
    const change = { distributeBypasses: async () => ({ slowestMs: 1, slowestThread: 0, nodes: [silent] }) };
    expect(await approve(bypass.id, { by: 'bob' }, change)).toMatchObject({
      status: 503,
      message: `The bypass ${bypass.id} is approved, but not every gateway knows: no word of b.`,
    });
  });
});

describe('where the configuration names operators', () => {
  const people = [
    { name: 'alice', tokenHash: hashOfToken('a-token') },
    { name: 'bob', tokenHash: hashOfToken('b-token') },
  ];
  const operators = { operators: () => people };

  test('tokens tell who asks and who approves', async () => {
    const { bypass, notes } = await ask({ requestedBy: undefined, token: 'a-token' }, operators);
    expect(bypass).toMatchObject({ requestedBy: 'alice', isProven: true });
    expect(notes.join()).not.toContain('callers say');
    expect(await approve(bypass.id, { token: 'b-token' }, operators)).toMatchObject({
      bypass: { status: 'active', approver: 'bob', isProven: true },
    });
    expect(JSON.stringify(await world.services.waf.bypasses.list())).not.toContain('token');
    expect(JSON.stringify(await world.services.notices.list('', 9))).not.toContain('-token');
  });

  test.each<[string, object, string]>([
    ['no token', {}, 'token_needed'],
    ['an empty one', { token: '' }, 'token_needed'],
    ['one of nobody', { token: 'c-token' }, 'token_unknown'],
    ['the hash in place of the token', { token: hashOfToken('a-token') }, 'token_unknown'],
    ['that of somebody else', { token: 'b-token' }, 'not_you'],
  ])('nothing is asked for with %s', async (_, more, error) => {
    const problem = await attempt('requestWafBypass', { body: { ...BODY, ...more } }, operators);
    expect(problem).toMatchObject({ status: 403, error });
  });

  test('one person with one token approves nothing of their own, whatever names are said', async () => {
    const { bypass } = await ask({ requestedBy: undefined, owner: 'shop', token: 'a-token' }, operators);
    for (const body of [{ by: 'bob', token: 'a-token' }, { token: 'a-token' }, { by: 'bob' }]) {
      expect(await approve(bypass.id, body, operators)).toMatchObject({ status: 403 });
    }
  });

  test('what was asked for without proof is not approved with proof, nor the other way round', async () => {
    const said = await ask();
    expect(await approve(said.bypass.id, { token: 'b-token' }, operators)).toMatchObject({
      error: 'ask_again',
    });
    const shown = await ask({ requestedBy: undefined, token: 'a-token' }, operators);
    expect(await approve(shown.bypass.id, { by: 'bob' })).toMatchObject({ error: 'ask_again' });
  });
});

test('ends once, for good, and tells who did', async () => {
  const { bypass } = await ask();
  await approve(bypass.id, { by: 'bob' });
  const params = { id: bypass.id };
  const ended = await run('endWafBypass', { params, query: { by: 'root' } });
  expect(ended.bypass).toMatchObject({ status: 'ended', endedBy: 'root', endedAt: at(0) });
  expect(await attempt('endWafBypass', { params })).toMatchObject({ status: 409 });
  expect(await attempt('endWafBypass', { params: { id: 'ghost' } })).toMatchObject({ status: 404 });
  expect(await approve(bypass.id, { by: 'carol' })).toMatchObject({ status: 409 });
  const [notice] = await world.services.notices.list('waf.bypass-ended', 9);
  expect(notice?.payload.by).toBe('root');
});

test('shows what each let through', async () => {
  const { bypass } = await ask();
  const use = { id: bypass.id, requests: 7, wouldBlock: 3, lastAtMs: START_MS };
  await world.services.waf.bypasses.addUses([use]);
  expect((await run('listWafBypasses')).bypasses[0]).toMatchObject({
    ...{ requests: 7, letThrough: 3, lastUsedAt: at(0) },
  });
});
