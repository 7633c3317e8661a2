import type { Overrides } from '../transaction.ts';

/** Whether what is overridden leaves a rule as it was written. */
export const leavesWhole = (overrides: Overrides | null, ruleId: number): boolean =>
  overrides === null || (!overrides.isRemoved(ruleId) && overrides.removedTargets(ruleId) === null);
