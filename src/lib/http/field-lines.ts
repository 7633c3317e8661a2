import { isFieldValue, isToken } from './fields.ts';

/** A field name as written, in lower case, and as the beginning of a line that follows another one. */
export interface FieldName {
  readonly raw: string;
  readonly lower: string;
  /** In lower case, with `-` for everything that is no letter or digit, see `foldName`. */
  readonly folded: string;
  /** CR LF, the name, a colon and a blank. */
  readonly start: string;
}

/** One field line; the messages in which it stands share it. */
export class FieldLine {
  readonly name: FieldName;
  readonly value: string;
  /** The whole line, behind the end of another one. */
  readonly text: string;

  /** The value must have been checked, see `FieldLines.add`. */
  constructor(name: FieldName, value: string, text: string = name.start + value) {
    this.name = name;
    this.value = value;
    this.text = text;
  }
}

/** A set of lower-case names. */
export interface NameSet {
  has(name: string): boolean;
}

const MAX_INTERNED = 512;
const LONGEST_INTERNED = 64;
const interned = new Map<string, FieldName>();

/** Finds the name of a field; common spellings are remembered, so that equal names are the same strings. */
export function fieldNameOf(name: string): FieldName {
  const known = interned.get(name);
  if (known !== undefined) return known;
  const raw = ownCopy(name);
  const lower = raw.toLowerCase();
  const fieldName = { raw, lower, folded: foldName(lower), start: `\r\n${raw}: ` };
  if (raw.length > LONGEST_INTERNED) return fieldName;
  if (interned.size >= MAX_INTERNED) interned.clear();
  interned.set(raw, fieldName);
  return fieldName;
}

/** A lower-case field name as upstreams read it that keep fields in variables (CGI, WSGI, PHP): all else is one character. */
export function foldName(lower: string): string {
  return lower.replace(/[^a-z0-9-]/g, '-');
}

/** Lower-cases a field name. */
export function lowerName(name: string): string {
  return fieldNameOf(name).lower;
}

/**
 * Copies text whose characters are bytes.
 *
 * Cost: a slice keeps the text that it was cut from alive; what outlives a message must be a copy.
 */
export function ownCopy(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1');
}

/**
 * The header fields of a message in the order received, duplicates kept.
 *
 * Shape: three arrays of equal length. Lookups are linear scans: real headers have about ten lines.
 */
export class FieldLines {
  readonly lines: FieldLine[] = [];
  /** In lower case. */
  readonly names: string[] = [];
  readonly values: string[] = [];

  get length(): number {
    return this.names.length;
  }

  /** The names as written. */
  get rawNames(): string[] {
    return this.lines.map(({ name }) => name.raw);
  }

  /** Reads a flat list of names and values; throws like `add`. */
  static fromFlat(flat: readonly string[]): FieldLines {
    const lines = new FieldLines();
    for (let i = 0; i + 1 < flat.length; i += 2) lines.add(flat[i] as string, flat[i + 1] as string);
    return lines;
  }

  /** First value of a field, or null. `name` is lower-case. */
  get(name: string): string | null {
    const at = this.names.indexOf(name);
    return at < 0 ? null : (this.values[at] as string);
  }

  has(name: string): boolean {
    return this.names.includes(name);
  }

  /** How many lines carry the name. */
  count(name: string): number {
    let count = 0;
    for (let i = 0; i < this.names.length; i++) if (this.names[i] === name) count++;
    return count;
  }

  /** All values of a field joined as one list (RFC 9110, 5.3), or null when the field is absent. */
  joined(name: string): string | null {
    let result: string | null = null;
    for (let i = 0; i < this.names.length; i++) {
      if (this.names[i] === name)
        result = result === null ? (this.values[i] as string) : `${result}, ${this.values[i]}`;
    }
    return result;
  }

  /**
   * Appends a line.
   *
   * Errors: TypeError for what is no token or no field value.
   * Safety: every line is checked here or by the parser, so that none can hold the end of a line.
   */
  add(name: string, value: string): void {
    this.addLine(fieldLineOf(name, value));
  }

  /** Appends a line whose characters a parser has checked. */
  addParsed(name: string, value: string): void {
    this.addLine(new FieldLine(fieldNameOf(name), value));
  }

  /** Appends a line of another message, or a ready-made one. */
  addLine(line: FieldLine): void {
    this.lines.push(line);
    this.names.push(line.name.lower);
    this.values.push(line.value);
  }

  /** Appends all lines of another message or of a set of ready-made ones. */
  addAll({ lines }: FieldLines): void {
    for (let i = 0; i < lines.length; i++) this.addLine(lines[i] as FieldLine);
  }

  copy(): FieldLines {
    const copy = new FieldLines();
    copy.addAll(this);
    return copy;
  }

  /** Removes every line of a field. */
  remove(name: string): void {
    const first = this.names.indexOf(name);
    if (first < 0) return;
    let kept = first;
    for (let i = first + 1; i < this.names.length; i++) if (this.names[i] !== name) this.#move(i, kept++);
    this.#cut(kept);
  }

  /** Removes every line of the fields in a set. */
  removeAll(removed: NameSet): void {
    let kept = 0;
    for (let i = 0; i < this.names.length; i++) {
      if (removed.has(this.names[i] as string)) continue;
      if (kept !== i) this.#move(i, kept);
      kept++;
    }
    this.#cut(kept);
  }

  #move(from: number, to: number): void {
    this.lines[to] = this.lines[from] as FieldLine;
    this.names[to] = this.names[from] as string;
    this.values[to] = this.values[from] as string;
  }

  #cut(length: number): void {
    if (length === this.names.length) return;
    this.lines.length = length;
    this.names.length = length;
    this.values.length = length;
  }

  /** Replaces every line of a field by one; throws like `add`. */
  set(name: string, value: string): void {
    checkLine(name, value);
    this.remove(lowerName(name));
    this.addParsed(name, value);
  }
}

/** Makes a line; throws TypeError for what is no token or no field value. */
export function fieldLineOf(name: string, value: string): FieldLine {
  checkLine(name, value);
  return new FieldLine(fieldNameOf(name), value);
}

function checkLine(name: string, value: string): void {
  if (!isToken(name) || !isFieldValue(value))
    throw new TypeError(`not a field line: ${JSON.stringify(name)}`);
}
