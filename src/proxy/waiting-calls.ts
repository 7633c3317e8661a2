/** A call that has no connection yet. */
export interface WaitingCall {
  /** Gives up: no connection became free. */
  failWaiting(): void;
}

const SWEEP_MS = 100;
/** Calls that may wait, for each connection that there is. */
const PER_CONNECTION = 4;

/**
 * The calls that wait for a connection because all those of a target are in use.
 *
 * Safety: the client library lets them wait for ever, so that a few requests to a slow part of an upstream would hold
 * up all others behind it; here they wait as long as a new connection may take, and only so many.
 */
export class WaitingCalls {
  readonly #connections: number;
  readonly #limitMs: number;
  /** Since when each waits, the oldest first. */
  readonly #calls = new Map<WaitingCall, number>();
  #timer: NodeJS.Timeout | null = null;

  constructor(connections: number, limitMs: number) {
    this.#connections = connections;
    this.#limitMs = limitMs;
  }

  /** Takes a call where so many are under way; false when too many wait already. */
  take(call: WaitingCall, active: number): boolean {
    if (active < this.#connections) return true;
    if (this.#calls.size >= this.#connections * PER_CONNECTION) return false;
    this.#calls.set(call, performance.now());
    this.#timer ??= setInterval(() => this.#sweep(), SWEEP_MS).unref();
    return true;
  }

  /** The call has a connection, or needs none any more. */
  delete(call: WaitingCall): void {
    if (this.#timer !== null && this.#calls.delete(call) && this.#calls.size === 0) this.#stop();
  }

  #sweep(): void {
    const earliest = performance.now() - this.#limitMs;
    for (const [call, sinceMs] of this.#calls) {
      if (sinceMs > earliest) break;
      call.failWaiting();
    }
  }

  #stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }
}
