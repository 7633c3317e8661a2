import { chunkLine, lastChunk } from '../lib/http1/serialize.ts';
import type { BodyWriter } from './body-relay.ts';
import type { UpstreamRequest } from './upstream-call.ts';
import { TEXT_BYTES, textOf, type Wire } from './wire.ts';

/** Writes requests to an upstream, one after the other, each with one framing. */
export class RequestWriter implements BodyWriter {
  /** Whether the last request has been written to its end. */
  isDone = true;
  readonly #wire: Wire;
  readonly #onProgress: () => void;
  #isChunked = false;
  /** Head of the request, waiting for the first piece of its body. */
  #held = '';

  /** `onProgress` is called with every piece of a body. */
  constructor(wire: Wire, onProgress: () => void) {
    this.#wire = wire;
    this.#onProgress = onProgress;
  }

  /** Writes head and body, or the head and, as it comes, the body. */
  write({ head, body, isChunked }: UpstreamRequest): void {
    this.isDone = true;
    if (body === null) this.#wire.writeText(head);
    else if ('start' in body) {
      this.isDone = false;
      this.#isChunked = isChunked;
      this.#held = head;
      body.start(this);
      if (this.#held !== '' && this.#wire.isOpen) this.#flush('');
    } else if (head.length + body.length > TEXT_BYTES) this.#wire.writeBetween(head, body, '');
    else this.#wire.writeText(head + textOf(body));
  }

  writeBody(bytes: Buffer): boolean {
    if (bytes.length === 0) return true;
    this.#onProgress();
    const before = this.#isChunked ? this.#held + chunkLine(bytes.length) : this.#held;
    const after = this.#isChunked ? '\r\n' : '';
    this.#held = '';
    if (before.length + bytes.length > TEXT_BYTES) return this.#wire.writeBetween(before, bytes, after);
    return this.#wire.writeText(before + textOf(bytes) + after);
  }

  endBody(): void {
    this.isDone = true;
    this.#flush(this.#isChunked ? lastChunk(undefined) : '');
  }

  #flush(more: string): void {
    const text = this.#held + more;
    this.#held = '';
    if (text !== '') this.#wire.writeText(text);
  }
}
