/** What is told apart of the requests with a key. */
export const ACTIVITY_KINDS = ['endpoint', 'method', 'address', 'country', 'status'] as const;
export type ActivityKind = (typeof ACTIVITY_KINDS)[number];

/** Distinct values of one kind that are kept per key; what comes after them is counted together, under the value ''. */
export const MAX_ACTIVITY_VALUES: Readonly<Record<ActivityKind, number>> = {
  endpoint: 500,
  method: 32,
  address: 500,
  country: 260,
  status: 64,
};

/** Requests with a key that share something. */
export interface KeyActivity {
  readonly kind: ActivityKind;
  /** Route id, method, address, country or status; '' for all that found no place of their own. */
  readonly value: string;
  readonly requests: number;
  readonly firstAtMs: number;
  readonly lastAtMs: number;
}

/** What one key was used for, in sum. */
export interface KeyUsage {
  readonly keyId: string;
  readonly requests: number;
  /** How many of them were answered with a status of 400 or more. */
  readonly errors: number;
  readonly lastUsedAtMs: number;
  /** Sum of the durations, in microseconds. */
  readonly totalUs: number;
  /** Requests by duration, see `LATENCY_BOUNDS_MS`. */
  readonly latency: readonly number[];
}

/** What a thread noted of the requests with a key since it last told. */
export interface KeyUsageNote extends KeyUsage {
  readonly activity: readonly KeyActivity[];
}

/** Counts what keys are used for. Every method rejects with Unavailable when the store cannot be used. */
export interface UsageStore {
  /** Adds to what is counted; keys that the store does not know are left out. */
  addUsage(batch: readonly KeyUsageNote[]): Promise<void>;
  /** Null for a key that was never used. */
  findUsage(keyId: string): Promise<KeyUsage | null>;
  /** The usage of every key that was ever used. */
  listUsage(): Promise<readonly KeyUsage[]>;
  /** What a key was used for, by kind and then by first use. */
  listActivity(keyId: string): Promise<readonly KeyActivity[]>;
}
