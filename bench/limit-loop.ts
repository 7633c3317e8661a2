import { Worker } from 'node:worker_threads';
import { type CountingRule, type Hit, type Limits, newCounterState } from '../src/core/limits.ts';
import { monotonicMs } from '../src/lib/time/monotonic.ts';
import { createCounterTable } from '../src/stores/shared/counter-table.ts';
import { memoryLimits } from '../src/stores/shared/memory-limits.ts';
import { openCounters } from '../src/stores/shared/shared-counters.ts';
import { createSlotTable } from '../src/stores/shared/slot-table.ts';
import { openSlots } from '../src/stores/shared/slots.ts';
import type { LimitLoopTask } from './limit-loop-worker.ts';
import { spreadOf } from './statistics.ts';

/** What one check of one client costs in shared memory. */
export interface LimitLoop {
  /** Three windows and a watched burst, on one thread. */
  readonly nsPerCheck: number;
  /** The same with a limit on requests under way, given back each time. */
  readonly nsPerCheckWithSlot: number;
  /** As the first, on each of two threads at once, with clients of their own. */
  readonly nsPerCheckShared: number;
}

const CLIENTS = 5_000;
const BATCH = 20_000;
const BATCHES = 40;
const WARM_UP_BATCHES = 10;
const RULE: CountingRule = { counting: 'strict', onUnavailable: 'local' };
/** The tier `enterprise` as it is shipped, without its slots; large enough that no request is refused here. */
const LIMITS: Limits = {
  perMinute: 1_000_000,
  perHour: 1_000_000,
  perDay: 1_000_000,
  concurrent: 0,
  burst: { capacity: 1_000_000, intervalMs: 0.06, isEnforced: false, reviewAbove: 3 },
};

/** Measures one check through the store of limits in shared memory: real clock, clients that are known already. */
export async function measureLimitLoop(): Promise<LimitLoop> {
  const counters = createCounterTable({ clients: 100_000 });
  const slots = createSlotTable({ places: 32_768, threads: 2 });
  const nsPerCheck = checkMany({ counters, slots, thread: 0, concurrent: 0 });
  const nsPerCheckWithSlot = checkMany({ counters, slots, thread: 0, concurrent: 100 });
  const both = await Promise.all(
    [0, 1].map((thread) => onThread({ counters, slots, thread, concurrent: 0 })),
  );
  return { nsPerCheck, nsPerCheckWithSlot, nsPerCheckShared: Math.max(...both) };
}

/** Nanoseconds of processor time of one check, the median of batches. */
export function checkMany({ counters, slots, thread, concurrent }: LimitLoopTask): number {
  const store = memoryLimits(openCounters(counters, { monotonicMs }), openSlots(slots, thread));
  const limits = { ...LIMITS, concurrent };
  const hits: Hit[][] = Array.from({ length: CLIENTS }, (_, i) => [
    { scope: 'principal/tier:enterprise', client: `key:${thread}:${1e9 + i * 7919}`, limits, cost: 1 },
  ]);
  const state = newCounterState();
  const times: number[] = [];
  for (let batch = 0; batch < BATCHES; batch++) {
    const start = process.threadCpuUsage();
    for (let i = 0; i < BATCH; i++) {
      const mine = hits[(i * 31) % CLIENTS] as Hit[];
      store.take(mine, RULE, Date.now(), state);
      if (!state.admitted) throw new Error(`A request was refused by ${state.window}.`);
      if (concurrent > 0) store.release((mine[0] as Hit).scope, (mine[0] as Hit).client, RULE, 0);
    }
    if (batch >= WARM_UP_BATCHES) times.push((microsecondsSince(start) * 1000) / BATCH);
  }
  return spreadOf(times).median;
}

function microsecondsSince(start: NodeJS.CpuUsage): number {
  const { user, system } = process.threadCpuUsage(start);
  return user + system;
}

function onThread(workerData: LimitLoopTask): Promise<number> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./limit-loop-worker.ts', import.meta.url), { workerData });
    worker.once('message', resolve);
    worker.once('error', reject);
  });
}
