import { beforeEach, describe, expect, test } from 'vitest';
import { principalWith } from '../../../test/support/principals.ts';
import { CONTINUE } from '../../core/decision.ts';
import type { LimitScale } from '../../core/limits.ts';
import { tierPolicy } from './limit-policy.ts';
import {
  ask,
  bodyOf,
  compileAddress,
  compilePrincipal,
  fieldOf,
  passed,
  principalOf,
  resetWorld,
  world,
} from './testdata/callers.ts';
import { ScriptedLimits } from './testdata/scripted-limits.ts';
import { limitsOf } from './tiers.ts';

beforeEach(resetWorld);

const scale = (share: number, cause = 'attack mode'): LimitScale => ({ cause, shareOf: () => share });

describe('a share of the limits', () => {
  test('counts, is told, and the journal says why', () => {
    world.scales = [scale(0.5), scale(0.5, 'strange behaviour'), scale(1, 'nothing')];
    const { head } = compilePrincipal({ tier: 'basic' });
    expect(passed(99, head)).toBe(25);
    const { decision, ctx } = ask(head);
    expect(fieldOf(ctx.addedHeaders, 'X-RateLimit-Limit')).toBe('25');
    expect(fieldOf(ctx.addedHeaders, 'RateLimit-Policy')).toContain(
      '"minute";q=25;w=60, "hour";q=750;w=3600',
    );
    expect(bodyOf(decision)).toMatchObject({ current_limit: 25, tier: 'Basic' });
    expect(decision.detail).toBe(
      'tier "basic": 25 in any minute, counted by address; limits are at 25 %: attack mode, strange behaviour',
    );
  });

  test('the whole is told as ever', () => {
    world.scales = [scale(1)];
    const { head } = compilePrincipal({ perMinute: 2 });
    expect(passed(9, head)).toBe(2);
    expect(ask(head).decision.detail).toBe('`rateLimit` of orders: 2 in any minute, counted by address');
  });

  test('is asked for the caller and its address', () => {
    const asked: unknown[][] = [];
    const shareOf = (...who: unknown[]) => {
      asked.push(who);
      return 1;
    };
    world.scales = [{ cause: '', shareOf }];
    ask(compilePrincipal({ perMinute: 2 }).head, { principal: principalOf('alice') });
    ask(compileAddress({ perMinute: 2 }).head, { client: '2001:db8::1' });
    const route = { authenticated: true, credentialHeaders: ['authorization'] };
    ask(compileAddress({ perMinute: 2 }, route).head, { headers: ['Authorization', 'x'] });
    ask(compilePrincipal({ perMinute: 2 }, route).head, { headers: ['Authorization', 'x'] });
    expect(asked).toEqual([
      ['alice', '192.0.2.7', false],
      ['', '2001:db8::/64', false],
      ['', '192.0.2.7', true],
      ['', '192.0.2.7', false],
    ]);
  });

  test('is of a client: what all callers have together stays', () => {
    world.scales = [scale(0.5)];
    const { head } = compilePrincipal({ limits: [{ id: 'all', by: 'api', perMinute: 4 }] });
    expect(passed(9, head)).toBe(4);
  });

  test.each([Number.NaN, 2, -1, 0])('%d is no more than the whole and no less than one request', (share) => {
    world.scales = [scale(share)];
    const count = passed(9, compilePrincipal({ perMinute: 4 }).head);
    expect([1, 4]).toContain(count);
  });

  test('of every number, at least 1, and at least what a request costs', () => {
    const limits = limitsOf({
      perMinute: 100,
      perHour: 110,
      concurrent: 3,
      burst: { mode: 'observe', factor: 2, forS: 10, reviewAbove: 3 },
    });
    const policy = tierPolicy('a', limits, 20);
    expect(policy.at(0.1).limits).toEqual({
      perMinute: 20,
      perHour: 20,
      perDay: 0,
      concurrent: 1,
      burst: { ...limits.burst, capacity: 20, intervalMs: 6000 },
    });
    expect(policy.at(0.5).limits).toMatchObject({ perMinute: 50, concurrent: 1 });
    expect(policy.at(0.5)).toBe(policy.at(0.5));
    expect(policy.at(1)).toBe(policy);
    for (let i = 1; i < 999; i++) expect(policy.at(i / 1000).limits.perMinute).toBeLessThanOrEqual(100);
  });

  test('also of what a key has', () => {
    world.scales = [scale(0.5)];
    const { head } = compilePrincipal({}, { acceptsKeys: true });
    const principal = principalWith({ keyId: 'k', keyLimits: { perMinute: 4, perHour: 0, perDay: 0 } });
    expect(passed(9, head, { principal })).toBe(2);
  });
});

