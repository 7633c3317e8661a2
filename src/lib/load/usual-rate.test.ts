import { describe, expect, test } from 'vitest';
import { UsualRate } from './usual-rate.ts';

const HOUR_S = 3600;
const LEAST = 20;

function feed(usual: UsualRate, perS: (second: number) => number, seconds: number): UsualRate {
  for (let second = 0; second < seconds; second++) usual.add(perS(second), 1000, LEAST);
  return usual;
}

describe('the usual rate', () => {
  test('is known after an hour, as the mean of it', () => {
    const usual = feed(new UsualRate(), (second) => (second % 2 === 0 ? 80 : 120), HOUR_S - 1);
    expect(usual.isKnown).toBe(false);
    feed(usual, () => 100, 1);
    expect(usual.isKnown).toBe(true);
    expect(usual.perS).toBeCloseTo(100, 0);
  });

  test('follows in a day what became twice as much', () => {
    const usual = feed(new UsualRate(), () => 100, HOUR_S);
    feed(usual, () => 200, 24 * HOUR_S);
    expect(usual.perS).toBeGreaterThan(195);
  });

  test('stays much of what it was over a night', () => {
    const usual = feed(new UsualRate(), () => 100, HOUR_S);
    feed(usual, () => 5, 8 * HOUR_S);
    expect(usual.perS).toBeGreaterThan(65);
  });

  test.each([
    ['a million per second', () => 1e6],
    ['whatever is twice the usual', (usual: UsualRate) => usual.perS * 2],
  ])('is not made five times as high in six hours by %s', (_name, attack) => {
    const usual = feed(new UsualRate(), () => 100, HOUR_S);
    feed(usual, () => attack(usual), 6 * HOUR_S);
    expect(usual.perS).toBeLessThan(500);
  });

  test('begins to grow from nothing, by what may be learned at any time', () => {
    const usual = feed(new UsualRate(), () => 0, HOUR_S);
    feed(usual, () => 1e6, HOUR_S);
    expect(usual.perS).toBeGreaterThan(5);
    expect(usual.perS).toBeLessThan(2 * LEAST);
  });

  test('does not jump for a sample over a long gap', () => {
    const usual = feed(new UsualRate(), () => 100, HOUR_S);
    usual.add(0, 7 * 24 * HOUR_S * 1000, LEAST);
    expect(usual.perS).toBeGreaterThan(99);
  });
});
