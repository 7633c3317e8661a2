import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { AttackFlag, createAttackFlag } from './attack-flag.ts';
import { SharedStrangers } from './shared-strangers.ts';
import type { StrangerTask } from './testdata/stranger-worker.ts';

function world({ perS = 3, untilMs = 100_000 } = {}) {
  const memory = createAttackFlag(2);
  const flag = new AttackFlag(memory);
  const clock = { time: 10_000, nowMs: () => clock.time };
  flag.set(1000, untilMs);
  flag.strangersPerS = perS;
  const threads = [new SharedStrangers(memory, 0, clock), new SharedStrangers(memory, 1, clock)] as const;
  return { flag, clock, threads };
}

test('all threads share what may pass in a second, and begin anew in the next', () => {
  const { clock, threads, flag } = world();
  const turn = () => [threads[0].admits(), threads[1].admits()];
  expect([...turn(), ...turn()]).toEqual([true, true, true, false]);
  clock.time = 10_999;
  expect(turn()).toEqual([false, false]);
  clock.time = 11_000;
  expect([...turn(), ...turn()]).toEqual([true, true, true, false]);
  expect(flag.refused).toBe(4);
});

test.each([
  ['nothing is shared', { perS: 0 }],
  ['it is over', { untilMs: 9_000 }],
])('everybody passes when %s', (_name, sketch) => {
  const { threads, flag } = world(sketch);
  for (let i = 0; i < 10; i++) expect(threads[0].admits()).toBe(true);
  expect(flag.refused).toBe(0);
});

test('the clock may be set back, and a second may be as large as there is', () => {
  const { threads, clock, flag } = world({ perS: 1_000_000 });
  clock.time = 4095 * 1000;
  flag.set(1000, 1e15);
  for (let i = 0; i < 1000; i++) expect(threads[i & 1 ? 1 : 0].admits()).toBe(true);
  flag.strangersPerS = 1000;
  expect(threads[0].admits()).toBe(false);
  clock.time = 5000;
  expect(threads[0].admits()).toBe(true);
});

test('who came is counted for each thread and summed, past what a word holds', () => {
  const memory = createAttackFlag(2);
  const words = new Int32Array(memory);
  words[16] = 2 ** 31 - 1;
  words[32] = 2 ** 31 - 1;
  const flag = new AttackFlag(memory);
  const before = flag.came;
  const clock = { nowMs: () => 0 };
  for (let i = 0; i < 3; i++) for (const t of [0, 1]) new SharedStrangers(memory, t, clock).came();
  expect((flag.came - before) >>> 0).toBe(6);
});

test('four threads at once let exactly the share pass in every second, and count everybody', async () => {
  const [threads, seconds, times, perS] = [4, 5, 20_000, 12_345];
  const buffer = createAttackFlag(threads);
  const gate = new SharedArrayBuffer(4);
  const flag = new AttackFlag(buffer);
  flag.set(1000, 1e12);
  flag.strangersPerS = perS;
  const workers = Array.from({ length: threads }, (_, thread) => {
    const workerData: StrangerTask = { buffer, thread, gate, seconds, times };
    return new Worker(new URL('./testdata/stranger-worker.ts', import.meta.url), { workerData });
  });
  await Promise.all(workers.map((worker) => once(worker, 'message')));
  for (let second = 1; second <= seconds; second++) {
    const counts = workers.map(async (worker) => (await once(worker, 'message'))[0] as number);
    Atomics.store(new Int32Array(gate), 0, second);
    Atomics.notify(new Int32Array(gate), 0);
    const admitted = await Promise.all(counts);
    expect(admitted.reduce((sum, count) => sum + count)).toBe(perS);
  }
  await Promise.all(workers.map((worker) => worker.terminate()));
  expect(flag.came).toBe(threads * seconds * times);
  expect(flag.refused).toBe(seconds * (threads * times - perS));
});
