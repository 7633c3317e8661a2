import type { Operator } from './operators.ts';
import type { RuleGovernance } from './services.ts';

/** What the configuration says about governance. */
export interface GovernanceSettings {
  readonly operators: readonly Operator[];
  readonly trialHours: number;
  readonly falsePositiveBudget: number;
}

const HOUR_MS = 3_600_000;

export function ruleGovernanceOf({ trialHours, falsePositiveBudget }: GovernanceSettings): RuleGovernance {
  return { trialMs: trialHours * HOUR_MS, falsePositiveBudget };
}
