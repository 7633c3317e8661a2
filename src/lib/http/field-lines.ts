import { isFieldValue, isToken } from './fields.ts';

const MAX_INTERNED = 512;
const interned = new Map<string, string>();

/** Lower-cases a field name; common spellings are remembered, so that equal names are the same string. */
export function lowerName(name: string): string {
  const known = interned.get(name);
  if (known !== undefined) return known;
  const own = ownCopy(name);
  const lower = own.toLowerCase();
  if (interned.size < MAX_INTERNED && name.length <= 64) interned.set(own, lower);
  return lower;
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
  readonly rawNames: string[] = [];
  readonly names: string[] = [];
  readonly values: string[] = [];

  get length(): number {
    return this.names.length;
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
    if (!isToken(name) || !isFieldValue(value))
      throw new TypeError(`not a field line: ${JSON.stringify(name)}`);
    this.addParsed(name, value);
  }

  /** Appends a line whose characters a parser has checked. */
  addParsed(name: string, value: string): void {
    this.rawNames.push(name);
    this.names.push(lowerName(name));
    this.values.push(value);
  }

  copy(): FieldLines {
    const copy = new FieldLines();
    copy.rawNames.push(...this.rawNames);
    copy.names.push(...this.names);
    copy.values.push(...this.values);
    return copy;
  }

  /** Removes every line of a field. */
  remove(name: string): void {
    let kept = this.names.indexOf(name);
    if (kept < 0) return;
    for (let i = kept + 1; i < this.names.length; i++) {
      if (this.names[i] === name) continue;
      this.rawNames[kept] = this.rawNames[i] as string;
      this.names[kept] = this.names[i] as string;
      this.values[kept] = this.values[i] as string;
      kept++;
    }
    this.rawNames.length = kept;
    this.names.length = kept;
    this.values.length = kept;
  }

  /** Replaces every line of a field by one. */
  set(name: string, value: string): void {
    this.remove(lowerName(name));
    this.add(name, value);
  }
}
