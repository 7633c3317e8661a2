/** Checks limits on a thread of its own and reports what one check took. */
import { parentPort, workerData } from 'node:worker_threads';
import { checkMany } from './limit-loop.ts';

export interface LimitLoopTask {
  readonly counters: SharedArrayBuffer;
  readonly slots: SharedArrayBuffer;
  /** Index of the thread: it writes the slots of that one. */
  readonly thread: number;
  /** Requests of a client under way at once; 0 is not limited. */
  readonly concurrent: number;
}

parentPort?.postMessage(checkMany(workerData as LimitLoopTask));
