import type { ApiKeyRecord } from './ports.ts';

/** How a key gives way to its successor. */
export interface Retirement {
  readonly successorId: string;
  readonly atMs: number;
  readonly endsAtMs: number;
}

/** API keys as they are kept for good. Every method rejects with Unavailable when the store cannot be used. */
export interface KeyStore {
  /** Resolves once the key would survive the loss of power. */
  create(record: ApiKeyRecord): Promise<void>;
  /** All keys, revoked ones included, the newest first. */
  list(): Promise<readonly ApiKeyRecord[]>;
  find(id: string): Promise<ApiKeyRecord | null>;
  /** Revokes for good and returns the record; null when there is no such key. A second call keeps the first instant. */
  revoke(id: string, atMs: number): Promise<ApiKeyRecord | null>;
  /**
   * Overwrites what may change of a key; null when there is no such key.
   *
   * Safety: a revoked key stays revoked, whatever the record says.
   */
  replace(record: ApiKeyRecord): Promise<ApiKeyRecord | null>;
  /**
   * Gives a key its successor: from `endsAtMs` at the latest it is not accepted any more, and it is not rotated again.
   * Returns the record; null when there is no such key or it has a successor already.
   */
  retire(id: string, change: Retirement): Promise<ApiKeyRecord | null>;
  /** Moves the next rotation of a key; false when it is not due at `seenMs` any more, because someone else has moved it. */
  postponeRotation(id: string, seenMs: number, untilMs: number): Promise<boolean>;
}

/** One journal record on its way into the store. */
export interface DecisionEntry {
  /** Request id. */
  readonly id: string;
  readonly atMs: number;
  /** The journal record: one JSON object. */
  readonly record: string;
}

/** Which decisions to list; '' matches all. */
export interface DecisionFilter {
  readonly effect: string;
  readonly reason: string;
  readonly api: string;
  readonly limit: number;
}

/** The recent decisions, bounded in number and age. Every method rejects with Unavailable when the store cannot be used. */
export interface DecisionStore {
  addDecisions(batch: readonly DecisionEntry[]): Promise<void>;
  /** The latest decision about a request. */
  findDecision(id: string): Promise<DecisionEntry | null>;
  /** The newest first. */
  listDecisions(filter: DecisionFilter): Promise<readonly DecisionEntry[]>;
  /**
   * Deletes the oldest decisions beyond the bounds, in one small step.
   *
   * Returns how many it deleted; call again, after a pause, until it is 0.
   */
  pruneDecisions(nowMs: number): Promise<number>;
}
