import type { Bytes } from '../bytes.ts';

/** `(?imsxU)`, as they stand at one place of a pattern. */
export interface Flags {
  /** `i`: letters match in either case. */
  readonly anyCase: boolean;
  /** `m`: `^` and `$` hold at lines. */
  readonly lines: boolean;
  /** `s`: a dot matches a newline. */
  readonly dotAll: boolean;
  /** `x`: white space and comments do not count. */
  readonly extended: boolean;
  /** `xx`: nor does white space in classes. */
  readonly extendedClasses: boolean;
  /** `U`: what is greedy is lazy, and the other way round. */
  readonly swapsGreed: boolean;
}

/** How ModSecurity compiles its patterns: a dot matches everything. */
const FLAGS: Flags = {
  anyCase: false,
  lines: false,
  dotAll: true,
  extended: false,
  extendedClasses: false,
  swapsGreed: false,
};

/** A reference to a group, to be looked up once all groups are known. */
interface GroupUse {
  readonly index: number;
  readonly at: number;
}

/**
 * A pattern that is being read, and what is known of it so far.
 *
 * Errors: `fail` throws a RangeError that names the construct and its place.
 */
export class PatternReader {
  readonly source: Bytes;
  at = 0;
  depth = 0;
  /** Between `\Q` and `\E`. */
  isQuoted = false;
  flags: Flags = FLAGS;
  captures = 0;
  readonly names = new Map<string, number>();
  readonly uses: GroupUse[] = [];

  constructor(source: Bytes) {
    this.source = source;
  }

  get isAtEnd(): boolean {
    return this.at >= this.source.length;
  }

  /** The next bytes, fewer at the end. */
  ahead(length: number): Bytes {
    return this.source.slice(this.at, this.at + length);
  }

  /** Reads a text if it comes next. */
  eats(text: Bytes): boolean {
    const isNext = this.source.startsWith(text, this.at);
    if (isNext) this.at += text.length;
    return isNext;
  }

  next(): Bytes {
    return this.source.charAt(this.at++);
  }

  /** Reads as many bytes of a kind as there are, at most `most`. */
  run(isOne: (byte: string) => boolean, most = Number.POSITIVE_INFINITY): Bytes {
    const start = this.at;
    while (!this.isAtEnd && this.at - start < most && isOne(this.source.charAt(this.at))) this.at++;
    return this.source.slice(start, this.at);
  }

  /** Reads up to a text and over it. */
  until(end: Bytes, what: string): Bytes {
    const start = this.at;
    const found = this.source.indexOf(end, start);
    if (found < 0) this.fail(`${what} has no ${end}`);
    this.at = found + end.length;
    return this.source.slice(start, found);
  }

  fail(what: string, at: number = this.at): never {
    throw new RangeError(`${what}, at byte ${Math.min(at, this.source.length) + 1} of the pattern.`);
  }
}

export const isDigit = (byte: string): boolean => byte >= '0' && byte <= '9';
export const isOctal = (byte: string): boolean => byte >= '0' && byte <= '7';
export const isHex = (byte: string): boolean => /^[0-9a-fA-F]$/.test(byte);
export const isWordByte = (byte: string): boolean => /^\w$/.test(byte);
