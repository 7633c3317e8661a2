import { setTimeout as pause } from 'node:timers/promises';
import { monotonicMs } from '../lib/time/monotonic.ts';

/** Time as those who wait for other gateways need it; tests put a fake one in its place. */
export interface MemberTime {
  monotonicMs(): number;
  pause(ms: number): Promise<void>;
}

/** Longest time that an operation waits until no thread of any gateway works with an old record. */
export const SETTLE_MS = 60_000;

export const REAL_TIME: MemberTime = { monotonicMs, pause: (ms) => pause(ms) };
