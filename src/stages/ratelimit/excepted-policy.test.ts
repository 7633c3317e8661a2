import { beforeEach, describe, expect, test } from 'vitest';
import { exceptionWith } from '../../../test/support/limit-exceptions.ts';
import { principalWith } from '../../../test/support/principals.ts';
import type { LimitException } from '../../core/limit-exceptions.ts';
import {
  ask,
  bodyOf,
  compileAddress,
  compilePrincipal,
  fieldOf,
  NOW_MS,
  passed,
  resetWorld,
  world,
} from './testdata/callers.ts';
import { begin, OutcomeWorld, passed as passedOutcomes } from './testdata/outcomes.ts';
import { limitsOf } from './tiers.ts';

beforeEach(resetWorld);

const DAY_MS = 86_400_000;
const caller = { principal: principalWith({ keyId: 'k1', counterKey: 'key:k1' }) };
const numbers = (some: object) => ({
  kind: 'numbers' as const,
  numbers: { perMinute: 0, perHour: 0, perDay: 0, concurrent: 0, ...some },
});

function grant(...changes: Partial<LimitException>[]): void {
  const records = changes.map((change, at) =>
    exceptionWith({ id: `ex${at}`, expiresAtMs: NOW_MS + DAY_MS, ...change }),
  );
  world.exceptions.update({ records, deleted: [], isAll: true });
}

const TIERS = new Map([
  ['small', limitsOf({ perMinute: 4 })],
  ['large', limitsOf({ perMinute: 9 })],
  ['unlimited', limitsOf({})],
]);
const route = { tiers: TIERS, apiId: 'shop', endpointId: 'search', acceptsKeys: true };
const TIER = { tier: 'fromPrincipal', defaultTier: 'small' };

describe('what an exception changes', () => {
  const factor2 = {};
  const tier = { change: { kind: 'tier', tier: 'large' } } as const;
  const seven = { change: numbers({ perMinute: 7 }) };

  test.each<[string, object, Partial<LimitException>, number]>([
    ['a factor, the tier', TIER, factor2, 8],
    ['a factor, the numbers of the block', { perMinute: 3 }, factor2, 6],
    ['a factor, one of its list', { limits: [{ id: 'few', perMinute: 3 }] }, factor2, 6],
    ['a factor, to lower it', TIER, { change: { kind: 'factor', factor: 0.5 } }, 2],
    ['a factor, never below one request', TIER, { change: { kind: 'factor', factor: 0.01 } }, 1],
    ['another tier', TIER, tier, 9],
    ['another tier, which limits nothing', TIER, { change: { kind: 'tier', tier: 'unlimited' } }, 20],
    ['another tier, not the numbers of the block', { perMinute: 3 }, tier, 3],
    ['a tier that is not configured any more', TIER, { change: { kind: 'tier', tier: 'gone' } }, 4],
    ['numbers, the tier', TIER, seven, 7],
    ['numbers, not those of the block', { perMinute: 3 }, seven, 3],
    ['numbers of an API, those of the block', { perMinute: 3 }, { ...seven, api: 'shop' }, 7],
    ['numbers of an API, not the tier', TIER, { ...seven, api: 'shop' }, 4],
    ['numbers, a window that was not limited', TIER, { change: numbers({ perHour: 2 }) }, 2],
    ['one by id, this limit', { limits: [{ id: 'few', perMinute: 3 }] }, { ...seven, limit: 'few' }, 7],
    [
      'one by id, no other',
      { ...TIER, limits: [{ id: 'few', perMinute: 3 }] },
      { ...seven, limit: 'other' },
      3,
    ],
    ['one of another API', TIER, { api: 'other' }, 4],
    ['one of another endpoint', TIER, { api: 'shop', endpoint: 'other' }, 4],
    ['one of this endpoint', TIER, { api: 'shop', endpoint: 'search' }, 8],
    ['one of another key', TIER, { value: 'k2' }, 4],
    ['one that is over', TIER, { expiresAtMs: NOW_MS }, 4],
    ['a limit for all callers together: nothing', { perMinute: 3, by: 'api' }, factor2, 3],
  ])('%s', (_, block, exception, count) => {
    grant(exception);
    expect(passed(20, compilePrincipal(block, route).head, caller)).toBe(count);
  });

  test('the limits of a key itself, by a factor', () => {
    grant({});
    const keyLimits = { perMinute: 3, perHour: 0, perDay: 0 };
    const principal = principalWith({ keyId: 'k1', counterKey: 'key:k1', keyLimits });
    expect(passed(20, compilePrincipal({}, route).head, { principal })).toBe(6);
  });

  test('limits by address before anybody is known, for a network', () => {
    grant({ subject: 'address', value: '192.0.2.0/24' });
    const { head } = compileAddress({ perMinute: 3 }, route);
    expect(passed(20, head, { client: '192.0.2.9' })).toBe(6);
    expect(passed(20, head, { client: '198.51.100.9' })).toBe(3);
  });
});

