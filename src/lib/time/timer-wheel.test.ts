import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TICK_MS, Timer, TimerWheel } from './timer-wheel.ts';

/** A timer that notes when it fired. */
function watched(wheel: TimerWheel): { timer: Timer; fired: number[] } {
  const fired: number[] = [];
  return { timer: new Timer(wheel, { onTime: () => void fired.push(wheel.nowMs) }), fired };
}

/** Advances in even steps up to a time. */
function run(wheel: TimerWheel, untilMs: number, stepMs = 10): void {
  for (let nowMs = wheel.nowMs + stepMs; nowMs <= untilMs; nowMs += stepMs) wheel.advance(nowMs);
}

test.each([0, 1, 49, 50, 51, 1_000, 51_150, 51_200, 60_000, 3_600_000])(
  'a timer of %i ms fires once, never early, at most two ticks late',
  (delayMs) => {
    const wheel = new TimerWheel(12_345);
    const { timer, fired } = watched(wheel);
    timer.set(delayMs);
    run(wheel, 12_345 + delayMs + 10 * TICK_MS, delayMs > 100_000 ? 25 : 10);
    expect(fired).toHaveLength(1);
    expect(fired[0]).toBeGreaterThanOrEqual(12_345 + delayMs);
    expect(fired[0]).toBeLessThanOrEqual(12_345 + delayMs + 2 * TICK_MS + 10);
    expect(wheel.size).toBe(0);
  },
);

test('setting it again moves it, to later and to sooner', () => {
  const wheel = new TimerWheel(0);
  const { timer, fired } = watched(wheel);
  timer.set(100);
  timer.set(1_000);
  run(wheel, 900);
  expect(fired).toEqual([]);
  timer.set(100);
  run(wheel, 1_120);
  expect(fired).toHaveLength(1);
  timer.set(60_000);
  timer.set(100);
  run(wheel, 1_400);
  expect(fired).toHaveLength(2);
});

test('a stopped timer does not fire, and leaves the wheel in time; a removed one at once', () => {
  const wheel = new TimerWheel(0);
  const { timer, fired } = watched(wheel);
  timer.set(100);
  timer.stop();
  expect(timer.isSet).toBe(false);
  run(wheel, 300);
  expect([fired.length, wheel.size]).toEqual([0, 0]);
  timer.set(100);
  timer.remove();
  expect(wheel.size).toBe(0);
});

test('a timer may set or remove itself and others while it fires', () => {
  const wheel = new TimerWheel(0);
  const other = watched(wheel);
  const times: number[] = [];
  const timer: Timer = new Timer(wheel, {
    onTime() {
      times.push(wheel.nowMs);
      other.timer.remove();
      if (times.length < 3) timer.set(0);
    },
  });
  other.timer.set(100);
  timer.set(100);
  run(wheel, 2_000);
  expect(times).toHaveLength(3);
  expect(other.fired).toEqual([]);
});

test('after a standstill everything that is due fires', () => {
  const wheel = new TimerWheel(0);
  const all = [10, 5_000, 60_000, 200_000].map((delayMs) => {
    const one = watched(wheel);
    one.timer.set(delayMs);
    return one;
  });
  wheel.advance(1_000_000);
  run(wheel, 1_100_000, 50);
  expect(all.map(({ fired }) => fired.length)).toEqual([1, 1, 1, 1]);
  expect(wheel.size).toBe(0);
});

test('any sequence of sets and stops fires what it should and when', () => {
  const step = fc.record({
    which: fc.nat(4),
    delayMs: fc.nat(120_000),
    isStop: fc.boolean(),
    waitMs: fc.nat(30_000),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const wheel = new TimerWheel(7);
      const due: number[] = new Array(5).fill(Number.POSITIVE_INFINITY);
      const timers = due.map(
        (_, i) =>
          new Timer(wheel, {
            onTime() {
              expect(wheel.nowMs).toBeGreaterThanOrEqual(due[i] as number);
              expect(wheel.nowMs).toBeLessThanOrEqual((due[i] as number) + 3 * TICK_MS);
              due[i] = Number.POSITIVE_INFINITY;
            },
          }),
      );
      for (const { which, delayMs, isStop, waitMs } of steps) {
        if (isStop) (timers[which] as Timer).stop();
        else (timers[which] as Timer).set(delayMs);
        due[which] = isStop ? Number.POSITIVE_INFINITY : wheel.nowMs + delayMs;
        run(wheel, wheel.nowMs + waitMs, 50);
      }
      run(wheel, wheel.nowMs + 130_000, 50);
      expect(due.every((time) => time === Number.POSITIVE_INFINITY)).toBe(true);
    }),
    { numRuns: 30 },
  );
});
