import { CHARS, VALUE } from '../http/chars.ts';
import { FieldLine, FieldLines, type FieldName, fieldNameOf, ownCopy } from '../http/field-lines.ts';
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

/** Bytes that are looked at in one go: of what follows a head, no more is decoded in vain. */
const PIECE = 4096;
const NOTHING = Buffer.alloc(0);
const MOST_KNOWN = 32;

/** A line that was read, as it came. */
interface KnownLine {
  /** With its end. */
  readonly received: string;
  line: FieldLine;
  /** Whether it came a second time, and its text has been made one piece. */
  isFlat: boolean;
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
 * Reads start line and field lines (RFC 9112, 2.1), in whatever pieces they come.
 *
 * Cost: one pass over the bytes; of a piece that ends within a line only that line is looked at again.
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
  #held: Buffer = NOTHING;
  #scanned = 0;
  #fieldBytes = 0;
  #emptyLines = 0;
  /** Lines of the heads before: the next one on a connection mostly has the same ones at the same places. */
  readonly #known: KnownLine[] = [];

  /** `startLine` null: there are field lines only. */
  constructor(startLine: StartLine<T> | null, limits: HeadLimits) {
    this.#startLine = startLine;
    this.#limits = limits;
  }

  /** Whether something of a head was read already; an empty line before it is nothing of it. */
  get isBegun(): boolean {
    return this.start !== null || this.#held.length > 0;
  }

  /** Makes it ready for the next head. */
  reset(): void {
    this.start = null;
    this.lines = new FieldLines();
    this.fault = '';
    this.isComplete = false;
    this.#held = NOTHING;
    this.#scanned = 0;
    this.#fieldBytes = 0;
    this.#emptyLines = 0;
  }

