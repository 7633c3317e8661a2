import { beforeEach, describe, expect, test } from 'vitest';
import { principalWith } from '../../../test/support/principals.ts';
import { answering, problemsOf } from '../../../test/support/stage-context.ts';
import { CONTINUE, type Decision } from '../../core/decision.ts';
import { NO_ATTRIBUTES } from '../../core/principal.ts';
import { outcomeLimits } from './outcome-limits.ts';
import { answered, begin, OutcomeWorld, passed } from './testdata/outcomes.ts';

let world: OutcomeWorld;
beforeEach(() => {
  world = new OutcomeWorld();
});

const ACCOUNTS = { id: 'accounts', perDay: 3 };
const DAY_MS = 86_400_000;
const byUser = (subject: string, more: object = {}) => ({ principal: principalWith({ subject, ...more }) });

describe('which outcomes count', () => {
  test.each([
    [{}, 201, true],
    [{}, 200, true],
    [{}, 302, false],
    [{}, 409, false],
    [{}, 500, false],
    [{ statuses: [201] }, 201, true],
    [{ statuses: [201] }, 200, false],
    [{ statuses: [201, '3xx'] }, 302, true],
    [{ statuses: [201, '3xx'] }, 399, true],
    [{ statuses: ['2xx'] }, 300, false],
    [{ statuses: ['2xx'] }, 101, false],
    [{ statuses: ['4xx', 503] }, 503, true],
  ])('with %j an answer of %i counts: %s', (more, status, isCounted) => {
    expect(passed(world.compile([{ ...ACCOUNTS, ...more }]), 9, status)).toBe(isCounted ? 3 : 9);
  });

  test.each([
    ['/signup?error=taken', false],
    ['https://shop.test/signup', false],
    ['//shop.test/signup', false],
    ['/welcome', true],
    ['welcome', true],
    ['https://shop.test/welcome?from=/signup', true],
  ])('a redirect to %s counts: %s', (location, isCounted) => {
    const block = [{ ...ACCOUNTS, statuses: [302], failureRedirects: ['/signup'] }];
    const checks = world.compile(block);
    const { ctx } = begin(checks);
    answered(checks, ctx, 302, ['Location', location]);
    expect(world.given).toBe(isCounted ? 0 : 1);
  });

  test('a redirect that another stage has replaced counts: nobody knows any more where it went', () => {
    const checks = world.compile([{ ...ACCOUNTS, statuses: [302], failureRedirects: ['/signup'] }]);
    const { ctx } = begin(checks);
    ctx.upstreamStatus = 302;
    checks.response?.run(answering(ctx, 401, [], false));
    expect(world.given).toBe(0);
  });
});

describe('which requests are looked at', () => {
  test.each(['GET', 'HEAD', 'OPTIONS', 'TRACE'])('%s asks for nothing to be done', (method) => {
    expect(passed(world.compile([ACCOUNTS]), 9, 201, { method })).toBe(9);
  });

  test.each(['POST', 'PUT', 'DELETE', 'MKCOL', 'get'])(
    '%s counts, whatever the upstream makes of it',
    (method) => {
      expect(passed(world.compile([ACCOUNTS]), 9, 201, { method })).toBe(3);
    },
  );

  test('methods that are named, and no others', () => {
    const checks = world.compile([{ ...ACCOUNTS, methods: ['GET'] }]);
    expect(passed(checks, 9, 201, { method: 'GET' })).toBe(3);
    expect(passed(checks, 9, 201, { method: 'POST' })).toBe(9);
  });

  test.each([
    ['GET', 'HEAD'],
    ['GET', 'head'],
    ['POST', 'post'],
    ['POST', 'Post'],
  ])('with %s named, %s is no way around it', (named, method) => {
    const checks = world.compile([{ ...ACCOUNTS, methods: [named] }]);
    expect(passed(checks, 9, 201, { method })).toBe(3);
  });
});

