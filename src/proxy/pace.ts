import { type Decision, deny } from '../core/decision.ts';
import { Timer, type TimerWheel } from '../lib/time/timer-wheel.ts';
import type { OpenExchanges } from './open-exchanges.ts';
import type { ClientLimits } from './settings.ts';

/** Time of waiting for the body over which its rate is measured: slow starts and short pauses are not attacks. */
const RATE_WINDOW_MS = 10_000;
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
  /** Its place among the open exchanges; theirs to write. */
  slot: number;
  readonly pace: Pace;
  /** Refuses the request whose body is too slow. */
  failBody(failure: Decision): void;
  abort(): void;
}

/** How one exchange has progressed; advanced by a sweeper instead of timers of its own. */
export class Pace {
  #idleMs = 0;
  #windowMs = 0;
  #windowBytesIn = 0;
  #lingerMs = 0;
  #unreadMs = 0;
  #bytesIn = 0;
  #bytesOut = 0;

  /** Accounts for the time since the last sweep and acts on a client that is too slow. */
  sweep(exchange: Paced, elapsedMs: number, limits: ClientLimits): void {
    if (exchange.isLingering) this.#lingerMs += elapsedMs;
    const isStuck = exchange.isBlocked && exchange.bytesOut === this.#bytesOut;
    this.#unreadMs = isStuck ? this.#unreadMs + elapsedMs : 0;
    this.#bytesOut = exchange.bytesOut;
    if (this.#lingerMs > LINGER_MS || this.#unreadMs > UNREAD_MS) return exchange.abort();
    if (exchange.isReading) this.#sweepBody(exchange, elapsedMs, limits);
  }

  #sweepBody(exchange: Paced, elapsedMs: number, limits: ClientLimits): void {
    this.#idleMs = exchange.bytesIn === this.#bytesIn ? this.#idleMs + elapsedMs : 0;
    this.#bytesIn = exchange.bytesIn;
    if (this.#idleMs >= limits.bodyIdleMs) return exchange.failBody(IDLE);
    this.#windowMs += elapsedMs;
    if (this.#windowMs < RATE_WINDOW_MS) return;
    // Per window, not since the start: what came fast at first must not pay for a trickle afterwards.
    const rate = ((exchange.bytesIn - this.#windowBytesIn) / this.#windowMs) * 1000;
    if (rate < limits.bodyMinBytesPerS) return exchange.failBody(SLOW);
    this.#windowMs = 0;
    this.#windowBytesIn = exchange.bytesIn;
  }
}

const SWEEP_MS = 500;

/** Sweeps all open exchanges of a thread; returns what stops it. */
export function openSweeper(open: OpenExchanges, wheel: TimerWheel, limits: () => ClientLimits): () => void {
  let lastMs = wheel.nowMs;
  const timer: Timer = new Timer(wheel, {
    onTime() {
      const { nowMs } = wheel;
      for (const exchange of open.list()) exchange.pace.sweep(exchange, nowMs - lastMs, limits());
      lastMs = nowMs;
      timer.set(SWEEP_MS);
    },
  });
  timer.set(SWEEP_MS);
  return () => timer.remove();
}