  /** Reads on from `from`; returns where the head ends, or up to where it read when it is not complete. */
  read(bytes: Buffer, from: number): number {
    const pieceEnd = Math.min(bytes.length, from + PIECE);
    const before = this.#held.length;
    if (before === 0) return this.#readLines(bytes, from, pieceEnd);
    const joined = Buffer.concat([this.#held, bytes.subarray(from, pieceEnd)]);
    return this.#readLines(joined, 0, joined.length) + from - before;
  }

  #readLines(bytes: Buffer, from: number, pieceEnd: number): number {
    const text = bytes.toString('latin1', from, pieceEnd);
    let at = from;
    let scanFrom = at + this.#scanned;
    for (;;) {
      if (scanFrom === at) {
        at = scanFrom = from + this.#skipKnown(text, at - from);
        if (this.fault !== '') return pieceEnd;
      }
      const end = plainEnd(bytes, scanFrom, pieceEnd);
      if (end + 1 >= pieceEnd && (end === pieceEnd || bytes[end] === CR)) {
        this.#hold(bytes.subarray(at, pieceEnd), end - at);
        return pieceEnd;
      }
      if (bytes[end] !== CR || bytes[end + 1] !== LF) {
        this.#refuse(text, at - from, end - from);
        return pieceEnd;
      }
      this.#takeLine(text, at - from, end - from);
      at = scanFrom = end + 2;
      if (this.isComplete) return at;
      if (this.fault !== '') return pieceEnd;
    }
  }

  /**
   * Takes the lines from `at` that are, byte for byte, those of an earlier head at the same places; returns where they end.
   *
   * Safety: what was a good line then is one now; only the limits are those of this head.
   */
  #skipKnown(text: string, at: number): number {
    if (this.#isAtStart()) return at;
    let end = at;
    for (;;) {
      const known = this.#known[this.lines.length];
      if (known === undefined) return end;
      const { length } = known.received;
      if (text.slice(end, end + length) !== known.received) return end;
      if (!this.#countField(length)) return end;
      if (!known.isFlat) flatten(known);
      this.lines.addLine(known.line);
      end += length;
    }
  }

  /** Counts a field line against the limits; false when it is over one. */
  #countField(bytes: number): boolean {
    this.#fieldBytes += bytes;
    if (this.#fieldBytes > this.#limits.fieldBytes) this.fault = 'field-bytes';
    else if (this.lines.length >= this.#limits.fieldCount) this.fault = 'field-count';
    return this.fault === '';
  }

  /** Keeps an unfinished line, unless it is too long already. */
  #hold(line: Buffer, scanned: number): void {
    this.#held = line.length === 0 ? NOTHING : Buffer.from(line);
    this.#scanned = scanned;
    if (this.#isOver(line.length, scanned)) this.fault = this.#tooLong(line.toString('latin1'), 0);
  }

  /** Refuses a line for the character at `bad`, or for what it would have been refused for without it. */
  #refuse(text: string, at: number, bad: number): void {
    const received = text.charCodeAt(bad) === CR ? bad + 1 - at : bad - at;
    this.fault = this.#isOver(received, bad - at) ? this.#tooLong(text, at) : this.#faultAt(text, at, bad);
  }

  /** Whether so many bytes of an unfinished line are too many; the empty line that ends a head never is. */
  #isOver(received: number, characters: number): boolean {
    if (characters === 0) return false;
    if (this.#isAtStart()) return received > this.#limits.startLineBytes;
    return this.#fieldBytes + received > this.#limits.fieldBytes;
  }

  #isAtStart(): boolean {
    return this.#startLine !== null && this.start === null;
  }

  #tooLong(text: string, at: number): Http1Fault {
    if (!this.#isAtStart()) return 'field-bytes';
    const { parse, tooLong } = this.#startLine as StartLine<T>;
    // A line that does not even begin as it should is not too long, but something else.
    return parse(text, at, text.length) === 'method' ? 'method' : tooLong;
  }

  #takeLine(text: string, at: number, end: number): void {
    this.#held = NOTHING;
    this.#scanned = 0;
    if (this.#isAtStart()) this.#takeStart(text, at, end);
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
    if (!this.#countField(end + 2 - at)) return this.fault;
    const nameEnd = tokenEnd(text, at);
    if (nameEnd === at || text.charCodeAt(nameEnd) !== COLON) return nameFault(text, at, nameEnd, end);
    const name = fieldNameOf(text.slice(at, nameEnd));
    let valueStart = nameEnd + 1;
    let valueEnd = end;
    while (valueStart < valueEnd && text.charCodeAt(valueStart) === SP) valueStart++;
    while (valueEnd > valueStart && text.charCodeAt(valueEnd - 1) === SP) valueEnd--;
    if (text.charCodeAt(valueStart) === HTAB || text.charCodeAt(valueEnd - 1) === HTAB)
      return this.#takeTabbed(name, text.slice(nameEnd + 1, end));
    const line = new FieldLine(name, text.slice(valueStart, valueEnd));
    const place = this.lines.length;
    if (place < MOST_KNOWN) this.#known[place] = { received: text.slice(at, end + 2), line, isFlat: false };
    this.lines.addLine(line);
    return '';
  }

  /** Takes a field with tabs around its value. */
  #takeTabbed(name: FieldName, value: string): Http1Fault | '' {
    const fault = TABBED_FAULTS.get(name.lower);
    if (fault !== undefined) return fault;
    this.lines.addLine(new FieldLine(name, trimBlanks(value)));
    return '';
  }

  /** Names what the character at `bad`, which may not stand in a line that begins at `at`, means. */
  #faultAt(text: string, at: number, bad: number): Http1Fault {
    if (this.#isAtStart()) return (this.#startLine as StartLine<T>).faultAt(text, at, bad);
    const nameEnd = tokenEnd(text, at);
    if (nameEnd === bad) return 'field-name';
    if (text.charCodeAt(nameEnd) !== COLON) return nameFault(text, at, nameEnd, bad);
    const code = text.charCodeAt(bad);
    return code === LF ? 'bare-lf' : code === CR ? 'bare-cr' : 'field-value';
  }
}

/** Makes the text of a line that comes again one piece, and lets go of the head that it was cut from. */
function flatten(known: KnownLine): void {
  const { name, value } = known.line;
  known.line = new FieldLine(name, ownCopy(value), ownCopy(known.line.text));
  known.isFlat = true;
}

/** Where the bytes that may stand in a field value end. */
function plainEnd(bytes: Buffer, from: number, end: number): number {
  let i = from;
  while (i < end && ((CHARS[bytes[i] as number] as number) & VALUE) !== 0) i++;
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
