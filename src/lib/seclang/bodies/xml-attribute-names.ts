import type { Bytes } from '../bytes.ts';

/** Names beyond those that one tag may have. */
const MOST = 1_000;
/** As many names as are looked through one by one. */
const FEW = 8;

/** Names of the attributes of one tag: most have few. */
export class AttributeNames {
  readonly #first: Bytes[] = [];
  #others: Set<Bytes> | null = null;

  /** Whether there are as many as one tag may have. */
  get isFull(): boolean {
    return this.#others !== null && this.#others.size >= MOST;
  }

  /** False where the name is there already. */
  add(name: Bytes): boolean {
    if (this.#first.includes(name) || this.#others?.has(name) === true) return false;
    if (this.#first.length < FEW) this.#first.push(name);
    else {
      this.#others ??= new Set();
      this.#others.add(name);
    }
    return true;
  }
}
