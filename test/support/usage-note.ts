import type { KeyUsageNote } from '../../src/core/key-usage.ts';
import { LATENCY_BUCKETS } from '../../src/lib/apikey/latency-histogram.ts';

/** What a note of usage has beside its counts when nothing is said about it. */
export const NO_ACTIVITY = {
  totalUs: 0,
  latency: new Array<number>(LATENCY_BUCKETS).fill(0),
  activity: [],
} as const satisfies Partial<KeyUsageNote>;
