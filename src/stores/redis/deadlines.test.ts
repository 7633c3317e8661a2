import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Deadlines } from './deadlines.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

test('what is not over in time is given up, in order, and what is over is not', () => {
  const deadlines = new Deadlines(20);
  const given: string[] = [];
  deadlines.add(performance.now(), () => given.push('first'));
  vi.advanceTimersByTime(5);
  const over = deadlines.add(performance.now(), () => given.push('over'));
  vi.advanceTimersByTime(5);
  deadlines.add(performance.now(), () => given.push('last'));
  over.isOver = true;
  vi.advanceTimersByTime(9);
  expect(given).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(given).toEqual(['first']);
  vi.advanceTimersByTime(9);
  expect(given).toEqual(['first']);
  vi.advanceTimersByTime(1);
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
  vi.advanceTimersByTime(100);
  expect(count).toBe(3);
});
