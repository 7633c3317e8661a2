import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { type Hit, windowsOnly } from '../../core/limits.ts';
import { createCounterTable } from './counter-table.ts';
import { openCounters } from './shared-counters.ts';
import type { HammerTask } from './testdata/hammer-worker.ts';
import { newState } from './testdata/new-state.ts';

const NOW_MS = Date.UTC(2025, 0, 20, 12);
const hit = (scope: string, client: string, perMinute: number, perHour = 0, perDay = 0): Hit => ({
  scope,
  client,
  limits: windowsOnly({ perMinute, perHour, perDay }),
  cost: 1,
});

function start(task: Omit<HammerTask, 'nowMs'>): Worker {
  const workerData: HammerTask = { ...task, nowMs: NOW_MS };
  return new Worker(new URL('./testdata/hammer-worker.ts', import.meta.url), { workerData });
}

async function hammer(
  buffer: SharedArrayBuffer,
  hits: readonly (readonly Hit[])[],
  takes: number,
): Promise<number[]> {
  const gate = new SharedArrayBuffer(4);
  const workers = hits.map((mine) => start({ buffer, gate, takes, hits: mine, dieHolding: false }));
  await Promise.all(workers.map((worker) => once(worker, 'message')));
  const totals = workers.map(async (worker) => (await once(worker, 'message'))[0] as number);
  Atomics.store(new Int32Array(gate), 0, 1);
  Atomics.notify(new Int32Array(gate), 0);
  const admitted = await Promise.all(totals);
  await Promise.all(workers.map((worker) => worker.terminate()));
  return admitted;
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);

test('four threads admit exactly the limit of one client', async () => {
  const mine = [hit('tier', 'client', 1000, 50_000, 50_000)];
  const admitted = await hammer(createCounterTable({ clients: 8 }), [mine, mine, mine, mine], 20_000);
  expect(sum(admitted)).toBe(1000);
});

test('threads that take the same two counters in opposite order neither deadlock nor miscount', async () => {
  const [a, b] = [hit('a', 'client', 0, 0, 3000), hit('b', 'client', 900)];
  const buffer = createCounterTable({ clients: 800 });
  const admitted = await hammer(
    buffer,
    [
      [a!, b!],
      [b!, a!],
      [a!, b!],
      [b!, a!],
    ],
    10_000,
  );
  expect(sum(admitted)).toBe(900);
  const state = newState();
  openCounters(buffer).take([a!], NOW_MS, state);
  expect(state.remaining, 'a refused request took nothing from the other counter').toBe(3000 - 900 - 1);
});

test('a lock whose holder was terminated is taken over, and the counts are kept', async () => {
  const buffer = createCounterTable({ clients: 16 });
  const counters = openCounters(buffer, { patience: 20 });
  const state = newState();
  const mine = hit('tier', 'client', 3);
  counters.take([mine], NOW_MS, state);

  const worker = start({ buffer, gate: new SharedArrayBuffer(4), takes: 0, hits: [], dieHolding: true });
  expect(await once(worker, 'message')).toEqual(['holding']);
  await worker.terminate();

  counters.take([mine, hit('tier', 'other', 3)], NOW_MS, state);
  expect(state).toMatchObject({ admitted: true, hit: 0, remaining: 1 });
  counters.take([mine], NOW_MS, state);
  counters.take([mine], NOW_MS, state);
  expect(state.admitted).toBe(false);
});
