import type { Decision } from '../core/decision.ts';
import type { BodyHold, BodyRest } from './body-hold.ts';
import type { Exchange } from './exchange.ts';

/** Why a body that was being passed on will not be complete: the client's fault, or null when it went away. */
export type BodyFailure = (failure: Decision | null) => void;

/** Takes a request body on its way to the upstream. */
export interface BodyWriter {
  /** Writes a piece, which may be overwritten afterwards; false asks to wait for `resume` of the relay. */
  writeBody(bytes: Buffer): boolean;
  endBody(): void;
}

/** Passes a request body on as it comes, no faster than the upstream takes it, and no more than a limit. */
export class BodyRelay implements BodyRest {
  readonly #exchange: Exchange;
  readonly #hold: BodyHold | null;
  readonly #limitBytes: number;
  readonly #tooLarge: Decision;
  readonly #onFailure: BodyFailure;
  #writer: BodyWriter | null = null;
  #bytes = 0;
  /** Whether some of the body may have been taken from the client: it cannot be sent a second time. */
  isStarted = false;
  isPaused = false;
  /** Told when the client has sent all of it. */
  onWhole: (() => void) | null = null;

  /** `hold` has the beginning, where it was looked at; `limitBytes` 0 is no limit. */
  constructor(
    exchange: Exchange,
    hold: BodyHold | null,
    limitBytes: number,
    tooLarge: Decision,
    onFailure: BodyFailure,
  ) {
    this.#exchange = exchange;
    this.#hold = hold;
    this.#limitBytes = limitBytes;
    this.#tooLarge = tooLarge;
    this.#onFailure = onFailure;
  }

  /** Lets the body flow. Call once, when the upstream can take it. */
  start(writer: BodyWriter): void {
    this.isStarted = true;
    this.#writer = writer;
    if (this.#hold === null) this.#exchange.readBody(this);
    else this.#hold.passTo(this);
  }

  /** The upstream takes more again. */
  resume(): void {
    this.isPaused = false;
    if (this.#writer !== null) this.#exchange.resumeBody();
  }

  /** The upstream takes no more, whatever still comes. */
  stop(): void {
    this.#writer = null;
  }

  onData(bytes: Buffer): void {
    if (this.#writer === null) return;
    this.#bytes += bytes.length;
    if (this.#limitBytes > 0 && this.#bytes > this.#limitBytes) return this.onAborted(this.#tooLarge);
    if (this.#writer.writeBody(bytes)) return;
    this.isPaused = true;
    this.#exchange.pauseBody();
  }

  onEnd(): void {
    if (this.#writer === null) return;
    this.onWhole?.();
    this.#writer.endBody();
  }

  onAborted(failure: Decision | null): void {
    if (this.#writer === null) return;
    this.#writer = null;
    this.#onFailure(failure);
  }
}
