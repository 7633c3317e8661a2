import type { Ip } from '../lib/ip/address.ts';
import type { Interruption } from '../lib/seclang/transaction.ts';

/** What a match of a rule does: count towards blocking, only be noted, or not happen. */
export const RULE_MODES = ['block', 'log', 'bypass'] as const;
export type RuleMode = (typeof RULE_MODES)[number];

/** Where a rule comes from: with the gateway, from a released set such as CRS, or from files of the operator's own. */
export const RULE_ORIGINS = ['shipped', 'include', 'custom'] as const;
export type RuleOrigin = (typeof RULE_ORIGINS)[number];

/** What is known about a rule of the plan before any request: what governance, reports and tuning work on. */
export interface RuleFacts {
  readonly id: number;
  /** Hash of what the rule matches and does: a rule with another one is another rule. */
  readonly fingerprint: string;
  readonly origin: RuleOrigin;
  /** The entry of the configuration that brought it; '' for what is shipped. */
  readonly set: string;
  readonly category: string;
  readonly message: string;
  /**
   * `detect`: looks at a request or an answer, and blocks or adds to a score. `score`: ends a request because of a score.
   * `prepare`: everything else, such as what sets limits or takes targets out.
   */
  readonly role: 'detect' | 'score' | 'prepare';
}

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

const NO_BYPASSES: readonly WafBypass[] = [];

/** What the records of the gateway say about rules, as this thread knows it. */
export interface WafGovernance {
  /** The bypasses that hold now for a client and a path; the same empty list where there are none. */
  bypasses(client: Ip, path: string, nowMs: number): readonly WafBypass[];
  /** Grows whenever `isOnTrial` may answer otherwise: what a plan derived from it before is to be derived anew. */
  readonly version: number;
  /**
   * Whether a rule is on trial: it is noted, and blocks nothing yet.
   *
   * Safety: of a rule that nobody has registered yet, those of the operator's own files are on trial, all others are not.
   */
  isOnTrial(rule: RuleFacts): boolean;
}

/** Where nothing is known about rules. */
export const UNGOVERNED: WafGovernance = {
  bypasses: () => NO_BYPASSES,
  version: 0,
  isOnTrial: ({ origin, role }) => origin === 'custom' && role === 'detect',
};

/** THE TABLE of what decides about a rule and a request, the first row that applies. */
export const WAF_PRECEDENCE = [
  {
    name: 'allow list',
    where: '`waf.allow`',
    effect: 'No rule looks at the request.',
  },
  {
    name: 'bypass',
    where: '`portcullis waf bypass`',
    effect:
      'The rules or variables it names do not look at the request; whether they would have blocked it is noted.',
  },
  {
    name: 'mode of the rule',
    where: '`waf.rules`',
    effect: '`bypass`: it does not run; `log`: it is noted; `block`: it counts.',
  },
  {
    name: 'mode of its category',
    where: '`waf.categories`',
    effect: 'As that of a rule; of several categories the one that takes away least.',
  },
  {
    name: 'trial',
    where: '`waf.custom`, for 48 hours after a change',
    effect: 'It is noted.',
  },
  {
    name: 'block',
    where: 'what is left',
    effect: 'It blocks, or adds to the score that blocks at its threshold.',
  },
] as const;

/** Where and how far the rules looked at a request. */
export type WafView =
  /** In its place in the order of the stages. */
  | 'checked'
  /** Another stage had refused it before: nothing more could come of it. */
  | 'refused-before'
  /** Its address is on the allow list. */
  | 'allowed';

/** One match of one rule, fit to be written down. */
export interface WafMatch {
  readonly ruleId: number;
  readonly phase: number;
  readonly file: string;
  readonly line: number;
  /** Such as `ARGS:id`. */
  readonly variable: string;
  /** Some bytes around what matched, without credentials; '' where none may be shown. */
  readonly value: string;
  /** Where in `value` what matched stands, and how long it is. */
  readonly matchedAt: number;
  readonly matchedLength: number;
  readonly message: string;
  /** 0 (EMERGENCY) to 7 (DEBUG); -1 where the rule does not say. */
  readonly severity: number;
  readonly category: string;
  /** Whether it was only noted. */
  readonly isLogOnly: boolean;
  /** What it added to: variable of `TX`, and its value afterwards. */
  readonly scores: readonly { readonly name: string; readonly value: number }[];
}

/** What the WAF found out about one request. The stage writes it, the journal tells it. */
export interface WafFindings {
  readonly view: WafView;
  /** Every match that a log would show, in order; there once the request is over. */
  readonly matches: readonly WafMatch[];
  /** How many more there were. */
  readonly moreMatches: number;
  /** What ended the request, or would have where it was only observed; null when nothing did. */
  readonly interruption: Interruption | null;
  /** Sum that was compared with the threshold, for requests and for answers. */
  readonly inboundScore: number;
  readonly outboundScore: number;
  /** Ids of the bypasses that took a match out. */
  readonly bypasses: readonly string[];
  /** Whether it would have been blocked without bypasses, trials and rules in `log`; known only where one of them mattered. */
  readonly wouldBlock: boolean;
  /** Which bound was reached before the rules were through, as a sentence; '' when none was. */
  readonly incomplete: string;
}
