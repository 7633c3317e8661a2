/**
 * A set of bytes.
 *
 * Shape: never changed once it is part of a pattern.
 */
export class ByteSet {
  readonly #words = new Uint32Array(8);
  #codes: readonly number[] | null = null;

  static of(...codes: number[]): ByteSet {
    const set = new ByteSet();
    for (const code of codes) set.add(code);
    return set;
  }

  /** Everything from the first to the last byte of each pair. */
  static ranges(...bounds: readonly (readonly [number, number])[]): ByteSet {
    const set = new ByteSet();
    for (const [first, last] of bounds) set.addRange(first, last);
    return set;
  }

  has(code: number): boolean {
    return (((this.#words[code >>> 5] as number) >>> (code & 31)) & 1) === 1;
  }

  add(code: number): void {
    this.#words[code >>> 5] = (this.#words[code >>> 5] as number) | (1 << (code & 31));
  }

  addRange(first: number, last: number): void {
    for (let code = first; code <= last; code++) this.add(code);
  }

  addAll(other: ByteSet): void {
    for (let at = 0; at < 8; at++) {
      this.#words[at] = (this.#words[at] as number) | (other.#words[at] as number);
    }
  }

  /** The bytes that are not in it. */
  complement(): ByteSet {
    const set = new ByteSet();
    for (let at = 0; at < 8; at++) set.#words[at] = ~(this.#words[at] as number);
    return set;
  }

  /** With the other case of every ASCII letter. */
  bothCases(): ByteSet {
    const set = new ByteSet();
    set.addAll(this);
    for (let lower = 0x61; lower <= 0x7a; lower++) {
      if (this.has(lower) || this.has(lower - 0x20)) {
        set.add(lower);
        set.add(lower - 0x20);
      }
    }
    return set;
  }

  meets(other: ByteSet): boolean {
    return this.#words.some((word, at) => (word & (other.#words[at] as number)) !== 0);
  }

  /** Its bytes in ascending order; it must not change any more. */
  codes(): readonly number[] {
    this.#codes ??= this.#findCodes();
    return this.#codes;
  }

  get size(): number {
    return this.codes().length;
  }

  #findCodes(): number[] {
    const codes: number[] = [];
    for (const [at, word] of this.#words.entries()) {
      for (let rest = word; rest !== 0; rest &= rest - 1) codes.push(32 * at + 31 - Math.clz32(rest & -rest));
    }
    return codes;
  }

  /** The same for equal sets. */
  get key(): string {
    return this.#words.join(',');
  }
}

const LITERALS: ByteSet[] = [];

/** The set of one byte, or of a letter in both cases; always the same object. */
export function literalSet(code: number, anyCase: boolean): ByteSet {
  const at = 2 * code + (anyCase ? 1 : 0);
  LITERALS[at] ??= anyCase ? ByteSet.of(code).bothCases() : ByteSet.of(code);
  return LITERALS[at];
}

export const ALL_BYTES: ByteSet = new ByteSet().complement();
export const DIGIT: ByteSet = ByteSet.ranges([0x30, 0x39]);
export const WORD: ByteSet = ByteSet.ranges([0x30, 0x39], [0x41, 0x5a], [0x5f, 0x5f], [0x61, 0x7a]);
/** With the vertical tab, as PCRE has it since 8.34. */
export const SPACE: ByteSet = ByteSet.ranges([0x09, 0x0d], [0x20, 0x20]);
export const HORIZONTAL_SPACE: ByteSet = ByteSet.of(0x09, 0x20, 0xa0);
export const VERTICAL_SPACE: ByteSet = ByteSet.ranges([0x0a, 0x0d], [0x85, 0x85]);
export const NEWLINE: ByteSet = ByteSet.of(0x0a);

const UPPER = ByteSet.ranges([0x41, 0x5a]);
const LOWER = ByteSet.ranges([0x61, 0x7a]);
const ALPHA = ByteSet.ranges([0x41, 0x5a], [0x61, 0x7a]);

/** `[:name:]` of classes, as the C locale has them. */
export const POSIX_CLASSES: ReadonlyMap<string, ByteSet> = new Map([
  ['alpha', ALPHA],
  ['lower', LOWER],
  ['upper', UPPER],
  ['alnum', ByteSet.ranges([0x30, 0x39], [0x41, 0x5a], [0x61, 0x7a])],
  ['ascii', ByteSet.ranges([0x00, 0x7f])],
  ['blank', ByteSet.of(0x09, 0x20)],
  ['cntrl', ByteSet.ranges([0x00, 0x1f], [0x7f, 0x7f])],
  ['digit', DIGIT],
  ['graph', ByteSet.ranges([0x21, 0x7e])],
  ['print', ByteSet.ranges([0x20, 0x7e])],
  ['punct', ByteSet.ranges([0x21, 0x2f], [0x3a, 0x40], [0x5b, 0x60], [0x7b, 0x7e])],
  ['space', SPACE],
  ['word', WORD],
  ['xdigit', ByteSet.ranges([0x30, 0x39], [0x41, 0x46], [0x61, 0x66])],
]);