describe('whose outcomes are counted together', () => {
  const tenant = (name: string) => ({ attributes: { ...NO_ATTRIBUTES, tenant: name } });

  test.each([
    ['principal', byUser('a', { counterKey: 'k1' }), byUser('a', { counterKey: 'k2' }), false],
    ['principal', byUser('a', { counterKey: 'k1' }), byUser('b', { counterKey: 'k1' }), true],
    ['user', byUser('a', { counterKey: 'k1' }), byUser('a', { counterKey: 'k2' }), true],
    ['user', byUser('a'), byUser('a', { issuer: 'https://other.test' }), false],
    ['user', byUser('', { counterKey: 'k1' }), byUser('', { counterKey: 'k2' }), false],
    ['tenant', byUser('a'), byUser('b'), true],
    ['api', byUser('a'), { principal: null }, true],
    [['user', 'address'], byUser('a'), byUser('a'), true],
    [['user', 'address'], byUser('a'), { ...byUser('a'), client: '192.0.2.9' }, false],
    ['client', byUser('a', { clientId: 'c' }), byUser('b', { clientId: 'c' }), true],
    ['client', byUser('a', { clientId: 'c' }), byUser('a', { clientId: 'd' }), false],
    ['tenant', byUser('a', tenant('t')), byUser('b', tenant('t')), true],
    ['tenant', byUser('a', tenant('t')), byUser('a', tenant('u')), false],
    ['address', byUser('a'), byUser('b'), true],
    ['address', { client: '192.0.2.1' }, { client: '192.0.2.2' }, false],
    ['address', { client: '2001:db8::1' }, { client: '2001:db8::2' }, true],
    ['user', { principal: null, client: '192.0.2.1' }, { principal: null, client: '192.0.2.1' }, true],
    ['user', byUser('192.0.2.7'), { principal: null, client: '192.0.2.7' }, false],
  ])('by %s: %j and %j', (by, one, other, isOne) => {
    const checks = world.compile([{ ...ACCOUNTS, by }]);
    expect(passed(checks, 3, 201, one)).toBe(3);
    expect(passed(checks, 3, 201, other)).toBe(isOne ? 0 : 3);
  });

  test('endpoints of one API share the counter of an id, APIs do not', () => {
    const at = (apiId: string, endpointId: string) => world.compile([ACCOUNTS], { apiId, endpointId });
    expect(passed(at('shop', 'signup'), 2, 201)).toBe(2);
    expect(passed(at('shop', 'invite'), 3, 201)).toBe(1);
    expect(passed(at('admin', 'signup'), 4, 201)).toBe(3);
  });
});

describe('a reservation', () => {
  test('holds its place while the outcome is open', () => {
    const checks = world.compile([ACCOUNTS]);
    const open = [begin(checks), begin(checks), begin(checks)];
    expect(open.map(({ decision }) => decision)).toEqual([CONTINUE, CONTINUE, CONTINUE]);
    expect(begin(checks).decision).toMatchObject({ reason: 'ratelimit.business' });
    answered(checks, (open[0] as (typeof open)[0]).ctx, 409);
    expect(begin(checks).decision).toBe(CONTINUE);
    expect(begin(checks).decision).toMatchObject({ effect: 'deny' });
  });

  test.each([
    ['nothing reached the upstream', false, 1],
    ['something may have', true, 0],
  ])('of a request that ends without an answer, when %s', (_, isUnanswered, given) => {
    for (const isAborted of [false, true]) {
      world = new OutcomeWorld();
      const checks = world.compile([ACCOUNTS]);
      const { ctx } = begin(checks);
      ctx.isUnanswered = isUnanswered;
      if (!isAborted) checks.response?.run(answering(ctx, 502, [], false));
      checks.finisher?.finish(ctx);
      checks.finisher?.finish(ctx);
      expect(world.given).toBe(given);
    }
  });

  test('counts when an attempt before the one that was answered may have done it', () => {
    const checks = world.compile([ACCOUNTS]);
    const { ctx } = begin(checks, { method: 'PUT' });
    ctx.isUnanswered = true;
    answered(checks, ctx, 409);
    expect(world.given).toBe(0);
  });

  test('of a request whose client left while another stage held the answer back', () => {
    const checks = world.compile([ACCOUNTS]);
    const { ctx } = begin(checks);
    ctx.upstreamStatus = 201;
    checks.finisher?.finish(answering(ctx, 201, []));
    expect(world.given).toBe(0);
  });

  test('of several limits takes from all or none, and gives back one by one', () => {
    const checks = world.compile([
      { id: 'made', perDay: 5, statuses: [201] },
      { id: 'refused', perHour: 2, statuses: ['4xx'] },
    ]);
    expect(passed(checks, 2, 409)).toBe(2);
    expect(passed(checks, 9, 201)).toBe(0);
    expect(world.given).toBe(2);
    world.nowMs += 3_600_000;
    expect(passed(checks, 9, 201)).toBe(5);
  });

  test('is taken back with its window', () => {
    const checks = world.compile([ACCOUNTS]);
    expect(passed(checks, 4, 201)).toBe(3);
    world.nowMs += DAY_MS - 1;
    expect(passed(checks, 1, 201)).toBe(0);
    world.nowMs += 1;
    expect(passed(checks, 4, 201)).toBe(3);
  });
});

