const BUCKETS = 1_000_000;

/** Latencies in buckets of one microsecond; a second and more share the last one. */
export class LatencyHistogram {
  readonly #counts = new Uint32Array(BUCKETS);
  #total = 0;

  get total(): number {
    return this.#total;
  }

  record(us: number): void {
    const bucket = Math.min(Math.max(us, 0), BUCKETS - 1) | 0;
    this.#counts[bucket] = this.#counts[bucket]! + 1;
    this.#total++;
  }

  /** The latency in microseconds that a share of all, such as 0.99, did not exceed; 0 when there is none. */
  percentile(share: number): number {
    const wanted = this.#total * share;
    let seen = 0;
    for (let us = 0; us < BUCKETS; us++) {
      seen += this.#counts[us]!;
      if (seen > 0 && seen >= wanted) return us;
    }
    return 0;
  }
}
