import type { Hit } from './limits.ts';

/**
 * What a request holds of limits on outcomes until it is known how it ends.
 *
 * Shape: of the request alone, so its hits are too.
 */
export interface OutcomeReservation {
  /** What was taken; those that turn out not to count are given back. */
  readonly hits: readonly Hit[];
  /** For each hit the position of its limit in the block. */
  readonly limits: readonly number[];
  readonly takenMs: number;
  /** Whether it was taken from the store. */
  isTaken: boolean;
  /** Whether the request was over before the store had answered. */
  isOver: boolean;
}
