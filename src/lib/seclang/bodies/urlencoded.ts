import type { Bytes } from '../bytes.ts';
import { NamedValues } from '../variables/named-values.ts';
import { type BodyReader, TOO_MANY_ARGUMENTS } from './body-reader.ts';
import { unescapeArgument } from './percent.ts';

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

  constructor(text: Bytes, separator: Bytes, limit: number) {
    this.values = new NamedValues();
    this.isInvalid = false;
    this.error = '';
    this.#text = text;
    this.#separator = separator;
    this.#limit = limit;
    this.#at = 0;
  }

  /**
   * Reads about `bytes` more, whole arguments only; true when all is read.
   *
   * An argument may lack `=`, its name or both; only behind the last separator nothing is no argument.
   */
  step(bytes: number): boolean {
    const text = this.#text;
    const until = this.#at + bytes;
    while (this.#at < text.length && this.#at < until) {
      const found = text.indexOf(this.#separator, this.#at);
      const end = found < 0 ? text.length : found;
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
    if (name.invalid > 0 || value.invalid > 0) this.isInvalid = true;
    if (this.values.length >= this.#limit) this.error = TOO_MANY_ARGUMENTS;
    else this.values.add(name.text, value.text);
  }
}
