import { type Timed, Timer, type TimerWheel } from '../lib/time/timer-wheel.ts';

/** A call that has no connection yet. */
export interface WaitingCall {
  /** Gives up: no connection became free. */
  failWaiting(): void;
}

/** Calls that may wait, for each connection that there is. */
const PER_CONNECTION = 4;

/**
 * The calls that wait for a connection because all those of a target are in use.
 *
 * Safety: a few requests to a slow part of an upstream must not hold up all others behind it for ever; so they wait as
 * long as a new connection may take, and only so many.
 */
export class WaitingCalls<Call extends WaitingCall = WaitingCall> implements Timed {
  readonly #most: number;
  readonly #limitMs: number;
  readonly #wheel: TimerWheel;
  readonly #timer: Timer;
  /** Since when each waits, the oldest first. */
  readonly #calls = new Map<Call, number>();

  constructor(connections: number, limitMs: number, wheel: TimerWheel) {
    this.#most = connections * PER_CONNECTION;
    this.#limitMs = limitMs;
    this.#wheel = wheel;
    this.#timer = new Timer(wheel, this);
  }

  /** Lets a call wait; false when too many do already. */
  add(call: Call): boolean {
    if (this.#calls.size >= this.#most) return false;
    this.#calls.set(call, this.#wheel.nowMs);
    if (this.#calls.size === 1) this.#timer.set(this.#limitMs);
    return true;
  }

  /** Takes out the call that waits longest; null when none does. */
  shift(): Call | null {
    for (const call of this.#calls.keys()) {
      this.#calls.delete(call);
      return call;
    }
    return null;
  }

  /** The call does not wait any more. */
  delete(call: Call): void {
    this.#calls.delete(call);
  }

  onTime(): void {
    const earliest = this.#wheel.nowMs - this.#limitMs;
    for (const [call, sinceMs] of this.#calls) {
      if (sinceMs > earliest) return this.#timer.set(sinceMs - earliest);
      this.#calls.delete(call);
      call.failWaiting();
    }
  }
}
