/** Uses the same identifiers as every other worker and reports how many it was allowed. */
import { parentPort, workerData } from 'node:worker_threads';
import { SharedReplay } from '../shared-replay.ts';

export interface ReplayTask {
  readonly buffer: SharedArrayBuffer;
  /** Shared word: threads start together when it is 1. */
  readonly gate: SharedArrayBuffer;
  readonly ids: number;
  readonly nowMs: number;
  /** '' uses each identifier once. */
  readonly binding: string;
}

const task = workerData as ReplayTask;
const port = parentPort!;
const replay = new SharedReplay(task.buffer, { nowMs: () => task.nowMs });
const untilMs = task.nowMs + 60_000;
const verdicts: Record<string, number> = { accepted: 0, replayed: 0, full: 0 };
const accepted: number[] = [];

port.postMessage('ready');
Atomics.wait(new Int32Array(task.gate), 0, 0, 10_000);
for (let i = 0; i < task.ids; i++) {
  const verdict =
    task.binding === ''
      ? replay.once('jwt', `id-${i}`, untilMs)
      : replay.bound('jwt', `id-${i}`, task.binding, untilMs, 60_000);
  verdicts[verdict] = (verdicts[verdict] ?? 0) + 1;
  if (verdict === 'accepted') accepted.push(i);
}
port.postMessage({ verdicts, accepted });
