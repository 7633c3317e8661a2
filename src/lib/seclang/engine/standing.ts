import type { Bytes } from '../bytes.ts';

/** Standings of one opening: beyond, comparisons are made anew for each request. */
const MOST_STANDINGS = 2_000;

/** Longer values are not followed. */
const LONGEST_VALUE_BYTES = 64;

/**
 * What has become of the variables that comparisons look at, since the opening. Transactions that have set the same have
 * the same standing, so that what follows from it is found once for all of them.
 */
export class Standing {
  readonly #root: Standing;
  #count = 1;
  /** By slot, then by what it was set to. */
  readonly #next = new Map<number, Map<Bytes | number | undefined, Standing>>();

  constructor(root: Standing | null = null) {
    this.#root = root ?? this;
  }

  /** The standing after a variable was set, or unset; null where it is not followed. */
  after(slot: number, value: Bytes | number | undefined): Standing | null {
    if (typeof value === 'string' && value.length > LONGEST_VALUE_BYTES) return null;
    let bySlot = this.#next.get(slot);
    const known = bySlot?.get(value);
    if (known !== undefined) return known;
    if (this.#root.#count >= MOST_STANDINGS) return null;
    this.#root.#count++;
    if (bySlot === undefined) {
      bySlot = new Map();
      this.#next.set(slot, bySlot);
    }
    const standing = new Standing(this.#root);
    bySlot.set(value, standing);
    return standing;
  }
}
