import { hex4 } from './json-tokens.ts';
import { keyedHash } from './keyed-hash.ts';

/** Smallest table; the growing ones are given back after use. */
const START_SLOTS = 1024;
const BACKSLASH = 0x5c;
/** What the letter after a backslash stands for; 0 for `u`. */
const SIMPLE_ESCAPES = new Uint8Array(256);
for (const [letter, meant] of ['""', '\\\\', '//', 'b\b', 'f\f', 'n\n', 'r\r', 't\t']) {
  SIMPLE_ESCAPES[(letter as string).charCodeAt(0)] = (meant as string).charCodeAt(0);
}

/**
 * The keys of the JSON objects that are open while a document is scanned; finds a key that its object already has.
 *
 * Shape: a stack of keys and an open-addressed table of positions in it. Keys leave in the reverse order of their coming,
 * so emptying their slots restores the table exactly. Keys with escapes are compared decoded, from `#decoded`.
 * Cost: memory for the keys of open objects only; time linear in the bytes of the keys.
 */
export class JsonKeys {
  #body: Uint8Array = new Uint8Array(0);
  #count = 0;
  #starts = new Int32Array(START_SLOTS / 2);
  #ends = new Int32Array(START_SLOTS / 2);
  #hashes = new Int32Array(START_SLOTS / 2);
  /** Which object a key belongs to: position of the object's first key. */
  #owners = new Int32Array(START_SLOTS / 2);
  /** Position in the stack plus one; 0 is free. */
  #slots = new Int32Array(START_SLOTS);
  #decoded = new Uint8Array(256);
  #decodedEnd = 0;

  /** Starts a document. */
  start(body: Uint8Array): void {
    this.#body = body;
  }

  /** Number of keys; a new object is opened by keeping it, and closed with it. */
  get count(): number {
    return this.#count;
  }

  /** Adds the key between two quotes to the object that began at `owner`; false if the object has it already. */
  add(owner: number, from: number, to: number, escaped: boolean): boolean {
    let start = from;
    let end = to;
    if (escaped) {
      start = -1 - this.#decodedEnd; // negative: in #decoded
      this.#decode(from, to);
      end = this.#decodedEnd;
    }
    const source = escaped ? this.#decoded : this.#body;
    const hash = (keyedHash(source, escaped ? -1 - start : start, end) ^ Math.imul(owner, 0x9e3779b1)) | 0;
    const mask = this.#slots.length - 1;
    let slot = hash & mask;
    for (let at = this.#slots[slot] as number; at !== 0; at = this.#slots[slot] as number) {
      const other = at - 1;
      if (this.#hashes[other] === hash && this.#owners[other] === owner && this.#equals(other, start, end))
        return false;
      slot = (slot + 1) & mask;
    }
    const at = this.#count++;
    this.#starts[at] = start;
    this.#ends[at] = end;
    this.#hashes[at] = hash;
    this.#owners[at] = owner;
    this.#slots[slot] = at + 1;
    if (this.#count === this.#starts.length) this.#grow();
    return true;
  }

  /** Closes the object that began at `owner`: forgets its keys. */
  close(owner: number): void {
    const mask = this.#slots.length - 1;
    for (let at = this.#count - 1; at >= owner; at--) {
      let slot = (this.#hashes[at] as number) & mask;
      while (this.#slots[slot] !== at + 1) slot = (slot + 1) & mask;
      this.#slots[slot] = 0;
      const start = this.#starts[at] as number;
      if (start < 0) this.#decodedEnd = -1 - start;
    }
    this.#count = owner;
  }

  /** Forgets the document; large tables are not kept. */
  end(): void {
    this.close(0);
    this.#decodedEnd = 0;
    this.#body = new Uint8Array(0);
    if (this.#decoded.length > 65_536) this.#decoded = new Uint8Array(256);
    if (this.#slots.length > 16 * START_SLOTS) this.#resize(START_SLOTS);
  }

  #grow(): void {
    this.#resize(2 * this.#slots.length);
    const mask = this.#slots.length - 1;
    for (let at = 0; at < this.#count; at++) {
      let slot = (this.#hashes[at] as number) & mask;
      while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
      this.#slots[slot] = at + 1;
    }
  }

  #resize(slots: number): void {
    const copy = (old: Int32Array): Int32Array<ArrayBuffer> => {
      const grown = new Int32Array(slots / 2);
      grown.set(old.subarray(0, this.#count));
      return grown;
    };
    this.#starts = copy(this.#starts);
    this.#ends = copy(this.#ends);
    this.#hashes = copy(this.#hashes);
    this.#owners = copy(this.#owners);
    this.#slots = new Int32Array(slots);
  }

  #equals(other: number, start: number, end: number): boolean {
    const a = this.#starts[other] as number;
    const aBytes = a < 0 ? this.#decoded : this.#body;
    const bBytes = start < 0 ? this.#decoded : this.#body;
    const aFrom = a < 0 ? -1 - a : a;
    const bFrom = start < 0 ? -1 - start : start;
    const length = end - bFrom;
    if ((this.#ends[other] as number) - aFrom !== length) return false;
    for (let i = 0; i < length; i++) if (aBytes[aFrom + i] !== bBytes[bFrom + i]) return false;
    return true;
  }

  /** Appends a well-formed key to `#decoded` as UTF-8 without escapes. */
  #decode(from: number, to: number): void {
    this.#reserve(to - from);
    for (let i = from; i < to; i++) {
      const byte = this.#body[i] as number;
      if (byte !== BACKSLASH) {
        this.#decoded[this.#decodedEnd++] = byte;
        continue;
      }
      const simple = SIMPLE_ESCAPES[this.#body[++i] as number] as number;
      if (simple !== 0) {
        this.#decoded[this.#decodedEnd++] = simple;
        continue;
      }
      let code = hex4(this.#body, i + 1);
      i += 4;
      if (code >= 0xd800 && code <= 0xdbff) {
        code = 0x10000 + ((code - 0xd800) << 10) + hex4(this.#body, i + 3) - 0xdc00;
        i += 6;
      }
      this.#appendUtf8(code);
    }
  }

  /** Makes room; UTF-8 is never longer than the escape it comes from. */
  #reserve(length: number): void {
    if (this.#decodedEnd + length <= this.#decoded.length) return;
    const grown = new Uint8Array(2 * (this.#decodedEnd + length));
    grown.set(this.#decoded.subarray(0, this.#decodedEnd));
    this.#decoded = grown;
  }

  #appendUtf8(code: number): void {
    const out = this.#decoded;
    if (code < 0x80) {
      out[this.#decodedEnd++] = code;
      return;
    }
    if (code < 0x800) out[this.#decodedEnd++] = 0xc0 | (code >> 6);
    else {
      if (code < 0x10000) out[this.#decodedEnd++] = 0xe0 | (code >> 12);
      else {
        out[this.#decodedEnd++] = 0xf0 | (code >> 18);
        out[this.#decodedEnd++] = 0x80 | ((code >> 12) & 63);
      }
      out[this.#decodedEnd++] = 0x80 | ((code >> 6) & 63);
    }
    out[this.#decodedEnd++] = 0x80 | (code & 63);
  }
}
