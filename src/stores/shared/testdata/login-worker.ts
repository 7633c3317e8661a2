/** Tries to log in in a loop, some logins always under way, and reports how many were let through. */
import { parentPort, workerData } from 'node:worker_threads';
import type { LoginAttempt, LoginOutcome } from '../../../core/logins.ts';
import { openLogins } from '../shared-logins.ts';

export interface LoginTask {
  readonly buffer: SharedArrayBuffer;
  /** Shared word: threads start together when it is 1. */
  readonly gate: SharedArrayBuffer;
  readonly attempts: readonly LoginAttempt[];
  readonly times: number;
  readonly outcome: LoginOutcome;
  /** Logins that are under way at once on this thread. */
  readonly together: number;
  readonly nowMs: number;
}

const { buffer, gate, attempts, times, outcome, together, nowMs } = workerData as LoginTask;
const port = parentPort!;
const logins = openLogins(buffer);
port.postMessage('ready');
Atomics.wait(new Int32Array(gate), 0, 0, 10_000);
const underWay: LoginAttempt[] = [];
let admitted = 0;
let blocks = 0;
const endOne = (): void => {
  const attempt = underWay.shift();
  if (attempt !== undefined && logins.end(attempt, outcome, nowMs, false) !== null) blocks++;
};
for (let i = 0; i < times; i++) {
  const attempt = { ...(attempts[i % attempts.length] as LoginAttempt) };
  if (logins.begin(attempt, nowMs) === null) {
    admitted++;
    underWay.push(attempt);
  }
  if (underWay.length >= together) endOne();
}
while (underWay.length > 0) endOne();
port.postMessage({ admitted, blocks });
