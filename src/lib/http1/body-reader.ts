import type { FieldLines } from '../http/field-lines.ts';
import { ChunkReader } from './chunk-reader.ts';
import type { Http1Fault } from './faults.ts';
import { CHUNKED, type Framing, UNTIL_CLOSE } from './framing.ts';
import { type HeadLimits, HeadReader } from './head-reader.ts';

/** Fields that would tell a reader of the trailers how to read the message (RFC 9110, 6.5.1). */
const NEVER_TRAILERS = ['content-length', 'transfer-encoding'];

/**
 * Reads the body of one message after the other, of every framing, in whatever pieces it comes.
 *
 * Shape: `next` gives one run of data at a time, as places in the bytes it was called with.
 */
export class BodyReader {
  isComplete = true;
  fault: Http1Fault | '' = '';
  /** The data that the last call found. */
  dataStart = 0;
  dataEnd = 0;
  readonly #limits: HeadLimits;
  #framing: Framing = 0;
  /** Bytes of data until the body, or the chunk, ends. */
  #left = 0;
  #chunks: ChunkReader | null = null;
  #trailers: HeadReader<never> | null = null;
  #isInTrailers = false;

  /** `limits` are those of the trailers. */
  constructor(limits: HeadLimits) {
    this.#limits = limits;
  }

  /** Fields behind a chunked body, once it is complete; null where there are none. */
  get trailers(): FieldLines | null {
    return this.#isInTrailers && this.#trailers !== null && this.#trailers.lines.length > 0
      ? this.#trailers.lines
      : null;
  }

  /** Makes it ready for a body; one without bytes is complete at once. */
  begin(framing: Framing): void {
    this.#framing = framing;
    this.#left = framing > 0 ? framing : 0;
    this.#isInTrailers = false;
    this.isComplete = framing === 0;
    this.fault = '';
    if (framing !== CHUNKED) return;
    this.#chunks ??= new ChunkReader();
    this.#chunks.reset();
  }

  /** Reads on up to the end of a run of data, of the bytes, or of the body; returns where that is. */
  next(bytes: Buffer, from: number): number {
    this.dataStart = this.dataEnd = from;
    if (this.#framing === CHUNKED) return this.#nextChunked(bytes, from);
    if (this.#framing === UNTIL_CLOSE) {
      this.dataEnd = bytes.length;
      return bytes.length;
    }
    const end = this.#takeData(bytes, from);
    this.isComplete = this.#left === 0;
    return end;
  }

  /** The connection ended: whether that is where the body ends. */
  endsHere(): boolean {
    if (this.#framing === UNTIL_CLOSE) this.isComplete = true;
    return this.isComplete;
  }

  #takeData(bytes: Buffer, from: number): number {
    const end = Math.min(bytes.length, from + this.#left);
    this.dataStart = from;
    this.dataEnd = end;
    this.#left -= end - from;
    return end;
  }

  #nextChunked(bytes: Buffer, from: number): number {
    const chunks = this.#chunks as ChunkReader;
    let at = from;
    while (at < bytes.length && !this.#isInTrailers) {
      if (this.#left > 0) {
        at = this.#takeData(bytes, at);
        if (this.#left === 0) chunks.dataEnded();
        return at;
      }
      at = chunks.read(bytes, at);
      this.fault = chunks.fault;
      if (at < 0) return bytes.length;
      this.#left = chunks.size;
      if (chunks.size === 0) this.#beginTrailers();
    }
    return this.#isInTrailers && at < bytes.length ? this.#readTrailers(bytes, at) : at;
  }

  #beginTrailers(): void {
    this.#isInTrailers = true;
    this.#trailers ??= new HeadReader<never>(null, this.#limits);
    this.#trailers.reset();
  }

  #readTrailers(bytes: Buffer, at: number): number {
    const trailers = this.#trailers as HeadReader<never>;
    const end = trailers.read(bytes, at);
    this.fault = trailers.fault;
    if (!trailers.isComplete) return end;
    if (NEVER_TRAILERS.some((name) => trailers.lines.has(name))) this.fault = 'trailer-field';
    else this.isComplete = true;
    return end;
  }
}
