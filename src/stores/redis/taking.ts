import { Unavailable } from '../../core/errors.ts';
import {
  type CounterState,
  type Hit,
  type Limits,
  NEVER_PASSES,
  newCounterState,
} from '../../core/limits.ts';
import type { Lease } from './leases.ts';
import {
  clearState,
  closeState,
  HIT_NUMBERS,
  type HitAnswer,
  neverPasses,
  noteHit,
  readHit,
} from './limit-answer.ts';
import type { Waiting } from './limit-calls.ts';

/** What the script answers where a key holds something else. */
const BROKEN = 2;

/** One hit of a request that is being asked about. */
export interface AskedHit {
  /** As it was when the request came. */
  readonly hit: Hit;
  readonly limits: Limits;
  readonly group: string;
  /** Name of its counter. */
  readonly key: string;
  /** Where its tokens are from and what is left of them go to; null without leases. */
  readonly lease: Lease | null;
  /** Whether its tokens were taken from that lease, and what the lease was counted as. */
  readonly isSpent: boolean;
  readonly spentFromMs: number;
  /** Whether a slot that waited was taken. */
  readonly hasSlot: boolean;
  /** Whether more than the request needs was asked for. */
  readonly isLeasing: boolean;
  /** Whether tokens, and whether a slot, were asked for. */
  readonly asksTokens: boolean;
  readonly asksSlot: boolean;
  /** Name of the slot that it was asked for with. */
  slot: string;
  /** Time of the server at which it was answered; 0 when it was not. */
  serverMs: number;
  /** What Redis said; null when it said nothing, or was not asked. */
  answer: HitAnswer | null;
  /** Whether Redis took it. */
  isTaken: boolean;
}

/** An instant by the clock that nobody sets and by the one that goes on while a machine is suspended. */
export interface Moment {
  readonly monotonicMs: number;
  readonly wallMs: number;
}

/** What becomes of a request whose answers are there. */
export interface TakingEnd {
  /** It goes on: slots and leases can be put to use. */
  admitted(hits: readonly AskedHit[], asked: Moment): void;
  /** It does not: whatever was taken, or may have been, is given back. */
  refused(hits: readonly AskedHit[]): void;
  /** An operation was carried out after it was given up. */
  late(hits: readonly AskedHit[]): void;
}

/** The hits of a request that go in one operation. */
export class TakingPart implements Waiting {
  readonly hits: readonly AskedHit[];
  readonly numbers: number;
  readonly #taking: Taking;

  constructor(hits: readonly AskedHit[], taking: Taking) {
    this.hits = hits;
    this.numbers = 1 + HIT_NUMBERS * hits.length;
    this.#taking = taking;
  }

  answered(answer: readonly number[], at: number, serverMs: number, isLate: boolean): void {
    const isTaken = answer[at] === 1;
    for (let i = 0; i < this.hits.length; i++) {
      const asked = this.hits[i] as AskedHit;
      asked.answer = readHit(answer, at + 1 + HIT_NUMBERS * i);
      asked.serverMs = serverMs;
      asked.isTaken = isTaken;
    }
    if (isLate) this.#taking.late(this.hits);
    else this.#taking.settle(answer[at] === BROKEN ? this.#brokenError() : null);
  }

  failed(error: Error): void {
    this.#taking.settle(error);
  }

  #brokenError(): Unavailable {
    const names = this.hits.map(({ key }) => key).join(', ');
    return new Unavailable('redis', `One of the keys ${names} in Redis holds what is no counter; delete it.`);
  }
}

/** A request that Redis is asked about, in one operation or, on a cluster, one for each client. */
export class Taking {
  readonly promise: Promise<CounterState>;
  readonly #hits: readonly AskedHit[];
  readonly #end: TakingEnd;
  readonly #nowMs: () => number;
  readonly #asked: Moment;
  #resolve!: (state: CounterState) => void;
  #reject!: (error: Error) => void;
  #left: number;
  #error: Error | null = null;

  constructor(hits: readonly AskedHit[], parts: number, end: TakingEnd, nowMs: () => number) {
    this.#hits = hits;
    this.#left = parts;
    this.#end = end;
    this.#nowMs = nowMs;
    this.#asked = { monotonicMs: performance.now(), wallMs: nowMs() };
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /** An operation was answered, or failed. */
  settle(error: Error | null): void {
    this.#error ??= error;
    this.#left--;
    if (this.#left > 0) return;
    if (this.#error !== null) {
      this.#end.refused(this.#hits);
      this.#reject(this.#error);
      return;
    }
    const state = this.#note();
    if (state.admitted) this.#end.admitted(this.#hits, this.#asked);
    else this.#end.refused(this.#hits);
    this.#resolve(state);
  }

  late(hits: readonly AskedHit[]): void {
    this.#end.late(hits);
  }

  #note(): CounterState {
    const state = newCounterState();
    const nowMs = this.#nowMs();
    clearState(state, nowMs);
    for (let i = 0; i < this.#hits.length; i++) {
      const { answer, limits, lease } = this.#hits[i] as AskedHit;
      if (answer !== null) noteHit(state, i, limits, answer, nowMs);
      else if (lease !== null) noteLease(state, i, lease, nowMs);
    }
    closeState(state);
    if (!state.admitted && neverPasses(this.#hits)) state.problem = NEVER_PASSES;
    return state;
  }
}

const said: HitAnswer = {
  which: 0,
  left: 0,
  waitMs: 0,
  took: 0,
  isBurstExceeded: false,
  isToReview: false,
};

/** Notes a hit that a lease admits: what Redis left then, and what is left of the lease. */
export function noteLease(state: CounterState, hit: number, lease: Lease, nowMs: number): void {
  said.which = lease.given.which;
  said.left = lease.given.left + lease.tokens;
  said.waitMs = Math.max(0, Math.ceil(lease.givenMs + lease.given.waitMs - performance.now()));
  noteHit(state, hit, lease.limits, said, nowMs);
}

/** Notes a hit that is refused as it was a moment ago. */
export function noteRefusal(state: CounterState, hit: number, lease: Lease, nowMs: number): void {
  said.which = lease.refused.which;
  said.left = -1;
  said.waitMs = Math.max(1, Math.ceil(lease.refusedMs + lease.refused.waitMs - performance.now()));
  noteHit(state, hit, lease.limits, said, nowMs);
}
