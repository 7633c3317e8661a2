import { CHARS, VALUE } from '../http/chars.ts';
import { FieldLines, lowerName } from '../http/field-lines.ts';
import { tokenEnd, trimBlanks } from '../http/fields.ts';
import type { Http1Fault } from './faults.ts';

/** Bounds on a head, in bytes with line ends. */
export interface HeadLimits {
  readonly startLineBytes: number;
  /** All field lines together. */
  readonly fieldBytes: number;
  readonly fieldCount: number;
}

/** How the first line of a head is read. */
export interface StartLine<T> {
  /** Reads the line between two places; its characters may all stand in a field value. */
  parse(text: string, from: number, end: number): T | Http1Fault;
  /** Names what a character that may not stand in the line, at `at`, means. */
  faultAt(text: string, from: number, at: number): Http1Fault;
  readonly tooLong: Http1Fault;
  /** Empty lines that may come before it. */
  readonly emptyLines: number;
}

const CR = 0x0d;
const LF = 0x0a;
const SP = 0x20;
const HTAB = 0x09;
const COLON = 0x3a;

/**
 * What a tab around the value of a field that frames the message is refused as.
 *
 * Safety: RFC 9110, 5.5 allows it, but readers exist to which `chunked` and a tab are no coding that they know.
 */
const TABBED_FAULTS: ReadonlyMap<string, Http1Fault> = new Map([
  ['content-length', 'length-value'],
  ['transfer-encoding', 'coding'],
]);

/**
 * Reads start line and field lines (RFC 9112, 2.1) out of text whose characters are bytes, in whatever pieces it comes.
 *
 * Cost: one pass over the characters; of a piece that ends within a line only that line is looked at again.
 * Safety: a line ends with CR LF and nothing else, and holds no other control character but HTAB. Names, order and
 * duplicates are kept as they are; only blanks around values are cut off.
 */
export class HeadReader<T> {
  /** Null before it was read, and for a section that has none, such as trailers. */
  start: T | null = null;
  lines = new FieldLines();
  /** Why the message cannot be read; '' while it can. */
  fault: Http1Fault | '' = '';
  isComplete = false;
  readonly #startLine: StartLine<T> | null;
  readonly #limits: HeadLimits;
  /** The line that is not complete yet, and how much of it is known to hold no control character. */
  #held = '';
  #scanned = 0;
  #fieldBytes = 0;
  #emptyLines = 0;

  /** `startLine` null: there are field lines only. */
  constructor(startLine: StartLine<T> | null, limits: HeadLimits) {
    this.#startLine = startLine;
    this.#limits = limits;
  }

  /** Whether something of a head was read already. */
  get isBegun(): boolean {
    return this.start !== null || this.#held !== '' || this.#emptyLines > 0;
  }

  /** Makes it ready for the next head. */
  reset(): void {
    this.start = null;
    this.lines = new FieldLines();
    this.fault = '';
    this.isComplete = false;
    this.#held = '';
    this.#scanned = 0;
    this.#fieldBytes = 0;
    this.#emptyLines = 0;
  }

  /** Reads on from `from`; returns where the head ends, or the end of the text when it is not complete or broken. */
  read(piece: string, from: number): number {
    const before = this.#held.length;
    const text = before === 0 ? piece : this.#held + (from === 0 ? piece : piece.slice(from));
    const shift = before === 0 ? 0 : from - before;
    let at = before === 0 ? from : 0;
    let scanFrom = at + this.#scanned;
    for (;;) {
      const end = plainEnd(text, scanFrom);
      if (end + 1 >= text.length && (end === text.length || text.charCodeAt(end) === CR)) {
        this.#hold(text, at, end);
        break;
      }
      if (text.charCodeAt(end) !== CR || text.charCodeAt(end + 1) !== LF) {
        this.#refuse(text, at, end);
        break;
      }
      this.#takeLine(text, at, end);
      at = scanFrom = end + 2;
      if (this.isComplete) return at + shift;
      if (this.fault !== '') break;
    }
    return text.length + shift;
  }

  /** Keeps an unfinished line, unless it is too long already. */
  #hold(text: string, at: number, end: number): void {
    this.#held = at === text.length ? '' : text.slice(at);
    this.#scanned = end - at;
    if (this.#isOver(text.length - at, end - at)) this.fault = this.#tooLong(text, at);
  }

