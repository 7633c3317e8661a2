import type { Ip } from '../lib/ip/address.ts';
import type { Interruption, RuleMatch } from '../lib/seclang/transaction.ts';

/** What a match of a rule does: count towards blocking, only be noted, or not happen. */
export const RULE_MODES = ['block', 'log', 'bypass'] as const;
export type RuleMode = (typeof RULE_MODES)[number];

/** An exemption from rules, for a time; each part that is said narrows it. */
export interface WafBypass {
  readonly id: string;
  /** An address or network in canonical form; '' is any. */
  readonly network: string;
  /** 0 is any rule. */
  readonly ruleId: number;
  /** Canonical path prefix on segment boundaries; '' is any. */
  readonly path: string;
  /** A variable of rules such as `ARGS:comment`; '' is any. */
  readonly parameter: string;
  readonly owner: string;
  readonly reason: string;
  /** Somebody other than the owner. */
  readonly approver: string;
  readonly createdAtMs: number;
  /** It always ends. */
  readonly expiresAtMs: number;
}

/** What the records of the gateway say about rules, as this thread knows it. */
export interface WafGovernance {
  /** The bypasses that hold now for a client and a path; the same empty list where there are none. */
  bypasses(client: Ip, path: string, nowMs: number): readonly WafBypass[];
  /** Whether a rule is on trial: it is noted, and blocks nothing yet. */
  isOnTrial(ruleId: number): boolean;
}

/** What the WAF found out about one request. The stage writes it, the journal tells it. */
export interface WafFindings {
  /** Every match that a log would show, in order. */
  matches: RuleMatch[];
  /** What ended the request, or would have where it was only observed; null when nothing did. */
  interruption: Interruption | null;
  /** Sum that was compared with the threshold, for requests and for answers. */
  inboundScore: number;
  outboundScore: number;
  /** Ids of the bypasses that took something out. */
  bypasses: readonly string[];
  /** Whether it would have been blocked without bypasses, trials and modes of rules; known only where one of them mattered. */
  wouldBlock: boolean;
  /** Which bound was reached before the rules were through, as a sentence; '' when none was. */
  incomplete: string;
}
