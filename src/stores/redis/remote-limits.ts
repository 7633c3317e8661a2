import type { CounterState, Hit } from '../../core/limits.ts';

/** What a store that gateways share counts by. */
export type RemoteCounting = 'strict' | 'leased';

/** What one gateway admitted by itself while the store could not be asked. */
export interface Debt {
  readonly hit: Hit;
  /** How much of it, in the unit of `Hit.cost`; the cost of the hit is not read. */
  readonly amount: number;
  /** When the last of it was admitted, by the clock of this gateway. */
  readonly takenMs: number;
}

/**
 * Limits that are counted in a store that gateways share, as long as it can be asked; what happens otherwise is for
 * whoever wraps it.
 *
 * Shape: whatever is read of `hits` is read before a function returns, so that they may be used again. Nothing waits longer
 * than the budget of the connection.
 */
export interface RemoteLimits {
  /** Why the store cannot be asked now, as a sentence that names it; '' when it can. */
  readonly problem: string;
  /**
   * Takes a request from every window, bucket and set of slots of every hit, or from none. Gives back `state` where this
   * gateway holds a lease of everything, else a promise of a state of its own.
   *
   * Errors: rejects with `Unavailable` when the store cannot be asked or does not answer in time. It may have counted the request then;
   * slots that it may have given are taken back.
   */
  take(
    hits: readonly Hit[],
    counting: RemoteCounting,
    nowMs: number,
    state: CounterState,
  ): CounterState | Promise<CounterState>;
  /** Gives back the slot that an admitted hit with `concurrent` took. Once for each; never waits, never throws. */
  release(scope: string, client: string, counting: RemoteCounting): void;
  /** Gives back what an admitted hit took at `takenMs`. Never waits, never throws; what cannot be given back stays counted. */
  giveBack(hit: Hit, takenMs: number, nowMs: number): void;
  /**
   * Counts what was admitted while the store could not be asked, whether or not there is room for it.
   *
   * Errors: rejects with `Unavailable` when the store cannot be asked still; all of it may have been counted, or part of it.
   */
  owe(debts: readonly Debt[], nowMs: number): Promise<void>;
  /** Gives back every lease and stops renewing slots. */
  close(): void;
}
