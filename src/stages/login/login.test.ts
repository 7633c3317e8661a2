import { describe, expect, test } from 'vitest';
import { fakePorts, NOW_MS } from '../../../test/support/authentication-world.ts';
import {
  ANY_ROUTE,
  answering,
  contextOf,
  linesOf,
  problemsOf,
  type RequestSketch,
  runNow,
} from '../../../test/support/stage-context.ts';
import type { RequestContext } from '../../core/context.ts';
import { CONTINUE, type Decision } from '../../core/decision.ts';
import type { StageChecks } from '../../core/stage.ts';
import { createCounterTable } from '../../stores/shared/counter-table.ts';
import { createLoginTable } from '../../stores/shared/login-table.ts';
import { openCounters } from '../../stores/shared/shared-counters.ts';
import { openLogins } from '../../stores/shared/shared-logins.ts';
import { login } from './login.ts';

const MINUTE_MS = 60_000;

/** The stage on a clock that the test turns, with real counts. */
function openStage(block: object = {}) {
  const world = fakePorts();
  const waits: number[] = [];
  const ports = {
    ...world.ports,
    counters: openCounters(createCounterTable({ clients: 1000 })),
    // Much room, so that no address is forgotten for another.
    logins: openLogins(createLoginTable({ addresses: 8192 })),
    timers: { after: async (ms: number) => void waits.push(ms) },
  };
  const compile = (over: object = {}): StageChecks =>
    login.compile(login.schema.parse({ failures: 5, ...block, ...over }), ANY_ROUTE, ports);
  const checks = compile();
  return { ...world, waits, compile, checks, ...runner(checks) };
}

function runner(checks: StageChecks) {
  const enter = (ctx: RequestContext): Decision => {
    const head = runNow(checks.head, ctx);
    if (head !== CONTINUE || checks.body === undefined || !checks.body.wantsBody?.(ctx)) return head;
    return runNow(checks.body, ctx);
  };
  /** One request from head to answer; the reason of the refusal, or `passed`. */
  const ask = (sketch: RequestSketch = {}, status = 401, headers: string[] = []): string => {
    const ctx = contextOf({ method: 'POST', ...sketch });
    const entered = enter(ctx);
    answering(ctx, entered === CONTINUE ? status : entered.status, headers, entered === CONTINUE);
    if (checks.response !== undefined) runNow(checks.response, ctx);
    checks.finisher?.finish(ctx);
    return entered === CONTINUE ? 'passed' : entered.reason;
  };
  const askMany = (count: number, sketch?: RequestSketch, status?: number): string[] =>
    Array.from({ length: count }, () => ask(sketch, status));
  return { enter, ask, askMany };
}

const json = (name: string): RequestSketch => ({
  headers: ['Content-Type', 'application/json'],
  body: JSON.stringify({ username: name, password: 'x' }),
});
const NAMED = { userName: { field: 'username' } };

describe('an account', () => {
  test.each([101, 300, 301, 304, 307, 308])('is not known to an address that was answered %i', (status) => {
    const stage = openStage({ ...NAMED, account: { failuresPerHour: 1 } });
    stage.ask(json('alice'), status);
    expect(stage.askMany(3, json('alice'), 401).at(-1)).toBe('login.account');
  });
});

describe('a block', () => {
  test('comes with the sixth failure in five minutes, lasts thirty, and ends', () => {
    const stage = openStage();
    expect(stage.askMany(6)).toEqual(Array(6).fill('passed'));
    expect(stage.ask()).toBe('login.blocked');
    stage.clock.time += 30 * MINUTE_MS - 1;
    expect(stage.ask()).toBe('login.blocked');
    stage.clock.time += 1;
    expect(stage.askMany(7).at(-1)).toBe('login.blocked');
  });

  test('does not come with five, nor with more that lie five minutes apart', () => {
    const stage = openStage();
    for (let i = 0; i < 30; i++) {
      expect(stage.ask()).toBe('passed');
      stage.clock.time += MINUTE_MS;
    }
  });

  test('is told of once', () => {
    const stage = openStage();
    stage.askMany(20);
    expect(stage.raised).toEqual([
      {
        kind: 'login.blocked',
        dedupeKey: expect.stringContaining('192.0.2.7'),
        payload: {
          address: '192.0.2.7',
          realm: 'orders',
          blockedUntil: new Date(NOW_MS + 30 * MINUTE_MS).toISOString(),
        },
      },
    ]);
  });

  test('says the same whatever its cause, and when to come back', () => {
    const many = openStage();
    many.askMany(6);
    const names = openStage({ ...NAMED, stuffing: { userNames: 1 } });
    for (const name of ['a', 'b']) names.ask(json(name));
    const blocked = many.enter(contextOf({ method: 'POST' }));
    const stuffing = names.enter(contextOf({ method: 'POST', ...json('a') }));
    expect([blocked.reason, stuffing.reason]).toEqual(['login.blocked', 'login.stuffing']);
    expect(stuffing.problem).toBe(blocked.problem);
    expect(stuffing.headers).toEqual(['Retry-After', '1800']);
    expect(stuffing.status).toBe(429);
  });
});

