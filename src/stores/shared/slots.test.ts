import { describe, expect, test } from 'vitest';
import { type Hit, newCounterState } from '../../core/limits.ts';
import { setOf, WAYS } from './set-table.ts';
import {
  clearSlots,
  createSlotTable,
  lockTagOf,
  openSlotTable,
  slotsTaken,
  unplacedIn,
} from './slot-table.ts';
import { openSlots } from './slots.ts';
import { hit, NOW_MS } from './testdata/open-table.ts';

const of = (client: string, concurrent: number, scope = 'tier'): Hit => hit(client, { concurrent }, scope);

function openThreads({ places = 64, threads = 2 } = {}) {
  const buffer = createSlotTable({ places, threads });
  const table = openSlotTable(buffer);
  const slots = Array.from({ length: threads }, (_, thread) => openSlots(buffer, thread));
  const state = newCounterState();
  return {
    table,
    state,
    take: (thread: number, ...hits: Hit[]) => slots[thread]!.take(hits, NOW_MS, state),
    release: (thread: number, { scope, client }: Hit) => slots[thread]!.release(scope, client),
    reopen(thread: number) {
      clearSlots(table, thread);
      slots[thread] = openSlots(buffer, thread);
    },
  };
}

describe('slots', () => {
  test('are as many as the limit, on all threads together, and free again when given back', () => {
    const { take, release, state } = openThreads();
    const mine = of('c', 3);
    expect([take(0, mine), take(1, mine), take(0, mine), take(1, mine)]).toEqual([true, true, true, false]);
    expect(state).toMatchObject({
      admitted: false,
      window: 'concurrent',
      limit: 3,
      remaining: 0,
      resetMs: NOW_MS + 1000,
      degraded: '',
      problem: '',
    });
    release(1, mine);
    expect([take(0, mine), take(0, mine)]).toEqual([true, false]);
  });

  test('are taken for all hits or for none', () => {
    const { table, take, state } = openThreads();
    const [wide, narrow] = [of('c', 9), of('c', 1, 'route')];
    expect([take(0, wide, narrow), take(0, wide, narrow)]).toEqual([true, false]);
    expect(state.hit).toBe(1);
    expect(slotsTaken(table)).toBe(2);
  });

  test('of two hits on the same counter are two', () => {
    const { table, take } = openThreads();
    const mine = of('c', 3);
    expect([take(0, mine, mine), take(0, mine, mine), take(0, mine)]).toEqual([true, false, true]);
    expect(slotsTaken(table)).toBe(3);
    const single = of('d', 1);
    expect(take(0, single, single)).toBe(false);
  });

  test('of two hits on the same counter have one entry, whatever the hit before them was in the last request', () => {
    const { table, take, release } = openThreads();
    const mine = of('c', 3);
    release(0, mine);
    expect(take(0, hit('free', { perMinute: 1 }), mine, mine)).toBe(true);
    expect(take(0, mine, mine)).toBe(false);
    for (let i = 0; i < 2; i++) release(0, mine);
    expect(slotsTaken(table)).toBe(0);
  });

  test('that are not limited take nothing and say nothing', () => {
    const { table, take, state } = openThreads();
    expect(take(0, hit('c', { perMinute: 1 }))).toBe(true);
    expect(state).toEqual(newCounterState());
    expect(slotsTaken(table)).toBe(0);
  });

  test('that are not held are not given back, nor are those of another thread', () => {
    const { table, take, release } = openThreads();
    const mine = of('c', 2);
    take(0, mine);
    release(1, mine);
    release(0, of('stranger', 2));
    release(0, of('c', 2, 'other scope'));
    expect(slotsTaken(table)).toBe(1);
    release(0, mine);
    release(0, mine);
    expect(slotsTaken(table)).toBe(0);
    expect(take(0, mine)).toBe(true);
  });

  test('of a lowered limit are counted against it', () => {
    const { take, release } = openThreads();
    for (let i = 0; i < 4; i++) take(0, of('c', 5));
    expect(take(0, of('c', 3))).toBe(false);
    release(0, of('c', 3));
    release(0, of('c', 3));
    expect(take(0, of('c', 3))).toBe(true);
  });

  test('of more than eight hits are a mistake of the caller, and so is a thread that is none', () => {
    const { take } = openThreads();
    expect(() => take(0, ...Array.from({ length: 9 }, (_, i) => of(`${i}`, 1)))).toThrow(RangeError);
    const buffer = createSlotTable({ places: 8, threads: 2 });
    for (const thread of [-1, 2, 0.5, Number.NaN])
      expect(() => openSlots(buffer, thread)).toThrow(RangeError);
  });
});

