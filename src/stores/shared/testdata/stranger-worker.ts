/** Sends strangers in a loop, and reports how many were let through. */
import { parentPort, workerData } from 'node:worker_threads';
import { SharedStrangers } from '../shared-strangers.ts';

export interface StrangerTask {
  readonly buffer: SharedArrayBuffer;
  readonly thread: number;
  /** Shared word: threads start together when it is 1. */
  readonly gate: SharedArrayBuffer;
  /** One second after another, each so many times. */
  readonly seconds: number;
  readonly times: number;
}

const { buffer, thread, gate, seconds, times } = workerData as StrangerTask;
const port = parentPort!;
const clock = { time: 1_000_000, nowMs: () => clock.time };
const strangers = new SharedStrangers(buffer, thread, clock);
port.postMessage('ready');
const word = new Int32Array(gate);
for (let second = 1; second <= seconds; second++) {
  while (Atomics.load(word, 0) < second) Atomics.wait(word, 0, second - 1, 10_000);
  clock.time += 1000;
  let count = 0;
  for (let i = 0; i < times; i++) {
    strangers.came();
    if (strangers.admits()) count++;
  }
  port.postMessage(count);
}
