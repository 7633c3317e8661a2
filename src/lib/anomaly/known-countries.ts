const MOST_COUNTRIES = 32;
/** Windows in which a country must have been seen before it is known. */
const KNOWN_WINDOWS = 3;

interface Seen {
  readonly sinceMs: number;
  windows: number;
  lastMs: number;
}

/** The countries that a client comes from: one that it has come from for long enough is known. */
export class KnownCountries {
  readonly #seen = new Map<number, Seen>();

  isKnown(country: number, nowMs: number, settleMs: number): boolean {
    const seen = this.#seen.get(country);
    return seen !== undefined && seen.windows >= KNOWN_WINDOWS && nowMs - seen.sinceMs >= settleMs;
  }

  note(country: number, nowMs: number): void {
    const seen = this.#seen.get(country);
    if (seen !== undefined) {
      seen.windows++;
      seen.lastMs = nowMs;
      return;
    }
    if (this.#seen.size >= MOST_COUNTRIES) this.#forgetOldest();
    this.#seen.set(country, { sinceMs: nowMs, windows: 1, lastMs: nowMs });
  }

  #forgetOldest(): void {
    let oldest = -1;
    let oldestMs = Number.POSITIVE_INFINITY;
    for (const [country, { lastMs }] of this.#seen) {
      if (lastMs >= oldestMs) continue;
      oldest = country;
      oldestMs = lastMs;
    }
    this.#seen.delete(oldest);
  }
}
