import type { AnswerMeter, Asked, ThreadLoad, UnderWay, UpstreamLoad } from '../../core/load.ts';
import { UsualTime } from '../../lib/load/usual-time.ts';

/** Answers may take so many times as long as usual. */
const TOLERATED = 1.5;
/** So many wait before it means something that none of them is answered. */
const SOME = 4;

/**
 * Compares the time of each answer with the usual time of its route.
 *
 * Safety: an endpoint that is always slow has a usual time of its own, so its answers do not make the upstream look slow.
 * Errors of the upstream and refusals of clients by it are no samples: they are quick for another reason. A request that
 * nobody waited for any longer is one only when it took too long already.
 */
export class UpstreamMeter implements AnswerMeter {
  readonly #upstream: UpstreamLoad;
  readonly #route: UnderWay;
  readonly #thread: ThreadLoad;
  readonly #toleratedDelayMs: number;
  readonly #usual = new UsualTime();
  /** Of this thread. */
  #waiting = 0;
  #silentSinceMs = 0;

  constructor(upstream: UpstreamLoad, route: UnderWay, thread: ThreadLoad, toleratedDelayMs: number) {
    this.#upstream = upstream;
    this.#route = route;
    this.#thread = thread;
    this.#toleratedDelayMs = toleratedDelayMs;
  }

  asked(asked: Asked): void {
    asked.wasLimited = this.#upstream.limit > 0;
    this.#upstream.begin(asked.rank, asked.wasLimited);
    this.#route.begin(asked.rank, asked.wasLimited);
    asked.underWay = this.#upstream.total;
    if (this.#waiting === 0) this.#silentSinceMs = asked.atMs;
    else if (this.#waiting >= SOME) this.#noteSilence(asked);
    this.#waiting++;
  }

  answered(asked: Asked, nowMs: number, status: number): void {
    this.#silentSinceMs = nowMs;
    if (status < 400) {
      const tookMs = this.#tookMs(asked, nowMs);
      this.#usual.add(tookMs, nowMs, this.#upstream.isCalm);
      this.#sample(asked, nowMs, this.#ratioOf(tookMs));
    }
    this.#end(asked);
  }

  failed(asked: Asked, nowMs: number): void {
    const ratio = this.#ratioOf(this.#tookMs(asked, nowMs));
    if (ratio > 1) this.#sample(asked, nowMs, ratio);
    this.#end(asked);
  }

  /** While no answer comes, one of those who wait has waited since the last one. */
  #noteSilence({ atMs, underWay }: Asked): void {
    const ratio = this.#ratioOf(atMs - this.#silentSinceMs - this.#thread.delayMs);
    if (ratio > 1 && this.#usual.ms > 0) this.#upstream.sample(this.#silentSinceMs, atMs, ratio, underWay);
  }

  #end({ rank, wasLimited }: Asked): void {
    this.#waiting--;
    this.#upstream.end(rank, wasLimited);
    this.#route.end(rank, wasLimited);
  }

  #sample({ atMs, underWay }: Asked, nowMs: number, ratio: number): void {
    if (this.#usual.ms > 0) this.#upstream.sample(atMs, nowMs, ratio, underWay);
  }

  /** Without the time that an answer waited here for its turn. */
  #tookMs({ atMs }: Asked, nowMs: number): number {
    return Math.max(0, nowMs - atMs - this.#thread.delayMs);
  }

  #ratioOf(tookMs: number): number {
    return tookMs / (this.#usual.ms * TOLERATED + this.#toleratedDelayMs);
  }
}
