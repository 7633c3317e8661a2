/** Tags of the types that certificates are made of. */
export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  enumerated: 0x0a,
  utf8: 0x0c,
  numeric: 0x12,
  printable: 0x13,
  teletex: 0x14,
  ia5: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  visible: 0x1a,
  bmp: 0x1e,
  sequence: 0x30,
  set: 0x31,
} as const;

/** The tag of a context-specific element; `constructed` where it holds elements. */
export function contextTag(number: number, constructed: boolean): number {
  return (constructed ? 0xa0 : 0x80) | number;
}

const NOTHING = new Uint8Array(0);
/** Tag of what is read from a broken encoding. */
const NO_TAG = -1;
/** Longest length field: more than four bytes of length fit into no memory. */
const MAX_LENGTH_BYTES = 4;

/** Shared by all readers over one encoding: once something of it is wrong, nothing of it counts. */
interface Encoding {
  readonly bytes: Uint8Array;
  isBroken: boolean;
}

/**
 * Reads DER (X.690) strictly: one element, and the elements in it one after the other.
 *
 * Shape: errors stick. What is read behind one is empty, so that a reader needs to ask only once, at the end, whether
 * all of it `isBroken`; loops over elements end because a broken encoding has no further ones.
 * Safety: definite lengths in their shortest form, and tags of one byte, only: an encoding is read in one way or not at all.
 */
export class Der {
  readonly tag: number;
  readonly #encoding: Encoding;
  /** Where the element begins, where its content does, and where it ends. */
  readonly #start: number;
  readonly #contentStart: number;
  readonly #end: number;
  #at: number;

  private constructor(encoding: Encoding, tag: number, start: number, contentStart: number, end: number) {
    this.#encoding = encoding;
    this.tag = tag;
    this.#start = start;
    this.#contentStart = contentStart;
    this.#end = end;
    this.#at = contentStart;
  }

  /** A reader over the elements that some bytes consist of. */
  static over(bytes: Uint8Array): Der {
    return new Der({ bytes, isBroken: false }, NO_TAG, 0, 0, bytes.length);
  }

  get isBroken(): boolean {
    return this.#encoding.isBroken;
  }

  /** Whether no element is left. */
  get isAtEnd(): boolean {
    return this.#encoding.isBroken || this.#at >= this.#end;
  }

  /** The bytes of the content; they are those of the input. */
  get content(): Uint8Array {
    if (this.#encoding.isBroken) return NOTHING;
    return this.#encoding.bytes.subarray(this.#contentStart, this.#end);
  }

  /** The bytes of the whole element, with tag and length. */
  get element(): Uint8Array {
    return this.#encoding.isBroken ? NOTHING : this.#encoding.bytes.subarray(this.#start, this.#end);
  }

  /** The tag of the next element; -1 when there is none. */
  get nextTag(): number {
    return this.isAtEnd ? NO_TAG : (this.#encoding.bytes[this.#at] as number);
  }

  /** Declares the encoding wrong. */
  fail(): void {
    this.#encoding.isBroken = true;
  }

  /** Declares it wrong where an element is left. */
  end(): void {
    if (this.#at < this.#end) this.fail();
  }

  /** Reads the next element, which must have the tag where one is given. */
  next(tag: number = NO_TAG): Der {
    if (this.isAtEnd) return this.#broken();
    const { bytes } = this.#encoding;
    const found = bytes[this.#at] as number;
    // X.690, 8.1.2.4: tags of several bytes, which no certificate has.
    if ((tag !== NO_TAG && found !== tag) || (found & 0x1f) === 0x1f || found === 0) return this.#broken();
    const lengthAt = this.#at + 1;
    const contentStart = lengthAt + lengthBytes(bytes, lengthAt, this.#end);
    if (contentStart === lengthAt) return this.#broken();
    const end = contentStart + lengthOf(bytes, lengthAt);
    if (end > this.#end) return this.#broken();
    const element = new Der(this.#encoding, found, this.#at, contentStart, end);
    this.#at = end;
    return element;
  }

  /** Reads the next element when it has the tag; else null, and it stays. */
  nextIf(tag: number): Der | null {
    return this.nextTag === tag ? this.next(tag) : null;
  }

  #broken(): Der {
    this.fail();
    return new Der(this.#encoding, NO_TAG, 0, 0, 0);
  }
}

/** How many bytes the length at a place takes; 0 when it is not in the one form of DER. */
function lengthBytes(bytes: Uint8Array, at: number, end: number): number {
  if (at >= end) return 0;
  const first = bytes[at] as number;
  if (first < 0x80) return 1;
  const count = first & 0x7f;
  if (count === 0 || count > MAX_LENGTH_BYTES || at + count >= end) return 0;
  const leading = bytes[at + 1] as number;
  // X.690, 10.1: the fewest bytes that hold it.
  return (count === 1 && leading < 0x80) || leading === 0 ? 0 : 1 + count;
}

function lengthOf(bytes: Uint8Array, at: number): number {
  const first = bytes[at] as number;
  if (first < 0x80) return first;
  let length = 0;
  for (let i = 1; i <= (first & 0x7f); i++) length = length * 256 + (bytes[at + i] as number);
  return length;
}
