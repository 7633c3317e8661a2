import { backtrackingBound } from '../patterns/backtracking-bound.ts';
import { readPattern } from '../patterns/read.ts';
import type { Rule, RuleProgram } from '../syntax/rule.ts';
import { fixedText, type LintFinding, linksOf, rulesOf } from './finding.ts';

/** Up to this power of the length a pattern is not worth a word. */
const TOLD_FROM = 4;

/**
 * Finds patterns on which an engine that backtracks may spend a high power of the length of a value.
 *
 * Safety: bounds are upper ones, so that some of these patterns are better than is said, and none is worse. Here they only
 * cost more time, because long values are matched in steps without backtracking; elsewhere a request may hang on them.
 */
export function lintBacktracking(program: RuleProgram): LintFinding[] {
  return rulesOf(program).flatMap((rule) =>
    linksOf(rule).flatMap((link): LintFinding[] => {
      const degree = degreeOf(link);
      if (degree < TOLD_FROM) return [];
      const steps =
        degree === Number.POSITIVE_INFINITY ? 'exponentially many steps' : `length^${degree} steps`;
      return [
        {
          level: 'warning',
          kind: 'backtracks',
          at: link.at,
          ruleId: rule.id,
          message: `An engine that backtracks may take ${steps} for this pattern; say what stands between loops, or bound them.`,
        },
      ];
    }),
  );
}

function degreeOf({ operator }: Rule): number {
  const source = operator?.name === 'rx' ? fixedText(operator.argument) : null;
  if (source === null) return 0;
  try {
    return backtrackingBound(readPattern(source)).degree;
  } catch {
    // A pattern that cannot be read is told when it is compiled.
    return 0;
  }
}
