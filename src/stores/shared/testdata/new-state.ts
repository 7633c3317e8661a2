import type { CounterState } from '../../../core/ports.ts';

/** A state whose values no `take` leaves as they are. */
export function newState(): CounterState {
  return { admitted: false, hit: -1, window: 'minute', limit: -1, remaining: -1, resetMs: -1 };
}
