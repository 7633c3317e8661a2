import type { RuleEngine } from '../lib/seclang/transaction.ts';
import type { RuleFacts } from './waf.ts';

/** A rule with its tags, by which categories of the configuration find it. */
export interface KnownRule extends RuleFacts {
  readonly tags: readonly string[];
}

/** Rule files that belong together, compiled; routes with the same files share it. */
export interface RuleSet {
  readonly engine: RuleEngine;
  readonly rules: readonly KnownRule[];
}

/** The files that rules come from, as the configuration names them; paths and patterns are absolute. */
export interface RuleSources {
  /** Files of a released rule set; absent for the rules that come with the gateway. */
  readonly include?: readonly string[] | undefined;
  /** Files of the operator's own. */
  readonly custom: readonly string[];
}

/** The rule sets that a configuration names, as they were read and compiled for it. */
export interface RuleSets {
  /** null where there is no rule in the files, or they were not read. */
  find(sources: RuleSources): RuleSet | null;
}

/** Nothing was read. */
export const NO_RULES: RuleSets = { find: () => null };

/** Two routes whose sources have the same key have the same rules. */
export function ruleSetKey({ include, custom }: RuleSources): string {
  return JSON.stringify([include ?? null, custom]);
}
