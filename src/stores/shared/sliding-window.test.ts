import fc from 'fast-check';
import { expect, test } from 'vitest';
import { NO_LIMITS, type WindowLimits, windowsOnly } from '../../core/limits.ts';
import { createCounterTable } from './counter-table.ts';
import { openCounters } from './shared-counters.ts';
import { newState } from './testdata/new-state.ts';
import { CELL_QUANTA, QUANTA, WINDOWS } from './window.ts';

/** The exact model: every admitted request of one client with its time. Counts those later than `sinceMs`. */
class ExactLog {
  readonly timesMs: number[] = [];
  nowMs = 0;

  advance(nowMs: number): number {
    this.nowMs = Math.max(this.nowMs, nowMs);
    return this.nowMs;
  }

  countSince(sinceMs: number): number {
    return this.timesMs.filter((timeMs) => timeMs > sinceMs).length;
  }
}

/** A hit may be remembered this part of a window longer. */
const LATE = CELL_QUANTA / QUANTA;

const limitOf = fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 12 }), fc.integer({ min: 13, max: 60 }));
const limitsOf = fc.record({ perMinute: limitOf, perHour: limitOf, perDay: limitOf });
const stepOf = fc.oneof(
  { weight: 6, arbitrary: fc.record({ gapMs: fc.constant(0), takes: fc.integer({ min: 1, max: 40 }) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      gapMs: fc.integer({ min: 1, max: 12_000 }),
      takes: fc.integer({ min: 1, max: 6 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      // Around the ends of buckets and windows, where rounding decides.
      gapMs: fc
        .tuple(
          fc.constantFrom(15, 4620, 60_000, 64_620, 900, 277_200, 3_600_000, 21_600, 86_400_000),
          fc.integer({ min: -16, max: 16 }),
        )
        .map(([ms, off]) => Math.max(0, ms + off)),
      takes: fc.integer({ min: 1, max: 3 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      gapMs: fc.integer({ min: 60_000, max: 4_000_000 }),
      takes: fc.integer({ min: 1, max: 20 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      gapMs: fc.integer({ min: 1, max: 400_000_000 }),
      takes: fc.integer({ min: 1, max: 20 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      gapMs: fc.integer({ min: -100_000, max: -1 }),
      takes: fc.integer({ min: 1, max: 20 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      gapMs: fc.double({ min: 0, max: 30, noNaN: true }),
      takes: fc.integer({ min: 1, max: 4 }),
    }),
  },
);

function checkTake(
  log: ExactLog,
  nowMs: number,
  limits: WindowLimits,
  state: ReturnType<typeof newState>,
): void {
  const now = log.advance(nowMs);
  let mustRefuse = false;
  let mustAdmit = true;
  for (const window of WINDOWS) {
    const limit = limits[window.limit];
    if (limit === 0) continue;
    if (log.countSince(now - window.lengthMs) >= limit) mustRefuse = true;
    if (log.countSince(now - window.lengthMs * (1 + LATE)) >= limit) mustAdmit = false;
  }
  if (mustRefuse) expect(state.admitted, 'admitted more than the limit within a window').toBe(false);
  if (mustAdmit) expect(state.admitted, 'refused although the late window has room').toBe(true);
  if (state.admitted) log.timesMs.push(now);
  else expect(state.resetMs).toBeGreaterThan(nowMs);
}

test('never admits more than a limit in any window, and is late by 7.7 % of the window at most', {
  timeout: 30_000,
}, () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 2 ** 41 }),
      limitsOf,
      limitsOf,
      fc.array(stepOf, { minLength: 1, maxLength: 60 }),
      (startMs, before, after, steps) => {
        const counters = openCounters(createCounterTable({ clients: 8 }));
        const hit = { scope: 'tier', client: 'c', limits: windowsOnly(before), cost: 1 };
        const state = newState();
        const log = new ExactLog();
        let nowMs = startMs;
        for (const [i, { gapMs, takes }] of steps.entries()) {
          // The reload: only windows that were limited before have counts to go by.
          if (i === 30) hit.limits = windowsOnly(keepLimited(before, after));
          nowMs = Math.max(0, nowMs + gapMs);
          for (let take = 0; take < takes; take++) {
            counters.take([hit], nowMs, state);
            checkTake(log, nowMs, hit.limits, state);
          }
        }
      },
    ),
    { numRuns: 1000 },
  );
});

function keepLimited(before: WindowLimits, after: WindowLimits): WindowLimits {
  return {
    perMinute: before.perMinute === 0 ? 0 : after.perMinute,
    perHour: before.perHour === 0 ? 0 : after.perHour,
    perDay: before.perDay === 0 ? 0 : after.perDay,
  };
}

test('a refused client that comes back at resetMs is admitted, and a millisecond earlier it is not', {
  timeout: 30_000,
}, () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 2 ** 41 }),
      fc.integer({ min: 1, max: 30 }),
      fc.array(fc.integer({ min: 0, max: 20_000 }), { minLength: 30, maxLength: 60 }),
      fc.constantFrom('perMinute' as const, 'perHour' as const, 'perDay' as const),
      (startMs, limit, gapsMs, key) => {
        const counters = openCounters(createCounterTable({ clients: 8 }));
        const limits = { ...NO_LIMITS, [key]: limit };
        const hits = [{ scope: 'tier', client: 'c', limits, cost: 1 }];
        const state = newState();
        let nowMs = startMs;
        for (const gapMs of gapsMs) {
          nowMs += gapMs;
          counters.take(hits, nowMs, state);
          if (state.admitted) continue;
          const { resetMs } = state;
          counters.take(hits, resetMs - 1, state);
          expect(state.admitted).toBe(false);
          expect(state.resetMs).toBe(resetMs);
          counters.take(hits, resetMs, state);
          expect(state.admitted).toBe(true);
          nowMs = resetMs;
        }
      },
    ),
    { numRuns: 300 },
  );
});
