import type { Decision } from '../core/decision.ts';
import type { BodySink, Exchange } from './exchange.ts';

/** Why a body that was being passed on will not be complete: the client's fault, or null when it went away. */
export type BodyFailure = (failure: Decision | null) => void;

/** Takes a request body on its way to the upstream. */
export interface BodyWriter {
  /** Writes a piece, which may be overwritten afterwards; false asks to wait for `resume` of the relay. */
  writeBody(bytes: Buffer): boolean;
  endBody(): void;
}

/** Passes a request body on as it comes, no faster than the upstream takes it, and no more than a limit. */
export class BodyRelay implements BodySink {
  readonly #exchange: Exchange;
  readonly #limitBytes: number;
  readonly #tooLarge: Decision;
  readonly #onFailure: BodyFailure;
  #writer: BodyWriter | null = null;
  #bytes = 0;
  /** Whether some of the body may have been taken from the client: it cannot be sent a second time. */
  isStarted = false;
  /** Told when the client has sent all of it. */
  onWhole: (() => void) | null = null;

  /** `limitBytes` 0 is no limit. */
  constructor(exchange: Exchange, limitBytes: number, tooLarge: Decision, onFailure: BodyFailure) {
    this.#exchange = exchange;
    this.#limitBytes = limitBytes;
    this.#tooLarge = tooLarge;
    this.#onFailure = onFailure;
  }

  /** Lets the body flow. Call once, when the upstream can take it. */
  start(writer: BodyWriter): void {
    this.isStarted = true;
    this.#writer = writer;
    this.#exchange.readBody(this);
  }

  /** The upstream takes more again. */
  resume(): void {
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
    if (!this.#writer.writeBody(bytes)) this.#exchange.pauseBody();
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

/** Holds a request body of at most `limitBytes`; calls back once with the body or with why there is none. */
export function holdBody(
  exchange: Exchange,
  limitBytes: number,
  tooLarge: Decision,
  done: (body: Buffer | null, failure: Decision | null) => void,
): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  let isOver = false;
  const finish = (body: Buffer | null, failure: Decision | null): void => {
    if (isOver) return;
    isOver = true;
    done(body, failure);
  };
  exchange.readBody({
    onData(chunk) {
      bytes += chunk.length;
      if (bytes > limitBytes) finish(null, tooLarge);
      else if (!isOver) chunks.push(Buffer.from(chunk));
    },
    onEnd: () => finish(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks), null),
    onAborted: (failure) => finish(null, failure),
  });
}
