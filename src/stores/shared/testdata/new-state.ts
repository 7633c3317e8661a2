import { type CounterState, newCounterState } from '../../../core/limits.ts';

/** A state whose values no `take` leaves as they are. */
export function newState(): CounterState {
  return { ...newCounterState(), hit: -1, limit: -1, remaining: -1, resetMs: -1, burstToReview: -2 };
}
