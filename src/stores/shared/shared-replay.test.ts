import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { describe, expect, test } from 'vitest';
import { createReplayTable, openReplayTable } from './replay-table.ts';
import { lockAll } from './set-lock.ts';
import { SharedReplay } from './shared-replay.ts';
import type { ReplayTask } from './testdata/replay-worker.ts';

const NOW_MS = Date.UTC(2026, 0, 2, 3, 4, 5);
const MINUTE_MS = 60_000;

function openReplay(entries = 1000) {
  const clock = { time: NOW_MS, nowMs: () => clock.time };
  const buffer = createReplayTable({ entries });
  return { clock, buffer, replay: new SharedReplay(buffer, clock) };
}

describe('once', () => {
  test('accepts an identifier once until its time, and then it is over', () => {
    const { clock, replay } = openReplay();
    const untilMs = NOW_MS + 10 * MINUTE_MS;
    expect(replay.once('jwt', 'a', untilMs)).toBe('accepted');
    expect(replay.once('jwt', 'a', untilMs)).toBe('replayed');
    clock.time = untilMs - 1;
    expect(replay.once('jwt', 'a', untilMs)).toBe('replayed');
    clock.time = untilMs;
    expect(replay.once('jwt', 'a', untilMs + MINUTE_MS)).toBe('accepted');
    expect(replay.once('jwt', 'a', untilMs + MINUTE_MS)).toBe('replayed');
  });

  test('a part of a second counts as a whole one', () => {
    const { clock, replay } = openReplay();
    replay.once('jwt', 'a', NOW_MS + 1);
    clock.time += 999;
    expect(replay.once('jwt', 'a', NOW_MS + 1)).toBe('replayed');
  });

  test.each([
    ['jwt', 'b'],
    ['jwt2', 'a'],
    ['jwt', 'A'],
    ['jwt', 'a '],
    ['jw', 'ta'],
    ['jwt', ''],
  ])('%s %j is another one', (scope, id) => {
    const { replay } = openReplay();
    replay.once('jwt', 'a', NOW_MS + MINUTE_MS);
    expect(replay.once(scope, id, NOW_MS + MINUTE_MS)).toBe('accepted');
  });

  test('a clock that is set back forgets nothing', () => {
    const { clock, replay } = openReplay();
    replay.once('jwt', 'a', NOW_MS + MINUTE_MS);
    clock.time -= 30 * MINUTE_MS;
    expect(replay.once('jwt', 'a', NOW_MS + MINUTE_MS)).toBe('replayed');
  });

  test('what was of no use may come again, once', () => {
    const { replay } = openReplay();
    replay.forget('webhook', 'a');
    for (const id of ['a', 'b']) expect(replay.once('webhook', id, NOW_MS + MINUTE_MS)).toBe('accepted');
    replay.forget('webhook', 'a');
    replay.forget('other', 'b');
    expect(replay.once('webhook', 'a', NOW_MS + MINUTE_MS)).toBe('accepted');
    expect(replay.once('webhook', 'a', NOW_MS + MINUTE_MS)).toBe('replayed');
    expect(replay.once('webhook', 'b', NOW_MS + MINUTE_MS)).toBe('replayed');
  });
});

describe('bound', () => {
  const use = (replay: SharedReplay, binding: string, untilMs = NOW_MS + 60 * MINUTE_MS) =>
    replay.bound('jwt', 'a', binding, untilMs, 5 * MINUTE_MS);

  test('another binding is refused until the window after the last use is over', () => {
    const { clock, replay } = openReplay();
    expect([use(replay, 'x'), use(replay, 'x'), use(replay, 'y')]).toEqual([
      'accepted',
      'accepted',
      'replayed',
    ]);
    clock.time += 4 * MINUTE_MS;
    expect(use(replay, 'x')).toBe('accepted');
    clock.time += 4 * MINUTE_MS;
    expect(use(replay, 'y'), 'the window slides with each use').toBe('replayed');
    clock.time += MINUTE_MS;
    expect(use(replay, 'y'), 'what was refused did not slide it').toBe('accepted');
    expect(use(replay, 'x')).toBe('replayed');
  });

  test('what was used once is not accepted as bound, nor the other way round', () => {
    const { replay } = openReplay();
    replay.once('jwt', 'a', NOW_MS + MINUTE_MS);
    expect(use(replay, '')).toBe('replayed');
    replay.bound('jwt', 'b', '', NOW_MS + MINUTE_MS, MINUTE_MS);
    expect(replay.once('jwt', 'b', NOW_MS + MINUTE_MS)).toBe('replayed');
  });
});

