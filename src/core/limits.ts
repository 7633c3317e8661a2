/** The most requests per window; 0 means the window is not limited. */
export interface WindowLimits {
  readonly perMinute: number;
  readonly perHour: number;
  readonly perDay: number;
}

/** A burst that is exceeded all the time is noted again after so long. */
export const BURST_NOTE_MS = 10_000;

/**
 * A token bucket beside the windows: how far a client may run ahead of its normal rate.
 *
 * Shape: the bucket refills by one token every `intervalMs`, the normal rate, and holds `capacity`, which is what twice (`factor`) that
 * rate takes out of it in the time that a burst may last. So no stretch of that time holds more than `factor` times the normal rate.
 * A request that finds fewer tokens than it costs takes none of them: its burst is exceeded. That is noted once for each burst, which
 * begins with a request that takes from a full bucket, and again when it goes on `BURST_NOTE_MS` after the last note. When a note makes
 * those of one hour more than `reviewAbove`, and the one before it did not, the operator is told.
 */
export interface BurstRule {
  /** Tokens, at least 1; need not be whole. */
  readonly capacity: number;
  readonly intervalMs: number;
  /** Whether an empty bucket refuses; else it is only noted. */
  readonly isEnforced: boolean;
  /** Bursts in one hour that were exceeded without anybody being told; one more is told. */
  readonly reviewAbove: number;
}

/** All that limits one client in one scope. */
export interface Limits extends WindowLimits {
  /** Requests under way at once; 0 is not limited. */
  readonly concurrent: number;
  readonly burst: BurstRule | null;
}

export const NO_LIMITS: Limits = { perMinute: 0, perHour: 0, perDay: 0, concurrent: 0, burst: null };

/** Limits of windows alone. */
export function windowsOnly({ perMinute, perHour, perDay }: WindowLimits): Limits {
  return { perMinute, perHour, perDay, concurrent: 0, burst: null };
}

export type WindowName = 'minute' | 'hour' | 'day';
/** As many limits one request may count against. */
export const MAX_HITS = 8;

/** What a limit is about. */
export type LimitName = WindowName | 'burst' | 'concurrent';

/** One limit that one request counts against. Mutable so that a check can reuse it. */
export interface Hit {
  /** Which limit: hits of different scopes never share a counter. */
  scope: string;
  /** Whose counter. */
  client: string;
  limits: Limits;
  /** What the request takes from windows and bucket, a whole number from 1; of `concurrent` it takes one. */
  cost: number;
}

/** What the counters say about the tightest limit of a request's hits. Reused between calls. */
export interface CounterState {
  admitted: boolean;
  /** Index of the hit whose limit is the tightest (when refused: the one that refuses longest). */
  hit: number;
  /** Of an admitted request a window, or a bucket that refuses; never `concurrent`. */
  window: LimitName;
  /** 0 when nothing is limited. */
  limit: number;
  /** Requests of cost 1 that are left in that window after this one. */
  remaining: number;
  /** When there is room again for this request (refused) or one request is forgotten (admitted), in epoch milliseconds. */
  resetMs: number;
  /** Index of the hit whose burst was just exceeded more often in an hour than goes unnoticed; -1 when none was. */
  burstToReview: number;
  /** Whether a bucket that refuses nothing was found empty. */
  burstExceeded: boolean;
  /**
   * How the store failed: '' when it did not; `local` and `allow` admit or refuse by the policy of that name, with `deny` the
   * request is refused although nothing says that it is over a limit.
   */
  degraded: '' | OnUnavailable;
  /** Why the store could not be used, as a sentence; '' when it could. */
  problem: string;
  /** Of an admitted request, what the store wants to be told when its slots are given back; means nothing to anybody else. */
  slotNote: number;
}

/** The problem of a request that costs more than one of its limits. */
export const NEVER_PASSES = 'The request costs more than the limit: it never passes.';

/** Makes a state that says nothing yet; all states are of one shape. */
export function newCounterState(): CounterState {
  return {
    admitted: false,
    hit: 0,
    window: 'minute',
    limit: 0,
    remaining: 0,
    resetMs: 0,
    burstToReview: -1,
    burstExceeded: false,
    degraded: '',
    problem: '',
    slotNote: 0,
  };
}

/** Counts requests over sliding windows in the memory of this gateway, exactly across threads. */
export interface Counters {
  /**
   * Takes the cost of a request from every window and bucket of every hit, or from none when one of them has no room.
   * Leaves `concurrent` alone.
   *
   * Safety: never admits more than a limit in any window of its length; a request may be remembered up to a
   * twelfth of the window longer, so the error is on the strict side.
   */
  take(hits: readonly Hit[], nowMs: number, state: CounterState): void;
}

/**
 * Where a limit is counted, when gateways share a store: `strict` asks the store for every request, `leased` takes slices ahead,
 * `local` counts for each gateway by itself.
 */
export const COUNTING = ['strict', 'leased', 'local'] as const;
export type Counting = (typeof COUNTING)[number];

/** What happens to requests while the store cannot be used: see `onUnavailable` of the configuration. */
export const ON_UNAVAILABLE = ['local', 'deny', 'allow'] as const;
export type OnUnavailable = (typeof ON_UNAVAILABLE)[number];

/** How the hits of one check are counted. */
export interface CountingRule {
  readonly counting: Counting;
  readonly onUnavailable: OnUnavailable;
}

/** Counts requests and slots where the configuration says: in the memory of this gateway, or in a store that gateways share. */
export interface LimitStore {
  /**
   * Takes a request from every window, bucket and set of slots of every hit, or from none.
   *
   * Shape: gives back `state`, or, where the store has to be waited for, a promise of a state of its own that never rejects.
   * Whatever is read of `hits` is read before this returns, so that they may be used again.
   */
  take(
    hits: readonly Hit[],
    rule: CountingRule,
    nowMs: number,
    state: CounterState,
  ): CounterState | Promise<CounterState>;
  /**
   * Gives back the slot that an admitted hit with `concurrent` took; `slotNote` is that of its state. Once for each; never waits, never
   * throws.
   */
  release(scope: string, client: string, rule: CountingRule, slotNote: number): void;
  /**
   * Gives back what an admitted hit took from windows and buckets at `takenMs`, where it turns out not to count. Never waits,
   * never throws; what cannot be given back stays counted.
   */
  giveBack(hit: Hit, rule: CountingRule, takenMs: number, nowMs: number): void;
}

/** A slot that a request holds until it is over, and the one taken before it. */
export class HeldSlot {
  readonly scope: string;
  readonly client: string;
  readonly rule: CountingRule;
  /** `CounterState.slotNote` of its request. */
  readonly note: number;
  readonly next: HeldSlot | null;

  constructor(scope: string, client: string, rule: CountingRule, note: number, next: HeldSlot | null) {
    this.scope = scope;
    this.client = client;
    this.rule = rule;
    this.note = note;
    this.next = next;
  }
}

/** Something that makes the limits of a client smaller for a while: an attack, or its own strange behaviour. */
export interface LimitScale {
  /** Why limits are smaller, as words for the journal, such as `attack mode`. */
  readonly cause: string;
  /** Why those of one client are, where that says more than `cause`; '' where they are not smaller. */
  why?(principal: string, address: string): string;
  /**
   * The share of its limits that a client has now, above 0 and up to 1. `principal` is '' for a stranger, else its
   * `counterKey`; of an IPv6 address the /64 is told. `mayBeKnown`:
   * authentication comes later, and a credential is shown that may be right.
   */
  shareOf(principal: string, address: string, mayBeKnown: boolean): number;
}
