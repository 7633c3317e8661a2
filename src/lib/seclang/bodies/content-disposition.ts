import type { Bytes } from '../bytes.ts';
import type { MultipartFlags } from './multipart-flags.ts';

/** What the field `Content-Disposition` of a part says. */
export interface Disposition {
  /** null where it is not said. */
  readonly name: Bytes | null;
  readonly filename: Bytes | null;
  /** The number that ModSecurity gives the mistake; 0 where there is none. */
  readonly mistake: number;
}

/** Reads what stands behind the colon. What came before a mistake is told. */
export function parseDisposition(field: Bytes, flags: MultipartFlags): Disposition {
  return new DispositionReader(field, flags).read();
}

const TOKEN_END = /[^!#$%&'*+\-.0-9A-Z^_`a-z{|}~]/g;
const NAME_END = /[=\t ]/g;
const BLANKS_END = /[^\t ]/g;

class DispositionReader {
  readonly #field: Bytes;
  readonly #flags: MultipartFlags;
  #at = 0;
  #name: Bytes | null = null;
  #filename: Bytes | null = null;

  constructor(field: Bytes, flags: MultipartFlags) {
    this.#field = field;
    this.#flags = flags;
  }

  read(): Disposition {
    const mistake = this.#field.startsWith('form-data') ? this.#parameters() : -1;
    return { name: this.#name, filename: this.#filename, mistake };
  }

  get #isOver(): boolean {
    return this.#at >= this.#field.length;
  }

  #skip(end: RegExp): void {
    end.lastIndex = this.#at;
    this.#at = end.exec(this.#field)?.index ?? this.#field.length;
  }

  #parameters(): number {
    this.#at = 'form-data'.length;
    this.#skip(BLANKS_END);
    if (this.#isOver) return 0;
    if (this.#field[this.#at] !== ';') return -2;
    this.#at++;
    while (!this.#isOver) {
      const mistake = this.#parameter();
      if (mistake !== 0) return mistake;
      this.#skip(BLANKS_END);
      if (this.#isOver) return 0;
      if (this.#field[this.#at] !== ';') {
        if (/["']/.test(this.#field[this.#at - 1] as string)) this.#flags.invalidQuoting = true;
        return -12;
      }
      this.#at++;
    }
    return 0;
  }

  #parameter(): number {
    this.#skip(BLANKS_END);
    if (this.#isOver) return -3;
    const start = this.#at;
    this.#skip(NAME_END);
    if (this.#isOver) return -4;
    const name = this.#field.slice(start, this.#at);
    this.#skip(BLANKS_END);
    if (this.#isOver) return -5;
    if (this.#field[this.#at] !== '=') return -13;
    this.#at++;
    this.#skip(BLANKS_END);
    if (this.#isOver) return -6;
    const quote = this.#field[this.#at] as string;
    const value = quote === '"' || quote === "'" ? this.#quoted(quote) : this.#token();
    if (typeof value === 'number') return value;
    return this.#take(name, value, quote);
  }

  #take(name: Bytes, value: Bytes, quote: string): number {
    if (name !== 'name' && name !== 'filename') return -11;
    if (quote !== '"' && value.includes("'")) this.#flags.invalidQuoting = true;
    const isName = name === 'name';
    const isRepeated = (isName ? this.#name : this.#filename) !== null;
    if (isName) this.#name = value;
    else this.#filename = value;
    if (!isRepeated) return 0;
    return isName ? -14 : -15;
  }

  #token(): Bytes {
    const start = this.#at;
    this.#skip(TOKEN_END);
    return this.#field.slice(start, this.#at);
  }

  /** A value in quotes, in which the quote and a backslash may be escaped; other backslashes stand for themselves. */
  #quoted(quote: string): Bytes | number {
    if (quote === "'") this.#flags.invalidQuoting = true;
    this.#at++;
    if (this.#isOver) return -7;
    const field = this.#field;
    let value = '';
    for (; !this.#isOver; this.#at++) {
      const char = field[this.#at] as string;
      if (char === quote) {
        this.#at++;
        return value;
      }
      if (char === '\\') {
        const next = field[this.#at + 1];
        if (next === undefined) return -8;
        if (next === quote || next === '\\') this.#at++;
      }
      value += field[this.#at];
    }
    return -10;
  }
}
