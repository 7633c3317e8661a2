/** Upper bounds of the buckets in milliseconds; one more bucket holds what is longer. */
export const LATENCY_BOUNDS_MS: readonly number[] = [
  1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000,
];
export const LATENCY_BUCKETS = LATENCY_BOUNDS_MS.length + 1;

/** The bucket of a duration. */
export function latencyBucket(ms: number): number {
  let bucket = 0;
  while (bucket < LATENCY_BOUNDS_MS.length && ms > (LATENCY_BOUNDS_MS[bucket] as number)) bucket++;
  return bucket;
}

/**
 * The bound below which a share of the durations lies, in milliseconds: the upper bound of a bucket, so never too small.
 *
 * Returns null where there are none, or where it lies above the last bound.
 */
export function latencyQuantile(counts: readonly number[], share: number): number | null {
  const total = counts.reduce((sum, count) => sum + count, 0);
  let seen = 0;
  for (let bucket = 0; bucket < counts.length && total > 0; bucket++) {
    seen += counts[bucket] as number;
    if (seen >= share * total) return LATENCY_BOUNDS_MS[bucket] ?? null;
  }
  return null;
}