describe('recall and confirm', () => {
  const args = ['jwt', 'a', 'x', NOW_MS + 60 * MINUTE_MS, 5 * MINUTE_MS] as const;
  const other = ['jwt', 'a', 'y', NOW_MS + 60 * MINUTE_MS, 5 * MINUTE_MS] as const;

  test('vouches for what was confirmed, for as long', () => {
    const { clock, replay } = openReplay();
    expect(replay.recall(...args)).toBe(null);
    replay.confirm('jwt', 'a', 'x', NOW_MS + 5 * MINUTE_MS, NOW_MS + 30_000);
    expect([replay.recall(...args), replay.recall(...other)]).toEqual(['accepted', 'replayed']);
    clock.time += 30_000;
    expect([replay.recall(...args), replay.recall(...other)]).toEqual([null, 'replayed']);
    replay.confirm('jwt', 'a', 'y', clock.time + 5 * MINUTE_MS, clock.time + 30_000);
    expect([replay.recall(...args), replay.recall(...other)]).toEqual(['replayed', 'accepted']);
    clock.time += 6 * MINUTE_MS;
    expect(replay.recall(...args)).toBe(null);
  });
});

describe('memory', () => {
  test('a full table accepts nothing new, forgets nothing, and takes up again when entries are over', () => {
    const { clock, replay } = openReplay(4);
    const untilMs = NOW_MS + MINUTE_MS;
    let used = 0;
    while (replay.once('jwt', `${used}`, untilMs) === 'accepted') used++;
    expect(used).toBeGreaterThanOrEqual(4);
    expect(replay.once('jwt', `${used}`, untilMs)).toBe('full');
    expect(replay.bound('jwt', `${used}`, 'x', untilMs, MINUTE_MS)).toBe('full');
    for (let i = 0; i < used; i++) expect(replay.once('jwt', `${i}`, untilMs)).toBe('replayed');
    clock.time = untilMs;
    expect(replay.once('jwt', `${used}`, untilMs + MINUTE_MS)).toBe('accepted');
  });

  test.each([1000, 80_000])('a table of %d entries has room for as many', (entries) => {
    const { replay } = openReplay(entries);
    for (let i = 0; i < entries; i++) {
      if (replay.once('jwt', `id-${i}`, NOW_MS + MINUTE_MS) !== 'accepted') expect(i).toBe(entries);
    }
    for (let i = 0; i < entries; i++) {
      if (replay.once('jwt', `id-${i}`, NOW_MS + MINUTE_MS) !== 'replayed') expect(i).toBe(-1);
    }
  });

  test.each([0, -1, 1.5, Number.NaN, 1e12])('%d entries are none', (entries) => {
    expect(() => createReplayTable({ entries })).toThrow(RangeError);
  });

  test('other memory is refused', () => {
    expect(() => openReplayTable(new SharedArrayBuffer(4096))).toThrow(TypeError);
    expect(() => openReplayTable(new SharedArrayBuffer(4))).toThrow(TypeError);
  });
});

describe('threads', () => {
  async function race(task: Pick<ReplayTask, 'buffer' | 'ids'>, bindings: readonly string[]) {
    const gate = new SharedArrayBuffer(4);
    const url = new URL('./testdata/replay-worker.ts', import.meta.url);
    const workers = bindings.map(
      (binding) =>
        new Worker(url, { workerData: { ...task, gate, binding, nowMs: NOW_MS } satisfies ReplayTask }),
    );
    await Promise.all(workers.map((worker) => once(worker, 'message')));
    const results = workers.map(
      async (worker) => (await once(worker, 'message'))[0] as { accepted: number[] },
    );
    Atomics.store(new Int32Array(gate), 0, 1);
    Atomics.notify(new Int32Array(gate), 0);
    const accepted = (await Promise.all(results)).map((result) => result.accepted);
    await Promise.all(workers.map((worker) => worker.terminate()));
    return accepted;
  }

  test('four threads accept each of many identifiers exactly once', async () => {
    const ids = 50_000;
    const accepted = await race({ buffer: createReplayTable({ entries: 100_000 }), ids }, ['', '', '', '']);
    const all = accepted.flat().sort((a, b) => a - b);
    expect(all).toEqual(Array.from({ length: ids }, (_, i) => i));
  });

  test('four threads agree on one binding of each', async () => {
    const ids = 20_000;
    const buffer = createReplayTable({ entries: 50_000 });
    const [a, b, c, d] = (await race({ buffer, ids }, ['x', 'x', 'y', 'y'])) as [
      number[],
      number[],
      number[],
      number[],
    ];
    expect(a).toEqual(b);
    expect(c).toEqual(d);
    expect([...a, ...c].sort((one, other) => one - other)).toEqual(Array.from({ length: ids }, (_, i) => i));
  });

  test('a lock whose holder died is taken over', () => {
    const { clock, buffer, replay } = openReplay(64);
    replay.once('jwt', 'a', NOW_MS + MINUTE_MS);
    const table = openReplayTable(buffer);
    const locks = Int32Array.from({ length: table.sets }, (_, set) => table.locksAt + set);
    lockAll(table.words, locks, table.sets, 0x7ff00001, 1);
    const other = new SharedReplay(buffer, clock, { patience: 5 });
    expect(other.once('jwt', 'a', NOW_MS + MINUTE_MS)).toBe('replayed');
    expect(other.once('jwt', 'b', NOW_MS + MINUTE_MS)).toBe('accepted');
  });
});
