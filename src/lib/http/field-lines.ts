const MAX_INTERNED = 512;
const interned = new Map<string, string>();

/** Lower-cases a field name; common spellings are remembered, so that equal names are the same string. */
export function lowerName(name: string): string {
  const known = interned.get(name);
  if (known !== undefined) return known;
  const lower = name.toLowerCase();
  if (interned.size < MAX_INTERNED && name.length <= 64) interned.set(name, lower);
  return lower;
}

/**
 * The header fields of a message in the order received, duplicates kept.
 *
 * Shape: three arrays of equal length. Lookups are linear scans: real headers have about ten lines.
 */
export class FieldLines {
  readonly rawNames: string[];
  readonly names: string[];
  readonly values: string[];

  constructor(rawNames: string[], names: string[], values: string[]) {
    this.rawNames = rawNames;
    this.names = names;
    this.values = values;
  }

  /** Reads a flat list of names and values. */
  static fromFlat(flat: readonly string[]): FieldLines {
    const count = flat.length >> 1;
    const rawNames = new Array<string>(count);
    const names = new Array<string>(count);
    const values = new Array<string>(count);
    for (let i = 0; i < count; i++) {
      const name = flat[2 * i] as string;
      rawNames[i] = name;
      names[i] = lowerName(name);
      values[i] = flat[2 * i + 1] as string;
    }
    return new FieldLines(rawNames, names, values);
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

  add(name: string, value: string): void {
    this.rawNames.push(name);
    this.names.push(lowerName(name));
    this.values.push(value);
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

  /** Appends names and values to a flat list. */
  appendTo(flat: string[]): void {
    for (let i = 0; i < this.names.length; i++)
      flat.push(this.rawNames[i] as string, this.values[i] as string);
  }
}
