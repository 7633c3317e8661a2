import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type CounterState, type Limits, newCounterState } from '../../core/limits.ts';
import { createCounterTable } from './counter-table.ts';
import { openCounters } from './shared-counters.ts';
import { hit, NOW_MS } from './testdata/open-table.ts';

const YEAR_MS = 365 * 86_400_000;

/** Two threads on one table; time goes on for both clocks, and the one on the wall is set as well. */
function openWorld() {
  const buffer = createCounterTable({ clients: 64 });
  const world = { wallMs: NOW_MS, steadyMs: 5_000_000.25 };
  const threads = [0, 1].map(() => openCounters(buffer, { monotonicMs: () => world.steadyMs }));
  const state = newCounterState();
  return {
    world,
    pass(ms: number) {
      world.wallMs += ms;
      world.steadyMs += ms;
    },
    take(limits: Partial<Limits>, thread = 0): CounterState {
      threads[thread]!.take([hit('c', limits)], world.wallMs, state);
      return { ...state };
    },
    giveBack(limits: Partial<Limits>, takenMs: number) {
      threads[0]!.giveBack(hit('c', limits), takenMs, world.wallMs);
    },
  };
}

describe('a clock that is set', () => {
  test.each([-YEAR_MS, -3_600_000, -2000, 2000, 3_600_000, YEAR_MS, 30 * YEAR_MS, 170 * YEAR_MS])(
    'by %d ms neither forgives nor keeps waiting, and tells instants of the clock as it is',
    (jumpMs) => {
      const { world, pass, take } = openWorld();
      for (let i = 0; i < 3; i++) take({ perMinute: 3, perDay: 50 });
      expect(take({ perMinute: 3, perDay: 50 }).admitted).toBe(false);
      world.wallMs += jumpMs;
      pass(30_000);
      const refused = take({ perMinute: 3, perDay: 50 }, 1);
      expect(refused.admitted).toBe(false);
      expect(Math.abs(refused.resetMs - (world.wallMs + 30_000))).toBeLessThanOrEqual(1000);
      pass(refused.resetMs - world.wallMs);
      expect(take({ perMinute: 3, perDay: 50 }).admitted).toBe(true);
    },
  );

  test('ahead by a year for a while leaves nobody refused for a year', () => {
    const { world, pass, take } = openWorld();
    take({ perMinute: 2 });
    world.wallMs += YEAR_MS;
    pass(1000);
    take({ perMinute: 2 });
    pass(1000);
    expect(take({ perMinute: 2 }, 1).admitted, 'the jump forgives nothing').toBe(false);
    world.wallMs -= YEAR_MS;
    pass(1000);
    expect(take({ perMinute: 2 }).admitted).toBe(false);
    pass(62_000);
    expect(take({ perMinute: 2 }, 1).admitted).toBe(true);
  });

  test('by less than a second is followed', () => {
    const { world, pass, take } = openWorld();
    take({ perMinute: 1 });
    pass(59_200);
    world.wallMs += 800;
    expect(take({ perMinute: 1 }).admitted).toBe(true);
  });

  test('again and again moves what counts by a second at most', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            passMs: fc.integer({ min: 0, max: 9000 }),
            jumpMs: fc.oneof(
              fc.constant(0),
              fc.integer({ min: -5000, max: 5000 }),
              fc.integer({ min: -1e9, max: 1e9 }),
            ),
            thread: fc.nat(1),
          }),
          { minLength: 5, maxLength: 40 },
        ),
        (steps) => {
          const { world, pass, take } = openWorld();
          const admittedMs: number[] = [];
          for (const { passMs, jumpMs, thread } of steps) {
            pass(passMs);
            world.wallMs += jumpMs;
            const within = (ms: number) => admittedMs.filter((atMs) => atMs > world.steadyMs - ms).length;
            const { admitted } = take({ perMinute: 4 }, thread);
            if (admitted) expect(within(60_000 - 2000)).toBeLessThan(4);
            else expect(within(64_635 + 2000)).toBeGreaterThanOrEqual(4);
            if (admitted) admittedMs.push(world.steadyMs);
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  test('between a request and its return keeps the number right', () => {
    const { world, pass, take, giveBack } = openWorld();
    take({ perMinute: 3 });
    const takenMs = world.wallMs;
    pass(100);
    take({ perMinute: 3 });
    giveBack({ perMinute: 3 }, takenMs);
    expect(take({ perMinute: 3 }).remaining).toBe(1);
    world.wallMs += YEAR_MS;
    giveBack({ perMinute: 3 }, world.wallMs - YEAR_MS);
    expect(take({ perMinute: 3 }).remaining, 'what was taken before is not found').toBe(0);
  });
});
