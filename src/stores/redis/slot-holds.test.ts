import { afterEach, beforeEach, expect, test } from 'vitest';
import type { LimitCalls } from './limit-calls.ts';
import { SlotHolds } from './slot-holds.ts';
import { hitOf } from './testdata/guarded-world.ts';

let told: string[];
let slots: SlotHolds;

beforeEach(() => {
  told = [];
  const calls = { problem: '', add: (_group: string, _keys: string[], line: string) => told.push(line) };
  slots = new SlotHolds(calls as unknown as LimitCalls, 1000);
});
afterEach(() => slots.close());

/** Gives a client slots by a limit and ends their requests, so that they wait for the next ones. */
function give(concurrent: number, ids: readonly string[]): void {
  const hit = hitOf({ concurrent });
  for (const id of ids) slots.add(hit, '', 'counter', id, 0);
  for (const _id of ids) slots.release(hit.scope, hit.client, true, 0);
}

/** Requests that find a slot waiting, each under way with those before. */
function found(concurrent: number): number {
  const hit = hitOf({ concurrent });
  let count = 0;
  for (; slots.hasFree(hit); count++) slots.useFree(hit);
  return count;
}

test.each([
  [2, 2, 2, []],
  [2, 5, 2, []],
  [2, 1, 0, ['F a', 'F b']],
])('of slots that a limit of %i gave, a limit of %i finds %i', (given, now, count, freed) => {
  give(given, ['a', 'b']);
  expect(found(now)).toBe(count);
  expect(told.sort()).toEqual(freed);
});

test('a client that keeps its slots busy does not keep more of them than a limit that was lowered', () => {
  give(4, ['a', 'b', 'c']);
  expect(found(4)).toBe(3);
  const { scope, client } = hitOf({});
  for (let i = 0; i < 3; i++) {
    slots.release(scope, client, true, 0);
    expect(found(2)).toBe(0);
  }
  expect(told.sort()).toEqual(['F a', 'F b', 'F c']);
});