describe('a store that is waited for', () => {
  test('gives back what it took for a request that is over by then', async () => {
    world.isRemote = true;
    const checks = world.compile([ACCOUNTS]);
    const { ctx, decision } = begin(checks);
    checks.finisher?.finish(ctx);
    expect(world.given).toBe(0);
    for (const answer of world.waiting) answer();
    await decision;
    expect(world.given).toBe(1);
    expect(ctx.outcome).toBeNull();
  });

  test('is not asked for a request that was over before, or whoever leaves early would use up what others share', () => {
    const checks = world.compile([{ ...ACCOUNTS, by: 'api' }]);
    const { ctx, decision } = begin(checks);
    answered(checks, ctx, 409);
    expect([decision, world.given]).toEqual([CONTINUE, 1]);
    expect(checks.head?.run(ctx)).toBe(CONTINUE);
    expect([world.counters.admitted, ctx.outcome]).toEqual([[], null]);
  });

  test('that cannot be used: `deny` refuses with 503, and nothing is given back', () => {
    world.failure = { admitted: false, degraded: 'deny', problem: 'Redis is gone.' };
    const checks = world.compile([ACCOUNTS]);
    const { ctx, decision } = begin(checks);
    expect(decision).toMatchObject({
      reason: 'ratelimit.unavailable',
      status: 503,
      detail: 'Redis is gone.',
    });
    answered(checks, ctx, 503);
    expect([world.given, ctx.degraded]).toEqual([0, 'deny: Redis is gone.']);
  });

  test.each(['local', 'allow'] as const)(
    'with `%s` what was taken elsewhere is not given back to it',
    (degraded) => {
      world.failure = { degraded, problem: 'Redis is gone.' };
      const checks = world.compile([ACCOUNTS]);
      const { ctx, decision } = begin(checks);
      expect(decision).toBe(CONTINUE);
      answered(checks, ctx, 409);
      expect(world.given).toBe(0);
    },
  );
});

test('the refusal is a 429 in the form of every other, and its detail names the limit', () => {
  const checks = world.compile([{ ...ACCOUNTS, by: 'user' }], { apiId: 'shop' });
  passed(checks, 3, 201);
  const { ctx, decision } = begin(checks);
  const { status, headers, problem, detail } = decision as Decision;
  expect(JSON.parse(`${problem}id"}`)).toMatchObject({
    type: expect.stringMatching(/ratelimit\.business$/),
    error: 'rate_limit_exceeded',
    retry_after: 86_400,
    current_limit: 3,
    remaining: 0,
    reset_at: '2025-01-21T14:29:30Z',
    tier: null,
    upgrade_url: 'https://company.com/pricing',
  });
  expect([status, headers.slice(0, 2)]).toEqual([429, ['Retry-After', '86400']]);
  expect(ctx.addedHeaders).toContain('RateLimit-Policy');
  expect(detail).toBe('limit `accounts` on outcomes of shop: 3 in any day, counted by user');
});

test('a request that passes says nothing of these limits: its own are those of its tier', () => {
  expect(begin(world.compile([ACCOUNTS])).ctx.addedHeaders).toEqual([]);
});

describe('blocks', () => {
  test.each([{}, [], { mode: 'observe' }])('%j compiles to nothing', (block) => {
    expect(world.compile(block)).toEqual({});
  });

  test.each([
    [[{ id: 'a' }], 'Say `perMinute`, `perHour` or `perDay`.'],
    [[{ id: 'a', perDay: 0 }], '>=1'],
    [[{ id: 'A', perDay: 1 }], 'An id has small letters'],
    [
      [
        { id: 'a', perDay: 1 },
        { id: 'a', perHour: 1 },
      ],
      'Each id may stand here once.',
    ],
    [[{ id: 'a', perDay: 1, statuses: [] }], '>=1'],
    [[{ id: 'a', perDay: 1, statuses: ['1xx'] }], 'A status is'],
    [[{ id: 'a', perDay: 1, statuses: [99] }], '200'],
    [[{ id: 'a', perDay: 1, methods: ['post'] }], 'capital letters'],
    [[{ id: 'a', perDay: 1, failureRedirects: ['signup'] }], 'starts with a slash'],
    [Array.from({ length: 9 }, (_, i) => ({ id: `a${i}`, perDay: 1 })), 'Invalid input'],
    [{ limits: [], counting: 'leased' }, 'Invalid input'],
  ])('%j is a mistake', (block, message) => {
    expect(problemsOf(outcomeLimits, block).join('\n')).toContain(message);
  });

  test.each([
    [{ limits: [{ id: 'a', perDay: 1 }], onUnavailable: 'allow' }, 1],
    [{ limits: [{ id: 'a', perDay: 1, by: [{ header: 'X-Device' }] }] }, 1],
    [{ limits: [{ id: 'a', perDay: 1 }] }, 0],
    [{ limits: [], onUnavailable: 'allow' }, 0],
  ])('%j has %i weaknesses', (block, count) => {
    expect(outcomeLimits.weaknesses?.(outcomeLimits.schema.parse(block))).toHaveLength(count);
  });
});
