import type { RuleFacts, WafBypass } from './waf.ts';

/** A bypass as it is kept: from when it is asked for until it is forgotten. */
export interface BypassRecord extends WafBypass {
  readonly requestedBy: string;
  /** Whether who asked and who approved were shown by tokens of their own, and not only said. */
  readonly isProven: boolean;
  /** How long it holds from its approval on. */
  readonly lifeMs: number;
  /** 0 while it waits; `expiresAtMs` is when the request lapses then. */
  readonly approvedAtMs: number;
  /** When somebody ended it, or it was seen to be over; 0 before. It never comes back. */
  readonly endedAtMs: number;
  /** '' for one that ended by itself. */
  readonly endedBy: string;
}

/** What bypasses let through. */
export interface BypassUse {
  readonly id: string;
  /** Requests in which it took a match out. */
  readonly requests: number;
  /** Of these, those that would have been blocked. */
  readonly wouldBlock: number;
  readonly lastAtMs: number;
}

/** Bypasses as they are kept. Every method rejects with Unavailable when the store cannot be used. */
export interface BypassStore {
  /** Adds one that waits for approval, and deletes those that ended before `forgetBeforeMs`. */
  add(bypass: BypassRecord, forgetBeforeMs: number): Promise<void>;
  /** All that are kept, the newest first. */
  list(): Promise<readonly BypassRecord[]>;
  find(id: string): Promise<BypassRecord | null>;
  /** Approves one that waits, once; null when it does not wait any more. */
  approve(id: string, by: string, approvedAtMs: number): Promise<BypassRecord | null>;
  /** Ends one for good, once; null when it has ended, or was never there. */
  end(id: string, by: string, atMs: number): Promise<BypassRecord | null>;
  addUses(uses: readonly BypassUse[]): Promise<void>;
  listUses(): Promise<readonly BypassUse[]>;
}

/** `active`: it blocks. `trial`: it is noted. `held`: its trial is over, and it is noted until somebody decides. */
export const RULE_STATES = ['active', 'trial', 'held'] as const;
export type RuleState = (typeof RULE_STATES)[number];

/** A rule with one meaning, as it is kept. */
export interface RuleRecord extends RuleFacts {
  /** Of rule id and fingerprint. */
  readonly recordId: string;
  readonly state: RuleState;
  readonly firstSeenAtMs: number;
  /** How long a gateway has run with it while it was on trial. */
  readonly triedMs: number;
  /** How long its trial is. */
  readonly trialMs: number;
  /** When it was promoted, held or accepted; 0 before. */
  readonly decidedAtMs: number;
  /** Who accepted it or made its trial longer; '' where it went by itself. */
  readonly decidedBy: string;
}

/** How threads know a rule of the operator. */
export interface RuleTrial {
  /** Of rule id and fingerprint. */
  readonly id: string;
  readonly isOnTrial: boolean;
}

/** Identifies a rule with one meaning. */
export function ruleRecordId({ id, fingerprint }: Pick<RuleFacts, 'id' | 'fingerprint'>): string {
  return `${id}.${fingerprint}`;
}

/** Rules as they are kept. Every method rejects with Unavailable when the store cannot be used. */
export interface RuleStore {
  /**
   * Notes rules that are about to come into force; tells which of them are on trial because of this.
   *
   * Shape: what is shipped is active at once, and so is a rule of a released set that is loaded for the first time; a
   * rule that is new in such a set, and every one of the operator's own, is on trial if it detects.
   */
  register(rules: readonly RuleFacts[], trialMs: number, nowMs: number): Promise<readonly RuleRecord[]>;
  list(): Promise<readonly RuleRecord[]>;
  find(recordId: string): Promise<RuleRecord | null>;
  /**
   * Adds to the time on trial what has passed since the last call, at most `mostMs`; of calls for the same time one
   * counts, however many gateways there are.
   */
  addTime(recordIds: readonly string[], nowMs: number, mostMs: number): Promise<void>;
  /** Gives a rule another state, and its trial another length; null when it is not in the state that is named any more. */
  decide(recordId: string, from: RuleState, to: RuleDecision): Promise<RuleRecord | null>;
}

export interface RuleDecision {
  readonly state: RuleState;
  readonly trialMs: number;
  readonly by: string;
  readonly atMs: number;
}

/** Requests of an hour in which rules of a category matched; of rule 0, those of the whole category, of category '' all. */
export interface RuleCount {
  readonly ruleId: number;
  readonly category: string;
  readonly matches: number;
  /** Of these, those that were blocked. */
  readonly blocks: number;
  /** Of these, those that would have been blocked if nothing had been on trial, in log mode, bypassed or only observed. */
  readonly wouldBlocks: number;
}

export interface RuleHour {
  /** Its begin, epoch milliseconds. */
  readonly hourMs: number;
  readonly counts: readonly RuleCount[];
}

/** How long hours and confirmed false positives are kept. */
export const RULE_HOURS_KEPT_DAYS = 400;

/** A match that was confirmed to be none. */
export interface FalsePositive {
  readonly requestId: string;
  readonly ruleId: number;
  readonly category: string;
  /** When the request was made. */
  readonly atMs: number;
  /** Whether the request was blocked, or would have been. */
  readonly wasBlocked: boolean;
  readonly path: string;
  /** The variable that matched. */
  readonly variable: string;
  readonly confirmedAtMs: number;
  readonly confirmedBy: string;
}

/** What rules did. Every method rejects with Unavailable when the store cannot be used. */
export interface RuleActivityStore {
  /** Adds to what is counted. */
  addHours(hours: readonly RuleHour[]): Promise<void>;
  /** What is counted from `fromMs` on and before `toMs`, summed over the hours. */
  sumHours(fromMs: number, toMs: number): Promise<readonly RuleCount[]>;
  /** Notes false positives; tells those that were not known before. */
  confirm(found: readonly FalsePositive[]): Promise<readonly FalsePositive[]>;
  /** Those of requests from `fromMs` on and before `toMs`. */
  listConfirmed(fromMs: number, toMs: number): Promise<readonly FalsePositive[]>;
  /** Deletes what is older than what is kept. */
  prune(nowMs: number): Promise<void>;
}

/** What is kept about rules. */
export interface WafStores {
  readonly bypasses: BypassStore;
  readonly rules: RuleStore;
  readonly activity: RuleActivityStore;
}

/** What threads are told about bypasses, or about rules on trial. */
export interface WafUpdate<Kept> {
  readonly records: readonly Kept[];
  readonly deleted: readonly string[];
  /** Whether the records take the place of all that were known. */
  readonly isAll: boolean;
}
