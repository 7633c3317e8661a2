import { CHARS, TOKEN, VALUE } from '../http/chars.ts';
import type { Http1Fault } from './faults.ts';

/** Digits of a chunk size; more would go beyond 2^52. Leading zeros count. */
const MAX_DIGITS = 13;
/** Bytes of all chunk extensions of a body: they mean nothing to anybody, and only cost time. */
const MAX_EXTENSION_BYTES = 4096;

const CR = 0x0d;
const LF = 0x0a;
const SEMICOLON = 0x3b;
const EQUALS = 0x3d;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Where in the line before or after a chunk the reader is. */
const SIZE_FIRST = 0;
const SIZE = 1;
const EXTENSION_NAME_FIRST = 2;
const EXTENSION_NAME = 3;
const EXTENSION_VALUE_FIRST = 4;
const EXTENSION_VALUE = 5;
const QUOTED = 6;
const QUOTED_PAIR = 7;
const QUOTED_END = 8;
const SIZE_LF = 9;
const DATA_CR = 10;
const DATA_LF = 11;

/**
 * Reads the lines around chunks (RFC 9112, 7.1), byte by byte.
 *
 * Safety: sizes are hexadecimal digits alone, extensions follow their grammar without blanks, every line ends with
 * CR LF. What lenient readers make of anything else differs.
 */
export class ChunkReader {
  /** Bytes of the chunk whose line was read; 0 is the last one. */
  size = 0;
  fault: Http1Fault | '' = '';
  #state = SIZE_FIRST;
  #digits = 0;
  #extensionBytes = 0;

  reset(): void {
    this.size = 0;
    this.fault = '';
    this.#state = SIZE_FIRST;
    this.#digits = 0;
    this.#extensionBytes = 0;
  }

  /** Says that the data of a chunk was read: its line end, then the next size follow. */
  dataEnded(): void {
    this.#state = DATA_CR;
  }

  /** Reads on; returns where the line of a size ends, or -1 when more bytes are needed or there is a fault. */
  read(bytes: Uint8Array, from: number): number {
    for (let i = from; i < bytes.length; i++) {
      const byte = bytes[i] as number;
      const state = this.#state;
      if (state === SIZE_LF) {
        if (byte !== LF) return this.#refuse('chunk-line');
        this.#state = SIZE_FIRST;
        return i + 1;
      }
      if (state === DATA_CR || state === DATA_LF) {
        if (byte !== (state === DATA_CR ? CR : LF))
          return this.#refuse(state === DATA_CR ? 'chunk-end' : 'chunk-line');
        this.#state = state === DATA_CR ? DATA_LF : SIZE_FIRST;
      } else if (state <= SIZE) {
        if (!this.#takeSize(byte)) return -1;
      } else if (!this.#takeExtension(byte)) return -1;
    }
    return -1;
  }

  #refuse(fault: Http1Fault): -1 {
    this.fault = fault;
    return -1;
  }

  #takeSize(byte: number): boolean {
    const digit = hexDigit(byte);
    if (digit >= 0) {
      this.size = this.#state === SIZE_FIRST ? digit : this.size * 16 + digit;
      this.#digits = this.#state === SIZE_FIRST ? 1 : this.#digits + 1;
      this.#state = SIZE;
      if (this.#digits > MAX_DIGITS) this.fault = 'chunk-size';
    } else if (this.#state === SIZE_FIRST) this.fault = 'chunk-size';
    else if (byte === CR) this.#state = SIZE_LF;
    else if (byte === SEMICOLON) this.#state = EXTENSION_NAME_FIRST;
    else this.fault = byte === LF ? 'chunk-line' : 'chunk-size';
    return this.fault === '';
  }

  #takeExtension(byte: number): boolean {
    const next = ++this.#extensionBytes > MAX_EXTENSION_BYTES ? -1 : extensionState(this.#state, byte);
    if (next < 0) this.fault = byte === LF ? 'chunk-line' : 'chunk-extension';
    else this.#state = next;
    return next >= 0;
  }
}

/** The state after a byte of an extension (RFC 9112, 7.1.1, without its bad whitespace); -1 for a malformed one. */
function extensionState(state: number, byte: number): number {
  const chars = CHARS[byte] as number;
  if (state === QUOTED) {
    if (byte === QUOTE) return QUOTED_END;
    return byte === BACKSLASH ? QUOTED_PAIR : (chars & VALUE) !== 0 ? QUOTED : -1;
  }
  if (state === QUOTED_PAIR) return (chars & VALUE) !== 0 ? QUOTED : -1;
  if ((chars & TOKEN) !== 0) {
    if (state <= EXTENSION_NAME) return EXTENSION_NAME;
    return state === QUOTED_END ? -1 : EXTENSION_VALUE;
  }
  if (state === EXTENSION_NAME_FIRST) return -1;
  if (state === EXTENSION_VALUE_FIRST) return byte === QUOTE ? QUOTED : -1;
  if (byte === CR) return SIZE_LF;
  if (byte === SEMICOLON) return EXTENSION_NAME_FIRST;
  return byte === EQUALS && state === EXTENSION_NAME ? EXTENSION_VALUE_FIRST : -1;
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}
