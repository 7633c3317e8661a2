import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { NO_ACTIVITY } from '../../test/support/usage-note.ts';
import { Unavailable } from '../core/errors.ts';
import type { UsageStore } from '../core/key-usage.ts';
import type { DecisionStore } from '../core/records.ts';
import type { WafStores } from '../core/waf-records.ts';
import { NoteKeeper } from './note-keeper.ts';
import { StandingProblems } from './standing-problems.ts';

const USAGE = [{ ...NO_ACTIVITY, keyId: 'k', requests: 1, errors: 0, lastUsedAtMs: 1 }];
const NOTES = { usage: USAGE, decisions: [], limits: [], rules: [], bypasses: [] };
const clock = { nowMs: () => 1000 };

beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] }));
afterEach(() => void vi.useRealTimers());

function world(stores: { addUsage?: () => Promise<void>; pruneDecisions?: () => Promise<number> }) {
  const log: string[] = [];
  const problems = new StandingProblems((level, message) => log.push(`${level} ${message}`));
  const usage = { addUsage: async () => {}, ...stores } as unknown as UsageStore;
  const decisions = {
    addDecisions: async () => {},
    pruneDecisions: async () => 0,
    ...stores,
  } as unknown as DecisionStore;
  const limitActivity = { addHours: async () => {}, listHours: async () => [], pruneHours: async () => {} };
  const waf = {
    activity: { addHours: async () => {}, prune: async () => {} },
    bypasses: { addUses: async () => {} },
  } as unknown as WafStores;
  const kept = { usage, decisions, limitActivity, waf };
  return { log, problems, keeper: new NoteKeeper(kept, clock, problems) };
}

test('close waits for what is being written', async () => {
  let finish = () => {};
  const written: string[] = [];
  const addUsage = () =>
    new Promise<void>((resolve) => {
      finish = () => {
        written.push('usage');
        resolve();
      };
    });
  const { keeper } = world({ addUsage });
  keeper.keep(NOTES);
  await vi.waitFor(() => expect(finish).not.toBe(undefined));
  const closed = keeper.close().then(() => written.push('closed'));
  await Promise.resolve();
  finish();
  await closed;
  expect(written).toEqual(['usage', 'closed']);
});

test('deleting goes on, step by step, until there is nothing more to delete', async () => {
  const left = [500, 500, 3, 0];
  const { keeper } = world({ pruneDecisions: async () => left.shift() ?? 0 });
  vi.advanceTimersByTime(5000);
  await vi.waitFor(() => expect(left).toEqual([]));
  await keeper.close();
});

test('close does not wait for all that could be deleted', async () => {
  const pruneDecisions = vi.fn(async () => 500);
  const { keeper } = world({ pruneDecisions });
  vi.advanceTimersByTime(5000);
  await vi.waitFor(() => expect(pruneDecisions).toHaveBeenCalled());
  await keeper.close();
  const { length } = pruneDecisions.mock.calls;
  vi.advanceTimersByTime(60_000);
  expect(pruneDecisions.mock.calls).toHaveLength(length);
});

test('a store that fails is a problem until it works again, and stops nothing', async () => {
  let isFull = true;
  const addUsage = async () => {
    if (isFull) throw new Unavailable('database', 'The disk of the database is full.');
  };
  const { keeper, problems, log } = world({ addUsage });
  keeper.keep(NOTES);
  keeper.keep(NOTES);
  await vi.waitFor(() => expect(problems.all).toEqual(['The disk of the database is full.']));
  isFull = false;
  keeper.keep(NOTES);
  await keeper.close();
  expect(problems.all).toEqual([]);
  expect(log).toEqual(['error The disk of the database is full.', 'info The database works again.']);
});

test('what waits for a database that does not answer is bounded, and so is the end', async () => {
  let answer = () => {};
  const addUsage = vi.fn(
    () =>
      new Promise<void>((_, reject) => {
        answer = () => reject(new Unavailable('database', 'The database cannot be reached.'));
      }),
  );
  const { keeper, problems } = world({ addUsage });
  for (let i = 0; i < 1000; i++) keeper.keep(NOTES);
  expect(problems.all).toEqual(['The database is too slow: usage and decisions are lost.']);
  await vi.waitFor(() => expect(addUsage).toHaveBeenCalledTimes(1));
  const closed = keeper.close();
  answer();
  await closed;
  expect(addUsage).toHaveBeenCalledTimes(1);
  expect(problems.all).toEqual(['The database cannot be reached.']);
});
