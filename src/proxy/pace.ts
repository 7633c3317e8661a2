import { type Decision, deny } from '../core/decision.ts';
import type { ClientLimits } from './settings.ts';

/** Time a body may take before its rate counts: slow starts are not attacks. */
const GRACE_MS = 10_000;
/** Longest time to read and drop what is left of a request after its answer. */
const LINGER_MS = 5_000;
/** Longest time a client may leave an answer unread. */
const UNREAD_MS = 60_000;

const IDLE = deny('protocol.timeout', { detail: 'the body paused longer than limits.bodyIdleMs' });
const SLOW = deny('protocol.timeout', { detail: 'the body came slower than limits.bodyMinBytesPerS' });

/** What the sweeper sees of an open exchange. */
export interface Paced {
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Whether the gateway waits for body bytes of the client. */
  readonly isReading: boolean;
  /** Whether the answer is complete and the rest of the request is being dropped. */
  readonly isLingering: boolean;
  /** Whether the client does not take what was sent. */
  readonly isBlocked: boolean;
  readonly pace: Pace;
  /** Refuses the request whose body is too slow. */
  failBody(failure: Decision): void;
  abort(): void;
}

/** How one exchange has progressed; advanced by a sweeper instead of timers of its own. */
export class Pace {
  #idleMs = 0;
  #readingMs = 0;
  #lingerMs = 0;
  #unreadMs = 0;
  #bytesIn = 0;
  #bytesOut = 0;

  /** Accounts for the time since the last sweep and acts on a client that is too slow. */
  sweep(exchange: Paced, elapsedMs: number, limits: ClientLimits): void {
    if (exchange.isLingering && (this.#lingerMs += elapsedMs) > LINGER_MS) return exchange.abort();
    if (exchange.isBlocked && exchange.bytesOut === this.#bytesOut) {
      if ((this.#unreadMs += elapsedMs) > UNREAD_MS) return exchange.abort();
    } else {
      this.#unreadMs = 0;
      this.#bytesOut = exchange.bytesOut;
    }
    if (exchange.isReading) this.#sweepBody(exchange, elapsedMs, limits);
  }

  #sweepBody(exchange: Paced, elapsedMs: number, limits: ClientLimits): void {
    this.#readingMs += elapsedMs;
    this.#idleMs = exchange.bytesIn === this.#bytesIn ? this.#idleMs + elapsedMs : 0;
    this.#bytesIn = exchange.bytesIn;
    if (this.#idleMs > limits.bodyIdleMs) return exchange.failBody(IDLE);
    const rate = (exchange.bytesIn / this.#readingMs) * 1000;
    if (this.#readingMs > GRACE_MS && rate < limits.bodyMinBytesPerS) exchange.failBody(SLOW);
  }
}

const SWEEP_MS = 500;

/** Sweeps all open exchanges of a thread; returns what stops it. */
export function openSweeper(open: ReadonlySet<Paced>, limits: () => ClientLimits): () => void {
  let last = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    for (const exchange of open) exchange.pace.sweep(exchange, now - last, limits());
    last = now;
  }, SWEEP_MS);
  timer.unref();
  return () => clearInterval(timer);
}