  /** Refuses a line for the character at `bad`, or for what it would have been refused for without it. */
  #refuse(text: string, at: number, bad: number): void {
    const received = text.charCodeAt(bad) === CR ? bad + 1 - at : bad - at;
    this.fault = this.#isOver(received, bad - at) ? this.#tooLong(text, at) : this.#faultAt(text, at, bad);
  }

  /** Whether so many bytes of an unfinished line are too many; the empty line that ends a head never is. */
  #isOver(received: number, characters: number): boolean {
    if (characters === 0) return false;
    if (this.#isAtStart) return received > this.#limits.startLineBytes;
    return this.#fieldBytes + received > this.#limits.fieldBytes;
  }

  get #isAtStart(): boolean {
    return this.#startLine !== null && this.start === null;
  }

  #tooLong(text: string, at: number): Http1Fault {
    if (!this.#isAtStart) return 'field-bytes';
    const { parse, tooLong } = this.#startLine as StartLine<T>;
    // A line that does not even begin as it should is not too long, but something else.
    return parse(text, at, text.length) === 'method' ? 'method' : tooLong;
  }

  #takeLine(text: string, at: number, end: number): void {
    this.#held = '';
    this.#scanned = 0;
    if (this.#isAtStart) this.#takeStart(text, at, end);
    else if (end === at) this.isComplete = true;
    else this.fault = this.#takeField(text, at, end);
  }

  #takeStart(text: string, at: number, end: number): void {
    const startLine = this.#startLine as StartLine<T>;
    if (end === at) {
      if (++this.#emptyLines > startLine.emptyLines) this.fault = 'empty-lines';
      return;
    }
    if (end + 2 - at > this.#limits.startLineBytes) {
      this.fault = this.#tooLong(text, at);
      return;
    }
    const parsed = startLine.parse(text, at, end);
    if (typeof parsed === 'string') this.fault = parsed as Http1Fault;
    else this.start = parsed;
  }

  #takeField(text: string, at: number, end: number): Http1Fault | '' {
    this.#fieldBytes += end + 2 - at;
    if (this.#fieldBytes > this.#limits.fieldBytes) return 'field-bytes';
    if (this.lines.length >= this.#limits.fieldCount) return 'field-count';
    const nameEnd = tokenEnd(text, at);
    if (nameEnd === at || text.charCodeAt(nameEnd) !== COLON) return nameFault(text, at, nameEnd, end);
    let valueStart = nameEnd + 1;
    let valueEnd = end;
    while (valueStart < valueEnd && text.charCodeAt(valueStart) === SP) valueStart++;
    while (valueEnd > valueStart && text.charCodeAt(valueEnd - 1) === SP) valueEnd--;
    const name = text.slice(at, nameEnd);
    if (text.charCodeAt(valueStart) === HTAB || text.charCodeAt(valueEnd - 1) === HTAB)
      return this.#takeTabbed(name, text.slice(nameEnd + 1, end));
    this.lines.addParsed(name, text.slice(valueStart, valueEnd));
    return '';
  }

  /** Takes a field with tabs around its value. */
  #takeTabbed(name: string, value: string): Http1Fault | '' {
    const fault = TABBED_FAULTS.get(lowerName(name));
    if (fault !== undefined) return fault;
    this.lines.addParsed(name, trimBlanks(value));
    return '';
  }

  /** Names what the character at `bad`, which may not stand in a line that begins at `at`, means. */
  #faultAt(text: string, at: number, bad: number): Http1Fault {
    if (this.#isAtStart) return (this.#startLine as StartLine<T>).faultAt(text, at, bad);
    const nameEnd = tokenEnd(text, at);
    if (nameEnd === bad) return 'field-name';
    if (text.charCodeAt(nameEnd) !== COLON) return nameFault(text, at, nameEnd, bad);
    const code = text.charCodeAt(bad);
    return code === LF ? 'bare-lf' : code === CR ? 'bare-cr' : 'field-value';
  }
}

/** Where the characters that may stand in a field value end. */
function plainEnd(text: string, from: number): number {
  const { length } = text;
  let i = from;
  while (i < length && ((CHARS[text.charCodeAt(i)] as number) & VALUE) !== 0) i++;
  return i;
}

function isBlank(code: number): boolean {
  return code === SP || code === HTAB;
}

/** Why a line has no field name that ends with a colon, when its token ends at `nameEnd` and itself at `end`. */
function nameFault(text: string, at: number, nameEnd: number, end: number): Http1Fault {
  const isBlankNext = nameEnd < end && isBlank(text.charCodeAt(nameEnd));
  if (nameEnd === at) return isBlankNext ? 'field-folded' : 'field-name';
  if (isBlankNext) return 'field-blank';
  return nameEnd === end ? 'field-colon' : 'field-name';
}
