import { beforeEach, describe, expect, test } from 'vitest';
import { contextOf, linesOf, problemsOf, runNow } from '../../../test/support/stage-context.ts';
import { CONTINUE } from '../../core/decision.ts';
import { addressLimit, principalLimit } from './ratelimit.ts';
import {
  ask,
  bodyOf,
  compileAddress,
  compilePrincipal,
  fieldOf,
  NOW_MS,
  passed,
  principalOf,
  resetWorld,
  world,
} from './testdata/callers.ts';
import { limitsOf, tierSchema } from './tiers.ts';

beforeEach(resetWorld);

describe('a refusal', () => {
  const refusal = (offsetMs = 0) => {
    const { head } = compilePrincipal({ tier: 'basic' });
    passed(100, head);
    world.nowMs += offsetMs;
    return ask(head);
  };

  test('is what the requirements show', () => {
    const { decision, ctx } = refusal(30_000);
    expect(decision).toMatchObject({ effect: 'deny', reason: 'ratelimit.exceeded', status: 429 });
    expect(bodyOf(decision)).toEqual({
      type: 'https://portcullis.dev/reasons#ratelimit.exceeded',
      title: 'You have exceeded your rate limit',
      status: 429,
      error: 'rate_limit_exceeded',
      message: 'You have exceeded your rate limit. Please retry after 30 seconds.',
      retry_after: 30,
      current_limit: 100,
      remaining: 0,
      reset_at: '2025-01-20T14:30:30Z',
      tier: 'Basic',
      upgrade_url: 'https://company.com/pricing',
      request_id: 'id',
    });
    expect(linesOf(decision.headers)).toEqual([
      'retry-after: 30',
      'retry-after-date: Mon, 20 Jan 2025 14:30:30 GMT',
    ]);
    expect(linesOf(ctx.addedHeaders)).toEqual([
      'x-ratelimit-limit: 100',
      'x-ratelimit-remaining: 0',
      `x-ratelimit-reset: ${Date.UTC(2025, 0, 20, 14, 30, 30) / 1000}`,
      'ratelimit-policy: "minute";q=100;w=60, "hour";q=3000;w=3600, "day";q=25000;w=86400, "concurrent";q=15;qu="concurrent-requests"',
      'ratelimit: "minute";r=0;t=30',
    ]);
    expect(decision.detail).toBe('tier "basic": 100 in any minute, counted by address');
  });

  test.each([0, 1, 999, 29_001, 58_999, 59_000, 59_001, 59_999])(
    'names one instant everywhere, and who waits as told gets in (%i ms after the burst)',
    (offsetMs) => {
      world.nowMs += 123;
      const { decision, ctx } = refusal(offsetMs);
      const body = bodyOf(decision);
      const resetS = Number(fieldOf(ctx.addedHeaders, 'X-RateLimit-Reset'));
      expect(resetS).toBe(Math.ceil((NOW_MS + 123 + 60_000) / 1000));
      expect(Date.parse(body.reset_at) / 1000).toBe(resetS);
      expect(Date.parse(fieldOf(decision.headers, 'Retry-After-Date')!) / 1000).toBe(resetS);
      expect(fieldOf(decision.headers, 'Retry-After')).toBe(String(body.retry_after));
      expect(fieldOf(ctx.addedHeaders, 'RateLimit')).toBe(`"minute";r=0;t=${body.retry_after}`);
      expect(body.message).toContain(`after ${body.retry_after} seconds`);
      expect(body.retry_after).toBeGreaterThanOrEqual(1);
      const { head } = compilePrincipal({ tier: 'basic' });
      const refusedAtMs = world.nowMs;
      world.nowMs = refusedAtMs + body.retry_after * 1000;
      expect(passed(1, head)).toBe(1);
    },
  );

  test('names the second that is longest to wait for when several limits are full', () => {
    const { head } = compileAddress({ perMinute: 1, perHour: 1 });
    passed(1, head);
    expect(bodyOf(ask(head).decision).retry_after).toBe(3600);
  });

  test('has no tier for a plain limit, and no page where none is configured', () => {
    const { head } = compileAddress({ perMinute: 1 }, { upgradeUrl: '' });
    passed(1, head);
    expect(bodyOf(ask(head).decision)).toMatchObject({ tier: null, upgrade_url: null });
  });

  test('is JSON whatever tier and page are called', () => {
    const tiers = new Map([['"gö\\ld"\n', limitsOf({ perMinute: 1 })]]);
    const upgradeUrl = 'https://company.com/"\\';
    const { head } = compilePrincipal({ tier: '"gö\\ld"\n' }, { tiers, upgradeUrl });
    passed(1, head);
    expect(bodyOf(ask(head).decision)).toMatchObject({ tier: '"gö\\ld"\n', upgrade_url: upgradeUrl });
  });
});

