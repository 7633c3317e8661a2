import type { FalsePositive, RuleCount, RuleRecord } from './waf-records.ts';

/** What became of the requests that a rule is about. */
export interface RuleFigures {
  readonly matches: number;
  readonly blocks: number;
  readonly wouldBlocks: number;
  /** Requests that somebody confirmed to be harmless. */
  readonly confirmed: number;
}

/** What rules of one id did, and how much of it was confirmed to be wrong. */
export function figuresOf(
  ruleId: number,
  counts: readonly RuleCount[],
  confirmed: readonly FalsePositive[],
): RuleFigures {
  const own = counts.filter((count) => count.ruleId === ruleId);
  const sum = (of: (count: RuleCount) => number) => own.reduce((total, count) => total + of(count), 0);
  return {
    matches: sum(({ matches }) => matches),
    blocks: sum(({ blocks }) => blocks),
    wouldBlocks: sum(({ wouldBlocks }) => wouldBlocks),
    confirmed: confirmed.filter((one) => one.ruleId === ruleId).length,
  };
}

/**
 * Confirmed false positives as a share of what was blocked, or would have been; null where nothing was.
 *
 * Safety: what was confirmed although it would not have been blocked counts too, and the share is never above 1.
 */
export function falsePositiveRate({ blocks, wouldBlocks, confirmed }: RuleFigures): number | null {
  const all = Math.max(blocks + wouldBlocks, confirmed);
  return all === 0 ? null : confirmed / all;
}

/** What is to become of a rule whose trial is over; null while it goes on. */
export function trialVerdict(
  { state, triedMs, trialMs }: RuleRecord,
  figures: RuleFigures,
  budget: number,
): 'active' | 'held' | null {
  if (state !== 'trial' || triedMs < trialMs) return null;
  return (falsePositiveRate(figures) ?? 0) <= budget ? 'active' : 'held';
}