describe('a table of slots', () => {
  test('that is full of live clients refuses another, says why, and counts it', () => {
    const { table, take, release, state } = openThreads({ places: WAYS });
    const live = Array.from({ length: WAYS }, (_, i) => of(`live-${i}`, 2));
    for (const each of live) expect(take(0, each)).toBe(true);
    expect(take(1, of('new', 2))).toBe(false);
    expect(state).toMatchObject({ admitted: false, degraded: 'deny' });
    expect(state.problem).toMatch(/no place/);
    expect(unplacedIn(table)).toBe(1);
    expect(take(1, live[3]!), 'who is there already is served').toBe(true);
    release(0, live[5]!);
    expect(take(1, of('new', 2))).toBe(true);
    expect(unplacedIn(table)).toBe(1);
  });

  test('gives no place twice within one request, whoever had it before', () => {
    const { table, take, release } = openThreads({ places: WAYS });
    const clients = Array.from({ length: WAYS }, (_, i) => of(`c-${i}`, 1));
    for (let round = 0; round < 20; round++) {
      const shuffled = clients.map((_, i) => clients[(i * 3 + round) % WAYS]!);
      expect(take(round % 2, ...shuffled)).toBe(true);
      expect(slotsTaken(table)).toBe(WAYS);
      for (const each of clients) release(round % 2, each);
      expect(slotsTaken(table)).toBe(0);
    }
  });

  test('holds nearly as many clients as it has places: each has the choice of two sets', () => {
    const { take } = openThreads({ places: 4096, threads: 1 });
    for (let i = 0; i < 3000; i++) expect(take(0, of(`c-${i}`, 1))).toBe(true);
  });

  test.each([
    [0, 1],
    [8, 0],
    [8, 1.5],
    [1e12, 1],
  ])('for %d clients and %d threads is refused', (places, threads) => {
    expect(() => createSlotTable({ places, threads })).toThrow(RangeError);
  });

  test('of another kind is refused', () => {
    expect(() => openSlotTable(new SharedArrayBuffer(0))).toThrow(TypeError);
    expect(() => openSlotTable(new SharedArrayBuffer(4096))).toThrow(TypeError);
  });
});

describe('a thread that ended', () => {
  test('leaves no slot behind, and takes none of the others with it', () => {
    const { table, take, reopen } = openThreads();
    const mine = of('c', 5);
    for (const thread of [0, 0, 0, 1, 1]) take(thread, mine);
    reopen(0);
    expect(slotsTaken(table)).toBe(2);
    expect([take(0, mine), take(1, mine), take(0, mine), take(0, mine)]).toEqual([true, true, true, false]);
  });

  test('leaves no lock behind, and those of others are kept', () => {
    const { table, take, reopen } = openThreads();
    const { words, locksAt } = table;
    words[locksAt] = lockTagOf(0) | 77;
    words[locksAt + 1] = lockTagOf(1) | 78;
    reopen(0);
    expect([words[locksAt], words[locksAt + 1]]).toEqual([0, lockTagOf(1) | 78]);
    words[locksAt + 1] = 0;
    expect(take(0, of('c', 1))).toBe(true);
  });

  test('between the words of a hash leaves a free place', () => {
    const { table, take, reopen } = openThreads({ places: WAYS });
    for (let way = 0; way < WAYS; way++) table.words[table.entriesAt + way * table.entryWords] = 0x1234;
    reopen(0);
    expect(setOf(table, 5)).toBe(0);
    for (let i = 0; i < WAYS; i++) expect(take(0, of(`c-${i}`, 1))).toBe(true);
  });

  test('with an index that the table has no counts for is a mistake', () => {
    const { table } = openThreads();
    expect(() => clearSlots(table, 2)).toThrow(RangeError);
  });
});
