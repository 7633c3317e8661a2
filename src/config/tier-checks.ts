import type { ConfigProblem } from '../core/errors.ts';
import { contradictions } from '../stages/ratelimit/limit-problems.ts';
import { tierSchema } from '../stages/ratelimit/tiers.ts';
import { asRecord, pointerOf } from './pointer.ts';

/** Finds tiers with limits that can never be reached. */
export function tierProblems(root: Record<string, unknown>): ConfigProblem[] {
  return Object.entries(asRecord(root.tiers) ?? {}).flatMap(([name, raw]) => {
    const tier = tierSchema.safeParse(raw);
    return tier.success ? contradictions(tier.data, pointerOf(['tiers', name])) : [];
  });
}
