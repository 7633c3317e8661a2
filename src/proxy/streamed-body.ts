import { Readable } from 'node:stream';
import type { Decision } from '../core/decision.ts';
import type { BodySink, Exchange } from './exchange.ts';

/** Why a body that was being passed on will not be complete: the client's fault, or null when it went away. */
export type BodyFailure = (failure: Decision | null) => void;

/** Passes a request body on as it comes, no faster than the upstream takes it, and no more than a limit. */
export class StreamedBody extends Readable implements BodySink {
  readonly #exchange: Exchange;
  readonly #limitBytes: number;
  readonly #tooLarge: Decision;
  readonly #onFailure: BodyFailure;
  #isStarted = false;
  #bytes = 0;

  /** `limitBytes` 0 is no limit. */
  constructor(exchange: Exchange, limitBytes: number, tooLarge: Decision, onFailure: BodyFailure) {
    super();
    this.#exchange = exchange;
    this.#limitBytes = limitBytes;
    this.#tooLarge = tooLarge;
    this.#onFailure = onFailure;
  }

  override _read(): void {
    if (this.#isStarted) return this.#exchange.resumeBody();
    this.#isStarted = true;
    this.#exchange.readBody(this);
  }

  onData(chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (this.#limitBytes > 0 && this.#bytes > this.#limitBytes) return this.onAborted(this.#tooLarge);
    if (!this.push(chunk)) this.#exchange.pauseBody();
  }

  onEnd(): void {
    this.push(null);
  }

  onAborted(failure: Decision | null): void {
    this.#onFailure(failure);
    this.destroy();
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
      else if (!isOver) chunks.push(chunk);
    },
    onEnd: () => finish(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks), null),
    onAborted: (failure) => finish(null, failure),
  });
}
