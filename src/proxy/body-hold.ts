import type { Decision } from '../core/decision.ts';
import type { BodySink, Exchange } from './exchange.ts';
import type { HeldBytes } from './held-bytes.ts';

/** How much of a body is held, and what happens to one that is longer. */
export interface HoldBounds {
  readonly limitBytes: number;
  /** What a longer body is refused with; null where its beginning is looked at and the rest follows. */
  readonly tooLarge: Decision | null;
}

/** Told once: with all of the body, with its beginning, or with why there is none. */
export type Held = (body: Buffer | null, isWhole: boolean, failure: Decision | null) => void;

/** Takes what follows the beginning that was held. */
export interface BodyRest extends BodySink {
  /** Whether it waits for room. */
  readonly isPaused: boolean;
}

/**
 * Holds a request body until it is there, or as much of it as may be held.
 *
 * Safety: where only the beginning is looked at, the client is read no further until somebody takes the rest.
 */
export class BodyHold implements BodySink {
  readonly #exchange: Exchange;
  readonly #bounds: HoldBounds;
  readonly #memory: HeldBytes;
  readonly #done: Held;
  #chunks: Buffer[] = [];
  #bytes = 0;
  #taken = 0;
  #isOver = false;
  #rest: BodyRest | null = null;
  /** What the client did behind the beginning before anybody took the rest. */
  #hasEnded = false;
  #failure: { readonly decision: Decision | null } | null = null;

  constructor(exchange: Exchange, bounds: HoldBounds, memory: HeldBytes, done: Held) {
    this.#exchange = exchange;
    this.#bounds = bounds;
    this.#memory = memory;
    this.#done = done;
  }

  start(): void {
    this.#exchange.readBody(this);
  }

  /** The request is over: what was held counts no more. */
  release(): void {
    this.#memory.giveBack(this.#taken);
    this.#taken = 0;
  }

  onData(bytes: Buffer): void {
    if (this.#rest !== null) return this.#rest.onData(bytes);
    if (this.#isOver && this.#bounds.tooLarge !== null) return;
    this.#bytes += bytes.length;
    const isTooLong = this.#bytes > this.#bounds.limitBytes;
    if (isTooLong && this.#bounds.tooLarge !== null) return this.#finish(null, false, this.#bounds.tooLarge);
    const hasRoom = this.#memory.take(bytes.length);
    if (hasRoom) this.#taken += bytes.length;
    this.#chunks.push(Buffer.from(bytes));
    if (this.#bounds.tooLarge === null && (isTooLong || !hasRoom)) this.#stopReading();
  }

  onEnd(): void {
    if (this.#rest !== null) return this.#rest.onEnd();
    this.#hasEnded = true;
    if (this.#isOver) return;
    const [first] = this.#chunks;
    const body = this.#chunks.length === 1 ? (first as Buffer) : Buffer.concat(this.#chunks);
    this.#finish(body, true, null);
  }

  onAborted(failure: Decision | null): void {
    if (this.#rest !== null) return this.#rest.onAborted(failure);
    this.#failure = { decision: failure };
    this.#finish(null, false, failure);
  }

  /** Gives the beginning, and then whatever still comes, to somebody else. */
  passTo(rest: BodyRest): void {
    this.#rest = rest;
    for (const chunk of this.#chunks) rest.onData(chunk);
    this.#chunks = [];
    if (this.#failure !== null) rest.onAborted(this.#failure.decision);
    else if (this.#hasEnded) rest.onEnd();
    else if (!rest.isPaused) this.#exchange.resumeBody();
  }

  /** Some more may come of what was received already: it is kept with the beginning. */
  #stopReading(): void {
    if (this.#isOver) return;
    this.#exchange.pauseBody();
    this.#finish(Buffer.concat(this.#chunks), false, null);
  }

  #finish(body: Buffer | null, isWhole: boolean, failure: Decision | null): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (isWhole || body === null) this.#chunks = [];
    this.#done(body, isWhole, failure);
  }
}
