import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { createLoginTable } from './login-table.ts';
import { openLogins } from './shared-logins.ts';
import { attempt, NOW_MS } from './testdata/login-attempts.ts';
import type { LoginTask } from './testdata/login-worker.ts';

async function hammer(task: Omit<LoginTask, 'gate' | 'nowMs'>, threads = 4) {
  const gate = new SharedArrayBuffer(4);
  const workers = Array.from({ length: threads }, () => {
    const workerData: LoginTask = { ...task, gate, nowMs: NOW_MS };
    return new Worker(new URL('./testdata/login-worker.ts', import.meta.url), { workerData });
  });
  await Promise.all(workers.map((worker) => once(worker, 'message')));
  const results = workers.map(
    async (worker) => (await once(worker, 'message'))[0] as { admitted: number; blocks: number },
  );
  Atomics.store(new Int32Array(gate), 0, 1);
  Atomics.notify(new Int32Array(gate), 0);
  const all = await Promise.all(results);
  await Promise.all(workers.map((worker) => worker.terminate()));
  const sum = (of: 'admitted' | 'blocks') => all.reduce((total, each) => total + each[of], 0);
  return { admitted: sum('admitted'), blocks: sum('blocks') };
}

test.each([1, 3, 40])(
  'four threads with %i logins under way each let exactly six fail, and block once',
  async (together) => {
    const buffer = createLoginTable({ addresses: 64 });
    const result = await hammer({
      buffer,
      attempts: [attempt()],
      times: 20_000,
      outcome: 'failed',
      together,
    });
    expect(result).toEqual({ admitted: 6, blocks: 1 });
    expect(openLogins(buffer).find(attempt(), NOW_MS)?.cause).toBe('failures');
  },
);

test('four threads with many addresses let six of each fail, whatever table they share', async () => {
  const buffer = createLoginTable({ addresses: 8 * 64 });
  const attempts = Array.from({ length: 60 }, (_, at) => attempt(`198.51.100.${at}`));
  const result = await hammer({ buffer, attempts, times: 60 * 300, outcome: 'failed', together: 5 });
  expect(result).toEqual({ admitted: 6 * 60, blocks: 60 });
});

test('logins that succeed leave nothing behind, however many threads there are', async () => {
  const buffer = createLoginTable({ addresses: 64 });
  const result = await hammer({
    buffer,
    attempts: [attempt()],
    times: 20_000,
    outcome: 'succeeded',
    together: 1,
  });
  expect(result).toEqual({ admitted: 80_000, blocks: 0 });
  const logins = openLogins(buffer);
  for (let i = 0; i < 6; i++) expect(logins.begin(attempt(), NOW_MS)).toBeNull();
  expect(logins.begin(attempt(), NOW_MS)?.cause).toBe('concurrent');
});
