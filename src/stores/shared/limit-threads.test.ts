import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { type Hit, type Limits, newCounterState } from '../../core/limits.ts';
import { createCounterTable } from './counter-table.ts';
import { WAYS } from './set-table.ts';
import {
  clearSlots,
  createSlotTable,
  openSlotTable,
  SLOT,
  type SlotTable,
  slotsTaken,
} from './slot-table.ts';
import { openSlots } from './slots.ts';
import type { LimitReport, LimitTask } from './testdata/limit-worker.ts';
import { hit, NOW_MS } from './testdata/open-table.ts';

const THREADS = 4;

function openWorld(limits: Partial<Limits>, cost = 1) {
  const hits: Hit[] = Array.from({ length: 64 }, (_, i) => ({ ...hit(`client-${i}`, limits), cost }));
  const shared = new SharedArrayBuffer(4 * (1 + hits.length));
  const slots = createSlotTable({ places: 1024, threads: THREADS });
  const counters = createCounterTable({ clients: 4096 });
  return {
    hits,
    slots,
    table: openSlotTable(slots),
    async start(thread: number, takes: number, together = 0): Promise<Worker> {
      const workerData: LimitTask = { counters, slots, thread, shared, hits, takes, together, nowMs: NOW_MS };
      const worker = new Worker(new URL('./testdata/limit-worker.ts', import.meta.url), { workerData });
      await once(worker, 'message');
      return worker;
    },
    openGate() {
      Atomics.store(new Int32Array(shared), 0, 1);
      Atomics.notify(new Int32Array(shared), 0);
    },
  };
}

const reportOf = async (worker: Worker): Promise<LimitReport> =>
  (await once(worker, 'message'))[0] as LimitReport;

async function run(world: ReturnType<typeof openWorld>, takes: number, together = 0): Promise<LimitReport[]> {
  const workers = await Promise.all(
    Array.from({ length: THREADS }, (_, thread) => world.start(thread, takes, together)),
  );
  const reports = workers.map(reportOf);
  world.openGate();
  const done = await Promise.all(reports);
  await Promise.all(workers.map((worker) => worker.terminate()));
  return done;
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Slots that one thread holds. */
function slotsOf({ words, entriesAt, entryWords, sets }: SlotTable, thread: number): number {
  let held = 0;
  for (let i = 0; i < sets * WAYS; i++)
    held += words[entriesAt + i * entryWords + SLOT.counts + thread] as number;
  return held;
}

const totals = (reports: readonly LimitReport[]): number[] =>
  reports[0]!.admitted.map((_, client) =>
    reports.reduce((sum, { admitted }) => sum + (admitted[client] as number), 0),
  );

test.each([
  [{ perMinute: 50, perHour: 1000 }, 1, 50],
  [{ perMinute: 1000, perHour: 100 }, 3, 33],
  [{ perDay: 500, burst: { capacity: 40, intervalMs: 1000, isEnforced: true, reviewAbove: 3 } }, 2, 20],
])(
  'four threads with 64 clients admit exactly the limit of each: %j, cost %d',
  async (limits, cost, expected) => {
    const reports = await run(openWorld(limits, cost), 4000);
    expect(new Set(totals(reports))).toEqual(new Set([expected]));
  },
);

test('four threads never have more under way than there are slots, and lose none', {
  timeout: 60_000,
}, async () => {
  const world = openWorld({ concurrent: 3 });
  const reports = await run(world, 4000, 60);
  expect(Math.max(...reports.map(({ most }) => most))).toBeLessThanOrEqual(3);
  expect(Math.min(...totals(reports)), 'slots come back').toBeGreaterThan(3);
  expect(slotsTaken(world.table)).toBe(0);
});

test('a thread that is ended in the middle leaks no slot, holds up nobody, and takes none of the others', {
  timeout: 60_000,
}, async () => {
  for (let round = 0; round < 4; round++) {
    const world = openWorld({ concurrent: 5 });
    const survivors = await Promise.all([0, 1].map((thread) => world.start(thread, 3000, 40)));
    const doomed = await world.start(2, 1e9, 40);
    const reports = survivors.map(reportOf);
    world.openGate();
    const ended = once(doomed, 'exit');
    // Somewhere in its loop: what it holds then, slots or a lock, is left behind.
    while (slotsOf(world.table, 2) <= round) await nextTurn();
    await doomed.terminate();
    await ended;
    clearSlots(world.table, 2);
    const heir = await world.start(2, 2000, 40);
    await Promise.all([...reports, reportOf(heir)]);
    expect(slotsTaken(world.table)).toBe(0);
    const state = newCounterState();
    const slots = openSlots(world.slots, 3);
    for (const mine of world.hits)
      for (let i = 0; i < 5; i++) expect(slots.take([mine], NOW_MS, state)).toBe(true);
    await Promise.all([...survivors, heir].map((worker) => worker.terminate()));
  }
});
