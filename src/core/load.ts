import type { Strangers } from './attack.ts';

/**
 * Requests of one kind that are under way in all threads, by rank.
 *
 * Shape: ranks from 0 to 7; when there is not room for all, the lower ones go first.
 */
export interface UnderWay {
  begin(rank: number, wasLimited: boolean): void;
  end(rank: number, wasLimited: boolean): void;
  readonly total: number;
  /**
   * Of this rank and those above it, without those that came before something was limited: a queue that built up then is nothing
   * that the limit let in.
   */
  countFrom(rank: number): number;
}

/** How much an upstream takes at once, as all threads found out together. */
export interface UpstreamLoad extends UnderWay {
  /** The most that may be under way; 0 while nothing is limited. */
  readonly limit: number;
  /** Whether nothing is limited and answers came in time lately. */
  readonly isCalm: boolean;
  /**
   * Takes note of an answer: when it was asked for, how much was under way then, and its time compared with the longest that
   * is in order.
   */
  sample(askedMs: number, nowMs: number, ratio: number, underWay: number): void;
}

/** The load of upstreams, shared by all threads. */
export interface Loads {
  /** One for each name, the same after a reload. */
  upstream(apiId: string): UpstreamLoad;
  route(routeId: string): UnderWay;
}

/** The load of this thread itself. */
export interface ThreadLoad {
  /** Milliseconds that everything waits here for its turn. */
  readonly delayMs: number;
  /** Whether a request of this rank goes on; all do while the thread keeps up. */
  admits(rank: number): boolean;
  /** Whether some are turned away at the moment. */
  readonly isShedding: boolean;
}

/** A request that its upstream has whole, and no answer to it yet. Mutable so that further attempts can reuse it. */
export interface Asked {
  /** That of the context. */
  rank: number;
  /** Milliseconds of `performance.now()`; 0 while the upstream is not waited for. */
  atMs: number;
  /** What was under way when it was asked, and whether that was limited. */
  underWay: number;
  wasLimited: boolean;
}

/** Watches how long the upstream of a route takes. Every `asked` is followed by one `answered` or `failed`. */
export interface AnswerMeter {
  /** The whole request is on its way; notes what is under way. */
  asked(asked: Asked): void;
  /** The head of the answer came. */
  answered(asked: Asked, nowMs: number, status: number): void;
  /** No answer came: the time was up, there was no connection, or the client waited no longer. */
  failed(asked: Asked, nowMs: number): void;
}

const NOTHING_UNDER_WAY: UpstreamLoad = {
  limit: 0,
  isCalm: true,
  begin() {},
  end() {},
  total: 0,
  countFrom: () => 0,
  sample() {},
};

/** Load that nobody measures: nothing is ever refused for it. For plans that are compiled to be looked at. */
export const UNWATCHED: {
  readonly loads: Loads;
  readonly threadLoad: ThreadLoad;
  readonly strangers: Strangers;
} = {
  loads: { upstream: () => NOTHING_UNDER_WAY, route: () => NOTHING_UNDER_WAY },
  threadLoad: { delayMs: 0, isShedding: false, admits: () => true },
  strangers: { came() {}, admits: () => true },
};