describe('bursts', () => {
  const watched = { perMinute: 60, burst: { mode: 'observe' } };

  test('a watched one lets pass, and the record says that it would have been refused', () => {
    world.limits = new ScriptedLimits();
    (world.limits as ScriptedLimits).answer = { burstExceeded: true };
    const { decision, ctx } = ask(compilePrincipal(watched).head);
    expect(decision).toBe(CONTINUE);
    expect(ctx.observed).toMatchObject({ effect: 'deny', reason: 'ratelimit.burst' });
    expect(world.notices).toEqual([]);
  });

  test('an enforced one refuses with its name', () => {
    world.limits = new ScriptedLimits();
    (world.limits as ScriptedLimits).answer = {
      admitted: false,
      window: 'burst',
      remaining: 0,
      limit: 10,
      resetMs: world.nowMs + 1,
    };
    const { decision, ctx } = ask(compilePrincipal({ perMinute: 60, burst: {} }).head);
    expect(decision).toMatchObject({ reason: 'ratelimit.exceeded', status: 429 });
    expect(bodyOf(decision)).toMatchObject({ retry_after: 1, current_limit: 10, remaining: 0 });
    expect(fieldOf(ctx.addedHeaders, 'RateLimit')).toBe('"burst";r=0;t=1');
    expect(fieldOf(ctx.addedHeaders, 'RateLimit-Policy')).toBe('"minute";q=60;w=60, "burst";q=10');
    expect(decision.detail).toContain('10 in one burst');
  });

  test.each([true, false])('too many an hour are told to the operator, admitted or not (%j)', (admitted) => {
    world.limits = new ScriptedLimits();
    (world.limits as ScriptedLimits).answer = { admitted, burstToReview: 0 };
    const limits = [{ id: 'a', ...watched, by: ['principal', { header: 'X-Secret' }] }];
    const { head } = compilePrincipal({ limits });
    const headers = ['X-Secret', 's3cret'];
    ask(head, { principal: principalOf('key:alice'), headers });
    ask(head, { headers });
    expect(world.notices).toMatchObject([
      {
        kind: 'ratelimit.burst-abuse',
        payload: {
          client: 'key:alice',
          countedBy: 'principal and header x-secret',
          limit: 'limit `a` of orders',
          perMinute: 60,
          timesInAnHour: 4,
        },
      },
      { payload: { client: '192.0.2.7', address: '192.0.2.7', countedBy: 'address and header x-secret' } },
    ]);
    expect(JSON.stringify(world.notices)).not.toContain('s3cret');
    const [first, second] = world.notices.map(({ dedupeKey }) => dedupeKey);
    expect(first).not.toBe(second);
    expect(first!.length).toBeLessThanOrEqual(200);
  });
});

test('a refusal for want of a slot: how many there are, and to try again in a second', () => {
  world.limits = new ScriptedLimits();
  (world.limits as ScriptedLimits).answer = {
    admitted: false,
    window: 'concurrent',
    limit: 5,
    remaining: 0,
    resetMs: world.nowMs + 1000,
  };
  const { decision, ctx } = ask(compilePrincipal({ tier: 'free' }).head);
  expect(bodyOf(decision)).toMatchObject({ retry_after: 1, current_limit: 5, remaining: 0, tier: 'Free' });
  expect(fieldOf(ctx.addedHeaders, 'RateLimit')).toBe('"concurrent";r=0;t=1');
  expect(decision.detail).toBe('tier "free": 5 at once, counted by address');
});
