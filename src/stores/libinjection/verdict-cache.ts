/** Values up to this length are remembered. */
const MAX_BYTES = 512;
/** Values in each of the two generations: at most 1 MiB of text in both. */
const MAX_VALUES = 1_024;

/**
 * Verdicts on values that come again and again, such as user agents.
 *
 * Shape: two generations. When the younger is full it becomes the older, and what was not asked for since then is forgotten.
 */
export class VerdictCache<T> {
  #young = new Map<string, T>();
  #old = new Map<string, T>();

  find(value: string): T | undefined {
    const verdict = this.#young.get(value);
    if (verdict !== undefined) return verdict;
    const older = this.#old.get(value);
    if (older !== undefined) this.keep(value, older);
    return older;
  }

  /** Gives the verdict back. */
  keep(value: string, verdict: T): T {
    if (value.length > MAX_BYTES) return verdict;
    if (this.#young.size >= MAX_VALUES) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(value, verdict);
    return verdict;
  }
}
