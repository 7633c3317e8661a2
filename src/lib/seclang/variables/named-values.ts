import { type Bytes, lowerAscii } from '../bytes.ts';

/**
 * A collection as a request has it: names and values side by side, in the order in which they came.
 *
 * Names are as written and may repeat. Selectors compare them without regard to ASCII case.
 */
export class NamedValues {
  readonly names: Bytes[];
  readonly values: Bytes[];
  #lowerNames: Bytes[] | null;
  #asNames: NamedValues | null;

  /** `lowerNames`: the names in lower case where they are at hand. */
  constructor(names: Bytes[] = [], values: Bytes[] = [], lowerNames: Bytes[] | null = null) {
    this.names = names;
    this.values = values;
    this.#lowerNames = lowerNames;
    this.#asNames = null;
  }

  get length(): number {
    return this.values.length;
  }

  add(name: Bytes, value: Bytes): void {
    this.names.push(name);
    this.values.push(value);
  }

  /** Names in lower case, made when somebody asks. */
  get lowerNames(): readonly Bytes[] {
    const known = this.#lowerNames;
    if (known !== null && known.length === this.names.length) return known;
    const made = this.names.map(lowerAscii);
    this.#lowerNames = made;
    return made;
  }

  /** The collection whose values are the names of this one; the same each time. */
  get asNames(): NamedValues {
    this.#asNames ??= new NamedValues(this.names, this.names);
    return this.#asNames;
  }

  /** This collection and behind it another one. */
  concat(other: NamedValues): NamedValues {
    if (other.length === 0) return this;
    if (this.length === 0) return other;
    return new NamedValues(this.names.concat(other.names), this.values.concat(other.values));
  }

  /** Bytes of all names and values together. */
  get combinedSize(): number {
    let size = 0;
    for (const name of this.names) size += name.length;
    for (const value of this.values) size += value.length;
    return size;
  }
}

/** What there is of a collection before it is filled. Nothing may be added to it. */
export const NO_VALUES: NamedValues = new NamedValues();
