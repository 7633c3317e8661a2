import type { Clock } from '../../core/ports.ts';

/** Until when copies of shared records may be trusted. */
export interface Lease {
  /** In the milliseconds of `monotonicMs`. */
  readonly untilMs: number;
  /** The same instant in epoch milliseconds. */
  readonly untilEpochMs: number;
  /** What to say afterwards. */
  readonly problem: string;
}

/**
 * Whether the copies of records that a thread holds are current enough to be trusted.
 *
 * Safety: measured by two clocks, of which either ends the lease: the clock of the wall can be set back, and the
 * monotonic one stands still while a machine sleeps. A lease ends by itself: nobody has to reach this thread for it.
 */
export class RecordLease {
  readonly #clock: Clock;
  readonly #monotonicMs: () => number;
  #lease: Lease | null;

  /** `lease` is null where the records belong to this gateway alone: then they are always current. */
  constructor(clock: Clock, monotonicMs: () => number, lease: Lease | null) {
    this.#clock = clock;
    this.#monotonicMs = monotonicMs;
    this.#lease = lease;
  }

  renew(lease: Lease): void {
    this.#lease = lease;
  }

  /** Why the records must not be trusted, as a sentence; '' when they may. */
  get problem(): string {
    const lease = this.#lease;
    if (lease === null) return '';
    const isOver = this.#monotonicMs() >= lease.untilMs || this.#clock.nowMs() >= lease.untilEpochMs;
    return isOver ? lease.problem : '';
  }
}
