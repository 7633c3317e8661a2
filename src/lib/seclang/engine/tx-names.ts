import { type Bytes, lowerAscii } from '../bytes.ts';

/** Groups of the last match that captures: `TX:0` to `TX:9` have the first slots. */
export const CAPTURES = 10;

/** Names of the variables of `TX` that rules write out: each has a slot, found once when the rules are compiled. */
export class TxNames {
  readonly #slots = new Map<Bytes, number>();
  readonly #spellings: Bytes[] = [];

  constructor() {
    for (let group = 0; group < CAPTURES; group++) this.slotOf(String(group));
  }

  get size(): number {
    return this.#spellings.length;
  }

  /** The slot of a name, a new one for a name not heard of before. */
  slotOf(name: Bytes): number {
    const key = lowerAscii(name);
    const known = this.#slots.get(key);
    if (known !== undefined) return known;
    const slot = this.#spellings.length;
    this.#slots.set(key, slot);
    this.#spellings.push(name);
    return slot;
  }

  findSlot(lowerCaseName: Bytes): number | undefined {
    return this.#slots.get(lowerCaseName);
  }

  nameOf(slot: number): Bytes {
    return this.#spellings[slot] ?? '';
  }
}
