import type { Paced } from './pace.ts';

/**
 * The exchanges that are under way in a thread.
 *
 * Cost: a Set would do the same, but its tables, when they are outgrown, keep what they held alive until the next full
 * garbage collection: measured, about half of what outlived a minor collection under load.
 */
export class OpenExchanges {
  readonly #items: Paced[] = [];

  get size(): number {
    return this.#items.length;
  }

  add(exchange: Paced): void {
    exchange.slot = this.#items.length;
    this.#items.push(exchange);
  }

  /** Does nothing for one that is not there. */
  delete(exchange: Paced): void {
    if (this.#items[exchange.slot] !== exchange) return;
    const last = this.#items.pop();
    if (last === undefined || last === exchange) return;
    this.#items[exchange.slot] = last;
    last.slot = exchange.slot;
  }

  /** A copy, so that exchanges may end while it is walked through. */
  list(): readonly Paced[] {
    return this.#items.slice();
  }
}
