import { JsonKeys } from './json-keys.ts';
import { bareEnd, plainEnd, spaceEnd, stringEnd } from './json-tokens.ts';

export interface JsonLimits {
  /** Most arrays and objects inside one another; 0 takes only a bare string, number or literal. */
  readonly maxDepth: number;
  /** Most members of one object. */
  readonly maxKeys?: number;
}

export type JsonFault = 'syntax' | 'depth' | 'utf8' | 'duplicate-key' | 'keys';

/** What was found; `at` is the offset in bytes of where it was. */
export type JsonResult =
  | { readonly ok: true }
  | { readonly ok: false; readonly problem: JsonFault; readonly at: number };

const GOOD: JsonResult = { ok: true };

/** What may come next. */
const VALUE = 0;
const VALUE_OR_END = 1;
const KEY = 2;
const KEY_OR_END = 3;
const COMMA_OR_END = 4;

/** In place of the first key's position for an open array. */
const ARRAY = -1;
const START_DEPTH = 64;

/**
 * Walks over a JSON text in well-formed UTF-8.
 *
 * Shape: a state, an offset and a stack of open containers; each step takes one token. Usable again after every scan.
 */
export class JsonScanner {
  #body = new Uint8Array(0);
  readonly #keys = new JsonKeys();
  /** For each open container ARRAY, or how many keys were there when the object was opened. */
  #owners = new Int32Array(START_DEPTH);
  #depth = 0;
  #at = 0;
  #expected = VALUE;
  #maxDepth = 0;
  #maxKeys = 0;

  /** Checks one document. */
  scan(body: Uint8Array, limits: JsonLimits): JsonResult {
    this.#body = body as Uint8Array<ArrayBuffer>;
    this.#keys.start(body);
    this.#depth = 0;
    this.#at = 0;
    this.#expected = VALUE;
    this.#maxDepth = limits.maxDepth;
    this.#maxKeys = limits.maxKeys ?? Number.POSITIVE_INFINITY;
    const fault = this.#run();
    this.#body = new Uint8Array(0);
    this.#keys.end();
    if (this.#owners.length > 16 * START_DEPTH) this.#owners = new Int32Array(START_DEPTH);
    return fault === null ? GOOD : { ok: false, problem: fault, at: this.#at };
  }

  /** Takes token after token up to the end or a fault, which is then at `#at`. */
  #run(): JsonFault | null {
    for (;;) {
      this.#at = spaceEnd(this.#body, this.#at);
      const ended = this.#at === this.#body.length;
      const whole = this.#expected === COMMA_OR_END && this.#depth === 0;
      if (ended || whole) return ended && whole ? null : 'syntax';
      const fault = this.#step(this.#body[this.#at] as number);
      if (fault !== null) return fault;
    }
  }

  #step(byte: number): JsonFault | null {
    switch (this.#expected) {
      case COMMA_OR_END:
        if (byte !== 0x2c) return this.#close(byte);
        this.#expected = this.#owners[this.#depth - 1] === ARRAY ? VALUE : KEY;
        this.#at++;
        return null;
      case KEY_OR_END:
        return byte === 0x7d ? this.#close(byte) : this.#key(byte);
      case KEY:
        return this.#key(byte);
      case VALUE_OR_END:
        return byte === 0x5d ? this.#close(byte) : this.#value(byte);
      default:
        return this.#value(byte);
    }
  }

  #value(byte: number): JsonFault | null {
    if (byte === 0x7b) return this.#open(this.#keys.count, KEY_OR_END);
    if (byte === 0x5b) return this.#open(ARRAY, VALUE_OR_END);
    const end = byte === 0x22 ? stringEnd(this.#body, this.#at) : bareEnd(this.#body, this.#at);
    this.#at = end < 0 ? -1 - end : end;
    this.#expected = COMMA_OR_END;
    return end < 0 ? 'syntax' : null;
  }

  #open(owner: number, expected: number): JsonFault | null {
    if (this.#depth >= this.#maxDepth) return 'depth';
    if (this.#depth === this.#owners.length) {
      const grown = new Int32Array(2 * this.#depth);
      grown.set(this.#owners);
      this.#owners = grown;
    }
    this.#owners[this.#depth++] = owner;
    this.#expected = expected;
    this.#at++;
    return null;
  }

  /** Takes the bracket that closes the innermost container, and nothing else. */
  #close(byte: number): JsonFault | null {
    const owner = this.#owners[this.#depth - 1] as number;
    if (byte !== (owner === ARRAY ? 0x5d : 0x7d)) return 'syntax';
    if (owner !== ARRAY) this.#keys.close(owner);
    this.#depth--;
    this.#expected = COMMA_OR_END;
    this.#at++;
    return null;
  }

  /** Takes a key and its colon. */
  #key(byte: number): JsonFault | null {
    if (byte !== 0x22) return 'syntax';
    const start = this.#at + 1;
    const end = stringEnd(this.#body, this.#at);
    if (end < 0) {
      this.#at = -1 - end;
      return 'syntax';
    }
    const owner = this.#owners[this.#depth - 1] as number;
    if (this.#keys.count - owner >= this.#maxKeys) return 'keys';
    const escaped = plainEnd(this.#body, start) !== end - 1;
    if (!this.#keys.add(owner, start, end - 1, escaped)) return 'duplicate-key';
    this.#at = spaceEnd(this.#body, end);
    if (this.#body[this.#at] !== 0x3a) return 'syntax';
    this.#at++;
    this.#expected = VALUE;
    return null;
  }
}
