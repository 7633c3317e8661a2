import { BudgetReached } from '../operator.ts';

const PAGE_WORDS = 1_024;
const PAGE_BITS = PAGE_WORDS * 32;
/** 32 MiB. */
const MAX_PAGES = 8_192;

/**
 * The places of a pattern and a value where a match has been.
 *
 * Cost: memory for the neighbourhood of the places that were visited.
 * Errors: BudgetReached above 32 MiB.
 */
export class Visited {
  readonly #places: number;
  readonly #pages: (Uint32Array | undefined)[] = [];
  #count = 0;
  /** What was noted, in order, while somebody may want it forgotten. */
  readonly #log: number[] = [];

  /** @param places of the pattern, for each byte of the value. */
  constructor(places: number) {
    this.#places = places;
  }

  /** Notes a visit; false where it was noted before. */
  add(place: number, at: number, mayBeForgotten: boolean): boolean {
    const bit = at * this.#places + place;
    const page = this.#page(Math.floor(bit / PAGE_BITS));
    const inPage = bit % PAGE_BITS;
    const mask = 1 << (inPage & 31);
    const word = page[inPage >>> 5] as number;
    if ((word & mask) !== 0) return false;
    page[inPage >>> 5] = word | mask;
    if (mayBeForgotten) this.#log.push(bit);
    return true;
  }

  /** How much has been noted that may be forgotten. */
  get logged(): number {
    return this.#log.length;
  }

  /** Forgets what was noted since. */
  forget(since: number): void {
    for (let at = since; at < this.#log.length; at++) {
      const bit = this.#log[at] as number;
      const page = this.#pages[Math.floor(bit / PAGE_BITS)] as Uint32Array;
      const inPage = bit % PAGE_BITS;
      page[inPage >>> 5] = (page[inPage >>> 5] as number) & ~(1 << (inPage & 31));
    }
    this.#log.length = since;
  }

  /** Nothing of what was noted may be forgotten any more. */
  keep(): void {
    this.#log.length = 0;
  }

  #page(number: number): Uint32Array {
    const page = this.#pages[number];
    if (page !== undefined) return page;
    if (++this.#count > MAX_PAGES) throw new BudgetReached('A pattern took too much memory for a value.');
    const added = new Uint32Array(PAGE_WORDS);
    this.#pages[number] = added;
    return added;
  }
}
