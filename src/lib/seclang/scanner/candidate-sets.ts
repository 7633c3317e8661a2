/** Sets that are remembered; a power of two. */
const REMEMBERED = 1_024;

/**
 * The sets of candidates that scans give: each is made once, as long as it is remembered.
 *
 * Cost: a set that was given lately costs no allocation.
 */
export class CandidateSets {
  readonly #always: Uint32Array;
  readonly #current: Uint32Array;
  readonly #remembered: Uint32Array[];
  #isPlain = true;

  constructor(always: Uint32Array) {
    this.#always = always;
    this.#current = always.slice();
    this.#remembered = new Array<Uint32Array>(REMEMBERED).fill(always);
  }

  start(): void {
    if (this.#isPlain) return;
    for (let word = 0; word < this.#always.length; word++) this.#current[word] = this.#always[word] as number;
    this.#isPlain = true;
  }

  add(index: number): void {
    const word = index >>> 5;
    this.#current[word] = (this.#current[word] as number) | (1 << (index & 31));
    this.#isPlain = false;
  }

  finish(): Uint32Array {
    if (this.#isPlain) return this.#always;
    const slot = this.#hash() & (REMEMBERED - 1);
    const known = this.#remembered[slot] as Uint32Array;
    if (this.#equals(known)) return known;
    const set = this.#current.slice();
    this.#remembered[slot] = set;
    return set;
  }

  #hash(): number {
    let hash = 0;
    for (let word = 0; word < this.#current.length; word++)
      hash = Math.imul(hash ^ (this.#current[word] as number), 0x9e3779b1);
    return hash ^ (hash >>> 15);
  }

  #equals(other: Uint32Array): boolean {
    for (let word = 0; word < other.length; word++) if (other[word] !== this.#current[word]) return false;
    return true;
  }
}
