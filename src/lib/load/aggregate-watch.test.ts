import { describe, expect, test } from 'vitest';
import { type AggregateRule, AggregateWatch } from './aggregate-watch.ts';

const RULE: AggregateRule = {
  thresholdPerS: 100,
  startAfterMs: 10_000,
  endAfterMs: 180_000,
  mostMs: 3_600_000,
  holdOffMs: 900_000,
};

/** Second and event of all that happened. */
function run(perS: (second: number) => number, seconds: number, watch = new AggregateWatch()): string[] {
  const events: string[] = [];
  for (let second = 1; second <= seconds; second++) {
    const event = watch.step(perS(second), 1000, RULE);
    if (event !== '') events.push(`${second} ${event}`);
  }
  return events;
}

describe('an attack by the aggregate', () => {
  test.each<[string, (second: number) => number, number, string[]]>([
    ['nothing at the threshold itself', () => 100, 1000, []],
    ['nothing for a burst of nine seconds', (s) => (s < 10 ? 1e6 : 50), 1000, []],
    ['nothing for one burst a minute', (s) => (s % 60 < 9 ? 1e6 : 0), 3000, []],
    ['a start after ten seconds above it', () => 101, 10, ['10 start']],
    ['a start for who pauses every third second', (s) => (s % 3 === 0 ? 0 : 500), 30, ['19 start']],
    ['an end after three minutes of calm', (s) => (s <= 60 ? 500 : 50), 300, ['10 start', '240 calm']],
    ['no end between calm and threshold', (s) => (s <= 60 ? 500 : 90), 2000, ['10 start']],
    ['an end after its longest time', () => 500, 3700, ['10 start', '3610 time']],
    ['another start when it was held off', () => 500, 4521, ['10 start', '3610 time', '4520 start']],
  ])('%s', (_name, perS, seconds, events) => {
    expect(run(perS, seconds)).toEqual(events);
  });

  test('a relapse puts the end off by more than its length', () => {
    const relapsing = (s: number): number => (s <= 60 || (s > 200 && s <= 210) ? 500 : 50);
    expect(run(relapsing, 400)).toEqual(['10 start', '290 calm']);
  });

  test('held off, nothing starts until then', () => {
    const watch = new AggregateWatch();
    watch.holdOff(60_000);
    expect(run(() => 500, 69, watch)).toEqual([]);
    expect(run(() => 500, 1, watch)).toEqual(['1 start']);
  });

  test('nothing starts while no threshold is known', () => {
    const watch = new AggregateWatch();
    expect(watch.step(1e9, 1e9, { ...RULE, thresholdPerS: Number.POSITIVE_INFINITY })).toBe('');
  });
});