describe('what passes', () => {
  test('is told what is left', () => {
    const { head } = compileAddress({ perMinute: 3, perHour: 100 });
    passed(1, head);
    world.nowMs += 10_500;
    const { decision, ctx } = ask(head);
    expect(decision).toBe(CONTINUE);
    expect(linesOf(ctx.addedHeaders)).toEqual([
      'x-ratelimit-limit: 3',
      'x-ratelimit-remaining: 1',
      `x-ratelimit-reset: ${NOW_MS / 1000 + 60}`,
      'ratelimit-policy: "address-minute";q=3;w=60, "address-hour";q=100;w=3600',
      'ratelimit: "address-minute";r=1;t=50',
    ]);
  });

  test('is told once when two stages count: the tighter of both, and the policies of both, whatever stands between', () => {
    const ctx = contextOf();
    ctx.addedHeaders.push('Vary', 'X-RateLimit-Limit');
    runNow(compileAddress({ perMinute: 9 }).head, ctx);
    ctx.addedHeaders.push('Access-Control-Allow-Origin', 'X-RateLimit-Limit');
    runNow(compilePrincipal({ perHour: 5 }).head, ctx);
    expect(linesOf(ctx.addedHeaders)).toEqual([
      'vary: X-RateLimit-Limit',
      'x-ratelimit-limit: 5',
      'x-ratelimit-remaining: 4',
      `x-ratelimit-reset: ${NOW_MS / 1000 + 3600}`,
      'ratelimit-policy: "address-minute";q=9;w=60, "hour";q=5;w=3600',
      'ratelimit: "hour";r=4;t=3600',
      'access-control-allow-origin: X-RateLimit-Limit',
    ]);
  });
});

describe('the check', () => {
  test('changes nothing of the request but the fields it adds, so that observe mode can let it pass', () => {
    const { head } = compilePrincipal({ tier: 'free', perMinute: 1 });
    const principal = principalOf('a', 'free');
    passed(1, head, { principal });
    const ctx = contextOf();
    ctx.principal = principal;
    const before = { ...ctx, addedHeaders: null, limitTier: 'free' };
    expect(runNow(head, ctx).effect).toBe('deny');
    expect({ ...ctx, addedHeaders: null, limitedBy: '' }).toEqual(before);
    expect(world.counters.admitted.length, 'a refused request is not counted').toBe(2);
  });

  test('counts a preflight by address as any request', () => {
    const { head } = compileAddress({ perMinute: 1 });
    expect(passed(2, head, { method: 'OPTIONS', headers: ['Origin', 'https://a.example'] })).toBe(1);
  });

  test('reads the clock itself, not the time the request began', () => {
    const { head } = compileAddress({ perMinute: 1 });
    expect(passed(1, head, { startedAtMs: 0 })).toBe(1);
    expect(world.counters.admitted[0]?.atMs).toBe(NOW_MS);
  });
});

describe('the schema', () => {
  test.each([
    [{ perMinute: 0 }, '/perMinute'],
    [{ perMinute: 1_000_001 }, '/perMinute'],
    [{ perHour: 1.5 }, '/perHour'],
    [{ perDay: '5' }, '/perDay'],
    [{ ipv6Prefix: 129 }, '/ipv6Prefix'],
    [{ ipv6Prefix: 0 }, '/ipv6Prefix'],
    [{ perSecond: 1 }, ''],
    [{ mode: 'on' }, '/mode'],
  ])('refuses %j', (block, pointer) => {
    for (const stage of [addressLimit, principalLimit]) {
      const problems = problemsOf(stage as typeof addressLimit, block);
      expect(problems).toHaveLength(1);
      expect(problems[0]).toMatch(new RegExp(`^${pointer}: `));
    }
  });

  test.each([[{ concurrent: 0 }], [{ perMinute: 0 }], [{ perDay: 1_000_001 }]])(
    'refuses the tier %j',
    (tier) => {
      expect(tierSchema.safeParse(tier).success).toBe(false);
    },
  );

  test('takes the largest limit', () => {
    expect(tierSchema.parse({ perDay: 1_000_000 })).toEqual({ perDay: 1_000_000 });
  });
});
