import type { Bytes } from '../../seclang/bytes.ts';
import { LONGEST_WORD, WORD, type WordClass, wordClass } from './words.ts';

/** Kinds of tokens. */
export const TOKEN = {
  end: 0,
  number: 1,
  string: 2,
  word: 3,
  variable: 4,
  compare: 5,
  math: 6,
  logic: 7,
  open: 8,
  close: 9,
  comma: 10,
  semicolon: 11,
  dot: 12,
  comment: 13,
  other: 14,
} as const;

/** Most tokens that are looked at of one piece of text; what follows them is looked at as a piece of its own. */
export const MOST_TOKENS = 4_096;

const SPACE = 1;
const DIGIT = 2;
const LETTER = 4;
const CLASS = new Uint8Array(256);
for (let c = 0; c < 256; c++) {
  if (c <= 0x20 || c === 0xa0) CLASS[c] = SPACE;
  else if (c >= 0x30 && c <= 0x39) CLASS[c] = DIGIT;
  else if ((c | 0x20) >= 0x61 && (c | 0x20) <= 0x7a) CLASS[c] = LETTER;
  else if (c === 0x5f || c === 0x24 || c >= 0x80) CLASS[c] = LETTER;
}

/**
 * SQL text as tokens, in columns. One instance is used again and again.
 *
 * Shape: `kinds[count]` is `end`, so that looking one past the last token is safe.
 * Cost: linear.
 */
export class SqlTokens {
  readonly kinds: Uint8Array = new Uint8Array(MOST_TOKENS + 2);
  readonly words: Uint8Array = new Uint8Array(MOST_TOKENS + 2);
  readonly starts: Int32Array = new Int32Array(MOST_TOKENS + 2);
  readonly ends: Int32Array = new Int32Array(MOST_TOKENS + 2);
  /** Of `(`: where its `)` stands; the number of tokens where there is none. */
  readonly partners: Int32Array = new Int32Array(MOST_TOKENS + 2);
  count = 0;
  /** The text. */
  text: Bytes = '';
  /** Whether the last string does not end. */
  isOpen = false;
  /** Whether a conditional comment of MySQL (`/*!`) stands in it. */
  hasConditional = false;
  /** Comments that stand between words like white space. */
  inlineComments = 0;
  /** Adjacent pairs of words that mean nothing in SQL. */
  prosePairs = 0;
  #at = 0;
  readonly #opened: Int32Array = new Int32Array(MOST_TOKENS + 2);
  #depth = 0;
  /** So that many comments without an end are not each looked for to the end of the text. */
  #hasNoCommentEnd = false;

  /** Reads text that stands inside quotes of a kind, or inside none (''). Gives how far it came. */
  read(text: Bytes, quote: '' | "'" | '"' | '`', from: number): number {
    this.text = text;
    this.count = 0;
    this.isOpen = false;
    this.hasConditional = false;
    this.inlineComments = 0;
    this.prosePairs = 0;
    this.#depth = 0;
    this.#hasNoCommentEnd = false;
    this.#at = from;
    if (quote !== '') this.#readBroken(quote);
    while (this.#at < text.length && this.count < MOST_TOKENS) this.#readToken();
    while (this.#depth > 0) this.partners[this.#opened[--this.#depth] as number] = this.count;
    this.kinds[this.count] = TOKEN.end;
    this.kinds[this.count + 1] = TOKEN.end;
    this.words[this.count] = WORD.plain;
    this.starts[this.count] = text.length;
    this.ends[this.count] = text.length;
    return this.#at;
  }

  /** A word's class; `plain` for what is no word. */
  wordAt(token: number): WordClass {
    return this.words[token] as WordClass;
  }

  #push(kind: number, start: number, end: number, word: WordClass = WORD.plain): void {
    const at = this.count++;
    this.kinds[at] = kind;
    this.words[at] = word;
    this.starts[at] = start;
    this.ends[at] = end;
    this.#at = end;
  }

  /** The string that the value stands in, up to where the value ends it. */
  #readBroken(quote: string): void {
    const end = this.text.indexOf(quote, this.#at);
    this.#push(TOKEN.string, this.#at, end < 0 ? this.text.length : end + 1);
  }

  #readToken(): void {
    const code = this.text.charCodeAt(this.#at);
    const kind = code < 256 ? (CLASS[code] as number) : LETTER;
    if (kind === SPACE) this.#at++;
    else if (kind === LETTER) this.#readWord();
    else if (kind === DIGIT) this.#readNumber();
    else this.#readSign(code);
  }

  #wordEnd(from: number): number {
    let at = from;
    while (at < this.text.length && ((CLASS[this.text.charCodeAt(at)] as number) & (LETTER | DIGIT)) !== 0)
      at++;
    return at;
  }

  #readWord(): void {
    const start = this.#at;
    const end = this.#wordEnd(start);
    const word =
      end - start > LONGEST_WORD ? WORD.plain : wordClass(this.text.slice(start, end).toLowerCase());
    if (word === WORD.logic) {
      this.#push(TOKEN.logic, start, end, word);
      return;
    }
    if (word === WORD.plain && this.count > 0 && this.#isPlain(this.count - 1)) this.prosePairs++;
    this.#push(word === WORD.compare ? TOKEN.compare : TOKEN.word, start, end, word);
  }

