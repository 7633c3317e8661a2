import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Deadlines } from './deadlines.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** Lets time pass, and the turn after it: what is given up is so once everything that has arrived was read. */
function pass(ms: number): void {
  vi.advanceTimersByTime(ms);
  vi.advanceTimersByTime(0);
}

test('what is not over in time is given up, in order, and what is over is not', () => {
  const deadlines = new Deadlines(20);
  const given: string[] = [];
  deadlines.add(performance.now(), () => given.push('first'));
  pass(5);
  const over = deadlines.add(performance.now(), () => given.push('over'));
  pass(5);
  deadlines.add(performance.now(), () => given.push('last'));
  over.isOver = true;
  pass(9);
  expect(given).toEqual([]);
  // A millisecond late where the fractions of the clock are rounded.
  pass(2);
  expect(given).toEqual(['first']);
  pass(7);
  expect(given).toEqual(['first']);
  pass(3);
  expect(given).toEqual(['first', 'last']);
  expect(vi.getTimerCount()).toBe(0);
});

test('one timer serves all', () => {
  const deadlines = new Deadlines(20);
  for (let i = 0; i < 1000; i++) deadlines.add(performance.now(), () => {});
  expect(vi.getTimerCount()).toBe(1);
});

test('what is given up may begin something again', () => {
  const deadlines = new Deadlines(20);
  let count = 0;
  const again = () => {
    if (++count < 3) deadlines.add(performance.now(), again);
  };
  again();
  pass(100);
  expect(count).toBe(3);
});
