import type { SeenObject } from '../lib/behaviour/object-path.ts';

/** What a client can be found to do, by the name of the rule that finds it. */
export const BEHAVIOUR_RULES = ['guessing', 'walking', 'probing', 'scraping'] as const;
export type BehaviourRule = (typeof BEHAVIOUR_RULES)[number];

/** Whether a finding keeps the client out for a while, or is only told. */
export type BehaviourAction = 'block' | 'log' | 'off';

/** How much of each is let be within the window; one more is found. */
export interface BehaviourLimits {
  readonly windowS: number;
  readonly blockS: number;
  /** Different objects that a client asks for, of which at least this share does not exist for it. */
  readonly guessing: {
    readonly action: BehaviourAction;
    readonly objects: number;
    readonly refusedPercent: number;
  };
  /** Steps from one number to a number beside it. */
  readonly walking: { readonly action: BehaviourAction; readonly steps: number };
  /** Different paths that are refused for lack of rights. */
  readonly probing: { readonly action: BehaviourAction; readonly paths: number };
  /** Different objects that are read. */
  readonly scraping: { readonly action: BehaviourAction; readonly objects: number };
}

/** Who is watched: whoever is verified by that, others by address or network. */
export interface WatchedClient {
  /** The name of the API: clients are watched in each for itself. */
  readonly scope: string;
  readonly key: string;
  /** For people. */
  readonly label: string;
}

/** One answered request of a client. */
export interface SeenRequest {
  readonly object: SeenObject;
  /** `missing`: 404 or 410; `forbidden`: 403. */
  readonly outcome: 'read' | 'missing' | 'forbidden' | 'other';
  /** Whether the path has a name that only those with more rights have business with, and was not served. */
  readonly isPrivileged: boolean;
}

export interface BehaviourBlock {
  readonly rule: BehaviourRule;
  readonly untilMs: number;
}

/** A rule that a request brought above its limit. */
export interface BehaviourFinding {
  readonly rule: BehaviourRule;
  /** How many there were. */
  readonly count: number;
  /** Until when the client is kept out; 0 where it is only told. */
  readonly untilMs: number;
}

/** Remembers what clients do, for all threads, in bounded memory. */
export interface Behaviours {
  /** The block of a client that stands now; null while there is none. */
  blockOf(client: WatchedClient, nowMs: number): BehaviourBlock | null;
  /** Counts a request; tells what it brought above a limit, each rule once per window. */
  note(
    client: WatchedClient,
    seen: SeenRequest,
    limits: BehaviourLimits,
    nowMs: number,
  ): BehaviourFinding | null;
}

/** A client that is kept out, for the operator. */
export interface BlockedClient extends BehaviourBlock {
  readonly scope: string;
  readonly client: string;
}

/** The clients that are kept out, for the operator. */
export interface BlockedClients {
  list(nowMs: number): BlockedClient[];
  /** Forgets all that is counted of a client by its label, in every API; returns how many blocks that ended. */
  unblock(label: string, nowMs: number): number;
}
