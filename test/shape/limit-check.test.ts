import { expect, test } from 'vitest';
import { CONTINUE } from '../../src/core/decision.ts';
import { type CounterState, type LimitStore, newCounterState } from '../../src/core/limits.ts';
import type { Ports } from '../../src/core/ports.ts';
import { principalLimit } from '../../src/stages/ratelimit/ratelimit.ts';
import { principalWith } from '../support/principals.ts';
import { ANY_ROUTE, contextOf } from '../support/stage-context.ts';
import { bytesPerRun } from './natives.ts';

/** What a few short strings and nothing else take: the names of the counters. */
const NAMES_BYTES = 200;

const SILENT: CounterState = { ...newCounterState(), admitted: true };
const store: LimitStore = { take: () => SILENT, release() {}, giveBack() {} };

test.each([
  [{ tier: 'all', perMinute: 100 }],
  [
    {
      tier: 'all',
      limits: [
        { id: 'a', by: ['tenant', 'user'], perMinute: 5 },
        { id: 'b', by: 'api', perHour: 9 },
      ],
    },
  ],
])('counting %j allocates nothing but the names of counters', (block) => {
  const tiers = new Map([['all', { perMinute: 9, perHour: 0, perDay: 0, concurrent: 0, burst: null }]]);
  const half = { cause: 'a test', shareOf: () => 0.5 };
  for (const limitScales of [[], [half]]) {
    const limitExceptions = { find: () => null };
    const ports = {
      clock: { nowMs: () => 1 },
      limits: store,
      limitScales,
      limitExceptions,
    } as unknown as Ports;
    const config = principalLimit.schema.parse(block);
    const { head } = principalLimit.compile(config, { ...ANY_ROUTE, tiers }, ports);
    const ctx = contextOf();
    ctx.principal = principalWith({ counterKey: 'key:abc', tier: 'all' });
    expect(head?.run(ctx)).toBe(CONTINUE);
    expect(bytesPerRun(() => void head?.run(ctx))).toBeLessThan(NAMES_BYTES * (limitScales.length + 1));
  }
});
