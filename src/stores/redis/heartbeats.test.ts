import { beforeEach, expect, test } from 'vitest';
import { createGuardFacts, GuardFacts } from './guard-facts.ts';
import { type BeatLink, Heartbeats } from './heartbeats.ts';

const NOW_MS = Date.UTC(2025, 0, 20);
let nowMs: number;
let answer: unknown;
let facts: GuardFacts;
let beats: Heartbeats;

/** A connection whose server answers as the test says; an error is a server that is gone. */
const link: BeatLink = {
  ask: () => (answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer as never)),
};

beforeEach(() => {
  nowMs = NOW_MS;
  facts = new GuardFacts(createGuardFacts(1));
  beats = new Heartbeats(link, 'me', facts, { nowMs: () => nowMs });
});

/** Beats once a second, with such an answer each time; how many gateways are known after each. */
async function hear(...answers: unknown[]): Promise<number[]> {
  const known: number[] = [];
  for (answer of answers) {
    nowMs += 1000;
    await beats.beat();
    known.push(facts.gateways);
  }
  return known;
}

test('more gateways count at once', async () => {
  expect(await hear([1, 0], [2, 1], [4, 1])).toEqual([1, 2, 4]);
});

test('fewer count after five heartbeats that agree', async () => {
  expect(await hear([3, 0], [1, 1], [1, 1], [1, 1], [1, 1], [1, 1])).toEqual([3, 3, 3, 3, 3, 1]);
});

test('the last number stays while Redis is gone, and through its return', async () => {
  const gone = new Error('gone');
  expect(await hear([3, 0], gone, gone, gone, gone, gone, gone, [1, 0], [2, 1])).toEqual(Array(9).fill(3));
});

test.each([null, 'OK', 7, [], [0, 1], ['2', 1], [Number.NaN, 1], [1e9 + 0.5, 1]])(
  '%j is no number of gateways',
  async (garbage) => {
    expect(await hear([2, 0], garbage)).toEqual([2, 2]);
  },
);

test('a server that does not know a gateway which beat a moment ago has lost its memory', async () => {
  await hear([2, 0], [2, 1]);
  expect(facts.sinceLossMs(nowMs)).toBe(Number.POSITIVE_INFINITY);
  await hear([1, 0]);
  expect(facts.sinceLossMs(nowMs)).toBe(0);
});

test('one that was silent for longer than it is remembered is not a sign of that', async () => {
  await hear([2, 0]);
  nowMs += 60_000;
  await hear([1, 0]);
  expect(facts.sinceLossMs(nowMs)).toBe(Number.POSITIVE_INFINITY);
});