describe('what counts', () => {
  test.each([400, 401, 403, 404, 422, 423])('%i of the upstream', (status) => {
    expect(openStage().askMany(7, {}, status).at(-1)).toBe('login.blocked');
  });

  test.each([200, 204, 302, 303, 409, 429, 500, 502])('not %i', (status) => {
    expect(openStage().askMany(20, {}, status).at(-1)).toBe('passed');
  });

  test('a redirect to where failures lead', () => {
    const stage = openStage({ failureRedirects: ['/login?error'] });
    const to = (place: string) => stage.ask({}, 302, ['Location', place]);
    for (let i = 0; i < 3; i++) expect(to('/login?error')).toBe('passed');
    for (let i = 0; i < 9; i++) expect(to('/home')).toBe('passed');
    for (let i = 0; i < 3; i++) expect(to('https://shop.test/login?error=1')).toBe('passed');
    expect(to('/home')).toBe('login.blocked');
  });

  test('not what the gateway itself answered', () => {
    const stage = openStage();
    for (let i = 0; i < 20; i++) {
      const ctx = contextOf({ method: 'POST' });
      expect(stage.enter(ctx)).toBe(CONTINUE);
      runNow(stage.checks.response, answering(ctx, 401, [], false));
      stage.checks.finisher?.finish(ctx);
    }
  });

  test('a client that gave up', () => {
    const stage = openStage();
    for (let i = 0; i < 6; i++) {
      const ctx = contextOf({ method: 'POST' });
      expect(stage.enter(ctx)).toBe(CONTINUE);
      stage.checks.finisher?.finish(ctx);
    }
    expect(stage.ask()).toBe('login.blocked');
  });

  test.each(['GET', 'HEAD', 'OPTIONS'])('not a %s, unless the operator says so', (method) => {
    expect(openStage().askMany(20, { method }).at(-1)).toBe('passed');
    expect(
      openStage({ methods: [method] })
        .askMany(7, { method })
        .at(-1),
    ).toBe('login.blocked');
  });

  test('where methods are listed, no other', () => {
    const stage = openStage({ methods: ['PUT'] });
    expect(stage.askMany(20, { method: 'POST' }).at(-1)).toBe('passed');
    expect(stage.askMany(7, { method: 'PUT' }).at(-1)).toBe('login.blocked');
    expect(stage.ask({ method: 'POST' }), 'a blocked address is refused with every method').toBe(
      'login.blocked',
    );
  });
});

