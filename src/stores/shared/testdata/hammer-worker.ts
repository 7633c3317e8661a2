/** Takes one client's requests in a loop and reports how many were admitted; or locks every set and never lets go. */
import { parentPort, workerData } from 'node:worker_threads';
import { type CounterState, type Hit, newCounterState } from '../../../core/limits.ts';
import { openCounterTable } from '../counter-table.ts';
import { lockAll } from '../set-lock.ts';
import { openCounters } from '../shared-counters.ts';

export interface HammerTask {
  readonly buffer: SharedArrayBuffer;
  /** Shared word: threads start together when it is 1. */
  readonly gate: SharedArrayBuffer;
  readonly takes: number;
  readonly hits: readonly Hit[];
  readonly nowMs: number;
  readonly dieHolding: boolean;
}

const task = workerData as HammerTask;
const port = parentPort!;

if (task.dieHolding) holdEverything();
else port.postMessage(hammer());

function hammer(): number {
  const counters = openCounters(task.buffer);
  const state: CounterState = newCounterState();
  let admitted = 0;
  port.postMessage('ready');
  Atomics.wait(new Int32Array(task.gate), 0, 0, 10_000);
  for (let i = 0; i < task.takes; i++) {
    counters.take(task.hits, task.nowMs, state);
    if (state.admitted) admitted++;
  }
  return admitted;
}

function holdEverything(): void {
  const table = openCounterTable(task.buffer);
  const locks = Int32Array.from({ length: table.sets }, (_, set) => table.locksAt + set);
  lockAll(table.words, locks, table.sets, 0x7ff00001, 1000);
  port.postMessage('holding');
  Atomics.wait(new Int32Array(task.gate), 0, 0);
}
