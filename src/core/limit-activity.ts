/** Whose requests a limit refused, for reports; `''` stands for all that found no place of their own. */
export type LimitedKind = 'key' | 'user' | 'client' | 'address' | '';

/** Requests that a limit refused, or would have, and that share tier, client and limit. */
export interface LimitedRequests {
  /** Of the client; '' where none applies. */
  readonly tier: string;
  readonly kind: LimitedKind;
  /** Key id, subject, client id or address. */
  readonly client: string;
  /** How the journal names the limit. */
  readonly limit: string;
  readonly refused: number;
  /** Let pass, because the stage only observes. */
  readonly observed: number;
  readonly lastAtMs: number;
}

/** What limits did in one hour. */
export interface LimitHour {
  /** Its begin, epoch milliseconds. */
  readonly hourMs: number;
  /** All requests, limited or not. */
  readonly requests: number;
  readonly limited: readonly LimitedRequests[];
}

/** Combinations of tier, client and limit that one hour keeps apart; what comes after them is counted by tier and limit. */
export const MAX_LIMITED_PER_HOUR = 2_000;
/** How long hours are kept. */
export const LIMIT_HOURS_KEPT_DAYS = 400;

/** What limits did, by hour. Every method rejects with Unavailable when the store cannot be used. */
export interface LimitActivityStore {
  /** Adds to what is counted. */
  addHours(hours: readonly LimitHour[]): Promise<void>;
  /** The hours that begin from `fromMs` on and before `toMs`, the oldest first. */
  listHours(fromMs: number, toMs: number): Promise<readonly LimitHour[]>;
  /** Deletes hours that are older than what is kept. */
  pruneHours(nowMs: number): Promise<void>;
}
