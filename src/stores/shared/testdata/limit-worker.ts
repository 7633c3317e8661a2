/** Takes and gives back requests of many clients in a loop, some always under way, until it has done so many or is ended. */
import { parentPort, workerData } from 'node:worker_threads';
import { type CountingRule, type Hit, newCounterState } from '../../../core/limits.ts';
import { memoryLimits } from '../memory-limits.ts';
import { openCounters } from '../shared-counters.ts';
import { openSlots } from '../slots.ts';

export interface LimitTask {
  readonly counters: SharedArrayBuffer;
  readonly slots: SharedArrayBuffer;
  readonly thread: number;
  /** Shared words: the gate that all start at, then, for each client, how many are under way now on all threads. */
  readonly shared: SharedArrayBuffer;
  readonly hits: readonly Hit[];
  readonly takes: number;
  /** Requests under way at once on this thread. */
  readonly together: number;
  readonly nowMs: number;
}

export interface LimitReport {
  readonly admitted: readonly number[];
  /** The most of one client that were under way at once, as far as this thread saw. */
  readonly most: number;
}

const RULE: CountingRule = { counting: 'strict', onUnavailable: 'local' };
const task = workerData as LimitTask;
const { hits, takes, together, nowMs } = task;
const store = memoryLimits(openCounters(task.counters), openSlots(task.slots, task.thread));
const words = new Int32Array(task.shared);
const state = newCounterState();
const admitted = hits.map(() => 0);
const underWay: number[] = [];
let most = 0;

function end(): void {
  const at = underWay.shift() as number;
  const { scope, client } = hits[at] as Hit;
  Atomics.sub(words, 1 + at, 1);
  store.release(scope, client, RULE, 0);
}

parentPort?.postMessage('ready');
Atomics.wait(words, 0, 0, 10_000);
for (let i = 0; i < takes; i++) {
  const at = (i * 7 + task.thread) % hits.length;
  const hit = hits[at] as Hit;
  store.take([hit], RULE, nowMs, state);
  if (state.admitted) {
    admitted[at] = (admitted[at] as number) + 1;
    if (hit.limits.concurrent > 0) {
      most = Math.max(most, Atomics.add(words, 1 + at, 1) + 1);
      underWay.push(at);
    }
  }
  while (underWay.length > together) end();
}
while (underWay.length > 0) end();
parentPort?.postMessage({ admitted, most } satisfies LimitReport);