describe('addresses', () => {
  test('IPv6 counts by its prefix', () => {
    const stage = openStage();
    for (let i = 0; i < 6; i++) expect(stage.ask({ client: `2001:db8:0:1::${i + 1}` })).toBe('passed');
    expect(stage.ask({ client: '2001:db8:0:1:ffff::1' })).toBe('login.blocked');
    expect(stage.ask({ client: '2001:db8:0:2::1' })).toBe('passed');
    const wide = openStage({ ipv6Prefix: 48 });
    for (let i = 0; i < 6; i++) wide.ask({ client: `2001:db8:0:${i}::1` });
    expect(wide.ask({ client: '2001:db8:0:99::1' })).toBe('login.blocked');
  });

  test('shared ones have limits of their own', () => {
    const stage = openStage({ shared: { addresses: ['203.0.113.0/24'], failures: 20 } });
    expect(stage.askMany(21, { client: '203.0.113.7' }).at(-1)).toBe('passed');
    expect(stage.ask({ client: '203.0.113.7' })).toBe('login.blocked');
    expect(stage.ask({ client: '203.0.113.8' })).toBe('passed');
  });

  test('a realm that several routes name is counted once, and refused where no login is', () => {
    const stage = openStage({ realm: 'accounts' });
    const elsewhere = runner(stage.compile({ failures: undefined, refuseBlocked: true }));
    const other = runner(stage.compile({ failures: undefined, refuseBlocked: true, realm: 'shop' }));
    expect(elsewhere.ask({ method: 'GET' })).toBe('passed');
    stage.askMany(6);
    expect(elsewhere.ask({ method: 'GET' })).toBe('login.blocked');
    expect(other.ask({ method: 'GET' })).toBe('passed');
  });

  test('what is observed blocks nobody elsewhere', () => {
    const stage = openStage();
    const observed = runner(stage.compile({ mode: 'observe' }));
    expect(observed.askMany(7).at(-1)).toBe('login.blocked');
    expect(stage.ask()).toBe('passed');
  });
});

describe('user names', () => {
  test('one address with many of them is stuffing', () => {
    const stage = openStage({ ...NAMED, failures: 60 });
    for (const name of ['a', 'b', 'c', 'd', 'e']) expect(stage.ask(json(name))).toBe('passed');
    stage.clock.time += 50 * MINUTE_MS;
    expect(stage.ask(json('f'))).toBe('passed');
    expect(stage.ask(json('a'))).toBe('login.stuffing');
    expect(stage.raised.map(({ kind }) => kind)).toEqual(['login.stuffing']);
    expect(JSON.stringify(stage.raised)).not.toContain('"f"');
  });

  test('one of them that many addresses try leaves each a single failure, and its user in', () => {
    const stage = openStage({ ...NAMED, account: { failuresPerHour: 10 } });
    const from = (client: string, status = 401) => stage.ask({ ...json('Victim'), client }, status);
    expect(from('192.0.2.200', 200)).toBe('passed');
    for (let i = 1; i <= 10; i++) expect(from(`192.0.2.${i}`)).toBe('passed');
    for (let i = 11; i <= 30; i++) {
      expect(from(`192.0.2.${i}`), 'a first try').toBe('passed');
      expect(from(`192.0.2.${i}`), 'a second try').toBe('login.account');
    }
    expect(from('192.0.2.100', 200), 'the user from a new address').toBe('passed');
    expect(from('192.0.2.200')).toBe('passed');
    expect(from('192.0.2.200'), 'the user mistypes where he is known').toBe('passed');
    expect(from('192.0.2.200', 200)).toBe('passed');
  });

  test('a login whose name cannot be read is refused, and counts as nothing', () => {
    const stage = openStage(NAMED);
    const twice = { ...json('a'), body: '{"username":"a","USERNAME":"b"}' };
    expect(stage.askMany(20, twice).at(-1)).toBe('login.unreadable');
    expect(stage.ask({})).toBe('login.unreadable');
    expect(stage.ask(json('a'))).toBe('passed');
  });

  test('a login that is too long is refused, whether it says so or not', () => {
    const stage = openStage({ ...NAMED, maxBodyBytes: 100 });
    const long = { ...json('a'.repeat(200)) };
    expect(stage.ask(long)).toBe('validation.body-size');
    expect(stage.ask({ ...long, contentLength: -1 })).toBe('validation.body-size');
    expect(
      stage.checks.body?.wantsBody?.(contextOf({ method: 'POST', ...long })),
      'who observes lets it pass',
    ).toBe(false);
  });

  test('requests that are no logins are not read', () => {
    const stage = openStage(NAMED);
    expect(stage.checks.body?.wantsBody?.(contextOf({ method: 'GET', body: 'x' }))).toBe(false);
    expect(stage.checks.body?.wantsBody?.(contextOf({ method: 'POST', body: 'x' }))).toBe(true);
  });
});