test('begins and ends for requests that come then, with what is counted', () => {
  const { head } = compilePrincipal(TIER, route);
  expect(passed(9, head, caller)).toBe(4);
  grant({ expiresAtMs: NOW_MS + 1_000 });
  expect(passed(9, head, caller)).toBe(4);
  world.nowMs = NOW_MS + 999;
  expect(ask(head, caller).decision.detail).toContain('by exception ex0');
  world.nowMs = NOW_MS + 1_000;
  expect(ask(head, caller).decision.detail).toBe('tier "small": 4 in any minute, counted by principal');
  world.nowMs = NOW_MS - 5_000;
  expect(ask(head, caller).decision.detail, 'the clock was set back').toContain('by exception ex0');
});

test('removed while in use, the limits of the configuration hold for the next request', () => {
  grant({});
  const { head } = compilePrincipal(TIER, route);
  expect(passed(6, head, caller)).toBe(6);
  world.exceptions.update({ records: [], deleted: ['ex0'], isAll: false });
  expect(passed(6, head, caller)).toBe(0);
});

test('the answer tells the changed numbers, the record the exception, also of a request that passes', () => {
  grant({ change: { kind: 'tier', tier: 'large' } });
  const { head } = compilePrincipal(TIER, route);
  const first = ask(head, caller);
  expect(fieldOf(first.ctx.addedHeaders, 'X-RateLimit-Limit')).toBe('9');
  expect(fieldOf(first.ctx.addedHeaders, 'RateLimit-Policy')).toBe('"minute";q=9;w=60');
  expect(first.ctx.limitExceptions).toBe('ex0');
  passed(9, head, caller);
  const { decision } = ask(head, caller);
  expect(bodyOf(decision)).toMatchObject({ current_limit: 9, tier: 'Large' });
  expect(decision.detail).toContain('tier "large" by exception ex0: 9 in any minute');
  expect(ask(head, { principal: principalWith({ counterKey: 'x' }) }).ctx.limitExceptions).toBe('');
});

test('a share for a while makes smaller what the exception has made larger', () => {
  grant({});
  world.scales = [{ cause: 'attack mode', shareOf: () => 0.5 }];
  expect(passed(20, compilePrincipal(TIER, route).head, caller)).toBe(4);
});

test('what a request costs is left of a limit at least, or nothing would ever pass', () => {
  grant({ change: { kind: 'factor', factor: 0.01 } });
  const { ctx } = ask(compilePrincipal({ ...TIER, cost: 3 }, route).head, caller);
  expect(fieldOf(ctx.addedHeaders, 'X-RateLimit-Limit')).toBe('3');
});

test('a burst goes with the normal rate', () => {
  grant({});
  const block = { perMinute: 60, burst: { factor: 2, forS: 10 } };
  const capacity = (client: object) => {
    const { ctx } = ask(compilePrincipal(block, route).head, client);
    return /"[^"]*burst";q=(\d+)/.exec(fieldOf(ctx.addedHeaders, 'RateLimit-Policy') ?? '')?.[1];
  };
  expect(capacity(caller)).toBe('20');
  expect(capacity({ principal: principalWith({ counterKey: 'x' }) })).toBe('10');
});

describe('limits on outcomes', () => {
  const BLOCK = [{ id: 'accounts', perDay: 3 }];
  const grantIn = (outcomes: OutcomeWorld, change: Partial<LimitException>) =>
    outcomes.exceptions.update({
      records: [exceptionWith({ expiresAtMs: NOW_MS + DAY_MS, ...change })],
      deleted: [],
      isAll: true,
    });

  test.each<[string, Partial<LimitException>, number]>([
    ['are left alone by a factor for everything', {}, 3],
    ['are left alone by numbers', { change: numbers({ perDay: 9 }) }, 3],
    ['change by their id and a factor', { limit: 'accounts' }, 6],
    ['change by their id and numbers', { limit: 'accounts', change: numbers({ perDay: 5 }) }, 5],
    ['and not by another id', { limit: 'tickets' }, 3],
  ])('%s', (_, change, count) => {
    const outcomes = new OutcomeWorld();
    grantIn(outcomes, change);
    expect(passedOutcomes(outcomes.compile(BLOCK), 20, 201, caller)).toBe(count);
  });

  test('the refusal names the exception', () => {
    const outcomes = new OutcomeWorld();
    grantIn(outcomes, { limit: 'accounts' });
    const checks = outcomes.compile(BLOCK);
    passedOutcomes(checks, 6, 201, caller);
    expect(begin(checks, caller).decision).toMatchObject({
      detail: 'limit `accounts` on outcomes of orders by exception ex1: 6 in any day, counted by principal',
    });
  });
});