  #isPlain(token: number): boolean {
    return this.kinds[token] === TOKEN.word && this.words[token] === WORD.plain;
  }

  #readNumber(): void {
    const start = this.#at;
    const { text } = this;
    let at = start + 1;
    if (text[start] === '0' && (text.charCodeAt(at) | 0x20) === 0x78 && isHex(text.charCodeAt(at + 1))) {
      at += 2;
      while (isHex(text.charCodeAt(at))) at++;
    } else {
      while (isDigitOrDot(text.charCodeAt(at))) at++;
      if ((text.charCodeAt(at) | 0x20) === 0x65) at = exponentEnd(text, at);
    }
    this.#push(TOKEN.number, start, at);
  }

  #readSign(code: number): void {
    const at = this.#at;
    const next = this.text.charCodeAt(at + 1);
    switch (code) {
      case 0x27: // '
      case 0x22: // "
      case 0x60: // `
        return this.#readString(code);
      case 0x28:
        this.#opened[this.#depth++] = this.count;
        return this.#push(TOKEN.open, at, at + 1);
      case 0x29:
        if (this.#depth > 0) this.partners[this.#opened[--this.#depth] as number] = this.count;
        return this.#push(TOKEN.close, at, at + 1);
      case 0x2c:
        return this.#push(TOKEN.comma, at, at + 1);
      case 0x3b:
        return this.#push(TOKEN.semicolon, at, at + 1);
      case 0x2e:
        return this.#push(TOKEN.dot, at, at + 1);
      case 0x40: // @
        return this.#push(TOKEN.variable, at, this.#wordEnd(at + (next === 0x40 ? 2 : 1)));
      case 0x23: // #
        return this.#push(TOKEN.comment, at, at + 1);
      case 0x2d: // -
        return next === 0x2d ? this.#readLineComment() : this.#push(TOKEN.math, at, at + 1);
      case 0x2f: // /
        return next === 0x2a ? this.#readComment() : this.#push(TOKEN.math, at, at + 1);
      default:
        this.#readOperator(code, next);
    }
  }

  #readOperator(code: number, next: number): void {
    const at = this.#at;
    if (code === 0x2a && next === 0x2f) {
      // The end of a conditional comment, or of one that the statement around the value began.
      this.#at += 2;
      return;
    }
    if ((code === 0x7c && next === 0x7c) || (code === 0x26 && next === 0x26)) {
      this.#push(TOKEN.logic, at, at + 2, WORD.logic);
    } else if (code === 0x3d || code === 0x3c || code === 0x3e || (code === 0x21 && next === 0x3d)) {
      let end = at + 1;
      while (end < at + 3 && isCompareSign(this.text.charCodeAt(end))) end++;
      this.#push(TOKEN.compare, at, end);
    } else {
      this.#push('+*%^|&~!'.includes(String.fromCharCode(code)) ? TOKEN.math : TOKEN.other, at, at + 1);
    }
  }

  #readString(quote: number): void {
    const { text } = this;
    const start = this.#at;
    let at = start + 1;
    for (; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code === 0x5c) at++;
      else if (code === quote) {
        if (text.charCodeAt(at + 1) !== quote) break;
        at++;
      }
    }
    if (at >= text.length) this.isOpen = true;
    this.#push(TOKEN.string, start, Math.min(text.length, at + 1));
  }

  /**
   * `--`. Before white space all dialects take it for a comment, and the rest of the line does not matter; elsewhere
   * some do, so that the rest is read on.
   */
  #readLineComment(): void {
    const at = this.#at;
    const { text } = this;
    const isBlank = at + 2 >= text.length || CLASS[text.charCodeAt(at + 2)] === SPACE;
    const line = isBlank ? text.indexOf('\n', at) : at + 2;
    this.#push(TOKEN.comment, at, line < 0 ? text.length : line);
  }

  #readComment(): void {
    const at = this.#at;
    const { text } = this;
    if (text[at + 2] === '!') {
      this.hasConditional = true;
      this.#at = at + 3;
      while (isDigitOrDot(text.charCodeAt(this.#at))) this.#at++;
      return;
    }
    const end = this.#hasNoCommentEnd ? -1 : text.indexOf('*/', at + 2);
    if (end < 0) {
      this.#hasNoCommentEnd = true;
      this.#push(TOKEN.comment, at, at + 2);
      return;
    }
    this.inlineComments++;
    this.#at = end + 2;
  }
}

function isHex(code: number): boolean {
  return (code >= 0x30 && code <= 0x39) || ((code | 0x20) >= 0x61 && (code | 0x20) <= 0x66);
}

function isDigitOrDot(code: number): boolean {
  return (code >= 0x30 && code <= 0x39) || code === 0x2e;
}

function isCompareSign(code: number): boolean {
  return code === 0x3d || code === 0x3c || code === 0x3e;
}

/** Where a number ends that may have an exponent at `at`. */
function exponentEnd(text: Bytes, at: number): number {
  const sign = text.charCodeAt(at + 1);
  let end = sign === 0x2b || sign === 0x2d ? at + 2 : at + 1;
  if (!isDigitOrDot(text.charCodeAt(end))) return at;
  while (isDigitOrDot(text.charCodeAt(end))) end++;
  return end;
}