describe('answers', () => {
  const answerOf = (stage: ReturnType<typeof openStage>, status: number, headers: string[] = []) => {
    const ctx = contextOf({ method: 'POST' });
    expect(stage.enter(ctx)).toBe(CONTINUE);
    answering(ctx, status, headers);
    return { ctx, decision: stage.checks.response?.run(ctx) };
  };

  test('failures are one and the same, whatever the upstream says', () => {
    const stage = openStage({ genericFailure: true });
    const [wrong, nobody, locked] = [
      answerOf(stage, 401, ['Content-Length', '14']),
      answerOf(stage, 404, ['Content-Length', '12', 'X-Why', 'no such user']),
      answerOf(stage, 423, ['Retry-After', '60']),
    ];
    expect(wrong.decision).toBe(nobody.decision);
    expect(wrong.decision).toBe(locked.decision);
    expect(wrong.decision).toMatchObject({ status: 401, reason: 'login.failed' });
    expect(linesOf((wrong.decision as Decision).headers)).toEqual(['www-authenticate: Login realm="orders"']);
    expect(locked.ctx.responseHeaders?.has('retry-after'), 'it would tell a locked account').toBe(false);
    expect(answerOf(stage, 200).decision).toBe(CONTINUE);
    expect(answerOf(stage, 500).decision).toBe(CONTINUE);
  });

  test.each([
    [0, 300],
    [1, 299],
    [299, 1],
    [300, 300],
    [310, 290],
    [950, 250],
    [-50, 300],
  ])('%i ms after the login, good and bad ones wait for %i ms more', async (elapsedMs, waitMs) => {
    for (const status of [200, 401]) {
      const stage = openStage({ minimumMs: 300 });
      const ctx = contextOf({ method: 'POST' });
      stage.enter(ctx);
      stage.clock.time += elapsedMs;
      expect(await stage.checks.response?.run(answering(ctx, status, []))).toBe(CONTINUE);
      expect(stage.waits).toEqual([waitMs]);
    }
  });

  test('refusals of the gateway and what is observed wait for nothing', () => {
    const stage = openStage({ minimumMs: 300 });
    const ctx = contextOf({ method: 'POST' });
    stage.enter(ctx);
    expect(stage.checks.response?.run(answering(ctx, 503, [], false))).toBe(CONTINUE);
    const observed = runner(stage.compile({ mode: 'observe' }));
    expect(observed.ask()).toBe('passed');
    expect(stage.waits).toEqual([]);
  });
});

describe('the block of the configuration', () => {
  test('an empty one guards nothing', () => {
    const { compile } = openStage();
    expect(compile({ failures: undefined })).toEqual({});
  });

  test.each([
    [{ failures: 0 }, '/failures'],
    [{ failures: 61 }, '/failures'],
    [{ failures: 5, userName: {} }, '/userName'],
    [{ failures: 5, userName: { pointer: 'user' } }, '/userName/pointer'],
    [{ failures: 5, stuffing: { userNames: 24 } }, '/stuffing/userNames'],
    [{ failures: 5, shared: { addresses: [] } }, '/shared/addresses'],
    [{ failures: 5, shared: { addresses: ['10.0.0.1/8'] } }, '/shared/addresses/0'],
    [{ failures: 5, failureStatuses: [] }, '/failureStatuses'],
    [{ failures: 5, failureRedirects: ['login'] }, '/failureRedirects/0'],
    [{ failures: 5, minimumMs: 20_000 }, '/minimumMs'],
    [{ failures: 5, realm: 'A B' }, '/realm'],
    [{ failures: 5, methods: ['post'] }, '/methods/0'],
  ])('%j is a mistake at %s', (block, pointer) => {
    expect(problemsOf(login, block).map((problem) => problem.split(':')[0])).toEqual([pointer]);
  });

  test.each([
    [{}, []],
    [{ failures: 5 }, ['/failures']],
    [{ failures: 5, ...NAMED }, []],
    [{ failures: 5, ...NAMED, stuffing: { userNames: 0 } }, ['/stuffing/userNames']],
    [{ failures: 5, ...NAMED, account: { failuresPerHour: 0 } }, ['/account/failuresPerHour']],
    [{ failures: 5, ...NAMED, shared: { addresses: ['10.0.0.1'] } }, ['/shared']],
    [{ failures: 5, ...NAMED, shared: { addresses: ['10.0.0.1'], userNames: 20 } }, []],
  ])('%j is weak at %j', (block, pointers) => {
    const found = login.weaknesses?.(login.schema.parse(block)) ?? [];
    expect(found.map(({ pointer }) => pointer)).toEqual(pointers);
  });
});
