/** Something about a client's behaviour that drove an action. */
export interface ActionDriver {
  readonly feature: string;
  /** What the client did, and what is usual, for people, such as `520 requests` and `31 requests`. */
  readonly was: string;
  readonly usual: string;
  /** Spreads above what is usual. */
  readonly deviation: number;
  /** Its part of what sets the client apart, 0 to 1. */
  readonly share: number;
}

/** What became of the limits of a client because of how it behaved. */
export const ADAPTIVE_KINDS = ['throttled', 'prolonged', 'restored', 'review', 'accepted'] as const;
export type AdaptiveKind = (typeof ADAPTIVE_KINDS)[number];

/** A client as the limits know it: an address, of IPv6 the /64, or the `counterKey` of a principal. */
export interface AdaptiveClient {
  readonly client: string;
  readonly isAddress: boolean;
}

/** One action, as it is kept. */
export interface AdaptiveAction extends AdaptiveClient {
  readonly id: string;
  readonly kind: AdaptiveKind;
  readonly atMs: number;
  /** When the limits became smaller, and until when they are. */
  readonly sinceMs: number;
  readonly untilMs: number;
  /** `observe` only tells what would have been done. */
  readonly mode: 'observe' | 'enforce';
  /** The share of its limits that the client has, or would have. */
  readonly share: number;
  /** What the forest said, 0 to 1. */
  readonly score: number;
  readonly drivers: readonly ActionDriver[];
}

/** The actions of the past. Every method rejects with Unavailable when the database cannot be used. */
export interface AdaptiveActions {
  add(actions: readonly AdaptiveAction[]): Promise<void>;
  /** Those from one instant up to but not including another, the oldest first; so many of the latest at most. */
  list(fromMs: number, toMs: number, limit?: number): Promise<readonly AdaptiveAction[]>;
  /** Deletes what is older than `beforeMs`, and the oldest beyond `keep`. */
  prune(beforeMs: number, keep: number): Promise<void>;
}

/** A client whose limits are smaller now, as threads know it. */
export interface AdaptiveShare extends AdaptiveClient {
  readonly share: number;
  /** Why, as words for the journal. */
  readonly why: string;
}

/** The words of drivers in one sentence part, the most important first. */
export function driversText(drivers: readonly ActionDriver[]): string {
  return drivers.map(({ was, usual }) => `${was} in a window where ${usual} is usual`).join(' and ');
}
