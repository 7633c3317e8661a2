import { describe, expect, test } from 'vitest';
import { ANY_ROUTE, contextOf } from '../../../test/support/stage-context.ts';
import { CONTINUE, type Decision } from '../../core/decision.ts';
import {
  type CounterState,
  type CountingRule,
  type LimitStore,
  newCounterState,
  type OnUnavailable,
} from '../../core/limits.ts';
import type { Ports } from '../../core/ports.ts';
import { reportDegraded } from './degraded.ts';
import { addressLimit, principalLimit } from './ratelimit.ts';
import { bodyOf, fieldOf } from './testdata/callers.ts';

const PROBLEM = 'redis://cache did not answer within 20 ms.';

/** A store that answers every request as told, and remembers by which rule it was asked. */
function storeSaying(told: Partial<CounterState>) {
  const rules: CountingRule[] = [];
  const store: LimitStore = {
    take: (_hits, rule) => {
      rules.push(rule);
      return Promise.resolve({ ...newCounterState(), ...told });
    },
    release() {},
    giveBack() {},
  };
  return {
    rules,
    ports: {
      clock: { nowMs: () => 1000 },
      limits: store,
      limitScales: [],
      limitExceptions: { find: () => null },
    } as unknown as Ports,
  };
}

describe.each([
  ['addressLimit', addressLimit],
  ['rateLimit', principalLimit],
] as const)('%s', (_key, stage) => {
  test.each<[object, boolean, OnUnavailable]>([
    [{}, false, 'local'],
    [{}, true, 'deny'],
    [{ onUnavailable: 'local' }, true, 'local'],
    [{ onUnavailable: 'allow' }, true, 'allow'],
    [{ onUnavailable: 'deny' }, false, 'deny'],
  ])('%j where logins are guarded: %s is %s', async (block, guardsLogins, expected) => {
    const { rules, ports } = storeSaying({ admitted: true });
    const config = stage.schema.parse({ perMinute: 5, ...block });
    const { head } = stage.compile(config as never, { ...ANY_ROUTE, guardsLogins }, ports);
    await head?.run(contextOf());
    expect(rules).toEqual([{ counting: 'strict', onUnavailable: expected }]);
  });

  test('only `allow` is weak', () => {
    const weak = (onUnavailable?: OnUnavailable) =>
      stage.weaknesses?.(stage.schema.parse({ perMinute: 5, onUnavailable }) as never);
    expect(weak('allow')).toEqual([
      { pointer: '/onUnavailable', message: expect.stringContaining('no limit') },
    ]);
    for (const strong of ['local', 'deny', undefined] as const) expect(weak(strong)).toEqual([]);
  });
});

async function askOf(
  told: Partial<CounterState>,
): Promise<{ decision: Decision; ctx: ReturnType<typeof contextOf> }> {
  const { ports } = storeSaying({ problem: PROBLEM, ...told });
  const { head } = addressLimit.compile(addressLimit.schema.parse({ perMinute: 5 }), ANY_ROUTE, ports);
  const ctx = contextOf();
  return { decision: (await head?.run(ctx)) as Decision, ctx };
}

describe('what is said of a limit that was decided without its store', () => {
  test('denied: 503 with when to come back, and the store nowhere', async () => {
    const { decision, ctx } = await askOf({ degraded: 'deny' });
    expect(decision).toMatchObject({
      effect: 'deny',
      reason: 'ratelimit.unavailable',
      status: 503,
      detail: PROBLEM,
    });
    expect(decision.headers).toEqual(['Retry-After', '5']);
    expect(bodyOf(decision)).toMatchObject({ status: 503, error: 'service_unavailable', retry_after: 5 });
    expect(JSON.stringify(bodyOf(decision))).not.toMatch(/redis|counter|limit-/i);
    expect(ctx.addedHeaders).toEqual(['X-RateLimit-Degraded', 'deny']);
    expect(ctx.degraded).toBe(`deny: ${PROBLEM}`);
  });

  test.each(['local', 'allow'] as const)('admitted by %s', async (degraded) => {
    const { decision, ctx } = await askOf({ degraded, admitted: true });
    expect(decision).toBe(CONTINUE);
    expect(fieldOf(ctx.addedHeaders, 'X-RateLimit-Degraded')).toBe(degraded);
    expect(ctx.degraded).toBe(`${degraded}: ${PROBLEM}`);
  });

  test('refused by the share of this gateway: 429 as ever', async () => {
    const { decision, ctx } = await askOf({ degraded: 'local', limit: 2, resetMs: 31_000 });
    expect(decision).toMatchObject({ reason: 'ratelimit.exceeded', status: 429 });
    expect(fieldOf(ctx.addedHeaders, 'X-RateLimit-Degraded')).toBe('local');
    expect(fieldOf(ctx.addedHeaders, 'X-RateLimit-Limit')).toBe('2');
  });

  test('nothing where the store answered', async () => {
    const { ctx } = await askOf({ admitted: true, limit: 5, problem: '' });
    expect(ctx.addedHeaders).not.toContain('X-RateLimit-Degraded');
    expect(ctx.degraded).toBe('');
  });

  test.each<[OnUnavailable, OnUnavailable, OnUnavailable]>([
    ['local', 'allow', 'allow'],
    ['allow', 'local', 'allow'],
    ['local', 'deny', 'deny'],
    ['deny', 'local', 'deny'],
  ])('%s and then %s: once, as %s', (first, second, told) => {
    const ctx = contextOf();
    reportDegraded(ctx, first, 'a.');
    reportDegraded(ctx, second, 'b.');
    expect(ctx.addedHeaders).toEqual(['X-RateLimit-Degraded', told]);
    expect(ctx.degraded).toBe(`${told}: ${told === first ? 'a.' : 'b.'}`);
  });

  test('a field that another stage left with such a value is no place for it', () => {
    const ctx = contextOf();
    ctx.addedHeaders.push('X-Note', 'X-RateLimit-Degraded');
    reportDegraded(ctx, 'local', 'a.');
    expect(ctx.addedHeaders).toEqual(['X-Note', 'X-RateLimit-Degraded', 'X-RateLimit-Degraded', 'local']);
  });
});
