import type { Bytes } from '../bytes.ts';
import { NamedValues } from '../variables/named-values.ts';
import { type BodyReader, TOO_MANY_ARGUMENTS } from './body-reader.ts';
import { LongArgument, type Unescaped, unescapeArgument } from './percent.ts';

/** Arguments longer than this are decoded in steps. */
const LONG_BYTES = 32_768;

/** An argument of which some is decoded. */
interface LongParts {
  readonly name: LongArgument;
  readonly value: LongArgument;
  readonly end: number;
  isNameRead: boolean;
}

/** A query string or a body of a form, read piece by piece. */
export class ArgumentReader implements BodyReader {
  readonly values: NamedValues;
  /** Whether an escape was none: `URLENCODED_ERROR`. */
  isInvalid: boolean;
  /** Set where there were more than may be; those behind are left out. */
  error: Bytes;
  readonly #text: Bytes;
  readonly #separator: Bytes;
  readonly #limit: number;
  #at: number;
  #long: LongParts | null;

  constructor(text: Bytes, separator: Bytes, limit: number) {
    this.values = new NamedValues();
    this.isInvalid = false;
    this.error = '';
    this.#text = text;
    this.#separator = separator;
    this.#limit = limit;
    this.#at = 0;
    this.#long = null;
  }

  /**
   * Reads about `bytes` more; true when all is read.
   *
   * An argument may lack `=`, its name or both; only behind the last separator nothing is no argument.
   */
  step(bytes: number): boolean {
    const text = this.#text;
    const until = this.#at + bytes;
    if (this.#long !== null && !this.#readLong(this.#long, bytes)) return false;
    while (this.#at < text.length && this.#at < until) {
      const found = text.indexOf(this.#separator, this.#at);
      const end = found < 0 ? text.length : found;
      if (end - this.#at > LONG_BYTES && bytes < Number.POSITIVE_INFINITY) {
        this.#long = this.#openLong(this.#at, end);
        return false;
      }
      this.#argument(this.#at, end);
      this.#at = end + 1;
    }
    return this.#at >= text.length;
  }

  #argument(start: number, end: number): void {
    const piece = this.#text.slice(start, end);
    const equals = piece.indexOf('=');
    const name = unescapeArgument(equals < 0 ? piece : piece.slice(0, equals));
    const value = unescapeArgument(equals < 0 ? '' : piece.slice(equals + 1));
    this.#add(name, value);
  }

  #openLong(start: number, end: number): LongParts {
    const found = this.#text.indexOf('=', start);
    const equals = found < 0 || found > end ? end : found;
    return {
      name: new LongArgument(this.#text, start, equals),
      value: new LongArgument(this.#text, Math.min(equals + 1, end), end),
      end,
      isNameRead: false,
    };
  }

  /** Goes on with a long argument; true when it is over. */
  #readLong(long: LongParts, bytes: number): boolean {
    if (!long.isNameRead) {
      long.isNameRead = long.name.step(bytes);
      return false;
    }
    if (!long.value.step(bytes)) return false;
    this.#add(long.name, long.value);
    this.#long = null;
    this.#at = long.end + 1;
    return true;
  }

  #add(name: Unescaped, value: Unescaped): void {
    if (name.invalid > 0 || value.invalid > 0) this.isInvalid = true;
    if (this.values.length >= this.#limit) this.error = TOO_MANY_ARGUMENTS;
    else this.values.add(name.text, value.text);
  }
}
