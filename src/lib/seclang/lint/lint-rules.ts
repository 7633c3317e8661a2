import type { RuleExclusion, RuleFileProblem, RuleProgram } from '../syntax/rule.ts';
import { lintBacktracking } from './backtracking.ts';
import { lintExclusions } from './exclusions.ts';
import type { LintFinding } from './finding.ts';
import { lintMatching } from './matching.ts';
import { lintReach } from './reach.ts';

/** Rules as they were read. */
export interface LintInput {
  readonly program: RuleProgram;
  readonly notes: readonly RuleFileProblem[];
  readonly exclusions: readonly RuleExclusion[];
}

/** Finds what is in rules and is hardly meant, in the order of files and lines. */
export function lintRules({ program, notes, exclusions }: LintInput): LintFinding[] {
  const findings = [
    ...lintEngine(program),
    ...lintExclusions(program, exclusions),
    ...lintReach(program, notes),
    ...lintMatching(program),
    ...lintBacktracking(program),
  ];
  return findings.sort((a, b) =>
    a.at.file === b.at.file ? a.at.line - b.at.line : a.at.file < b.at.file ? -1 : 1,
  );
}

function lintEngine({ items, settings }: RuleProgram): LintFinding[] {
  if (settings.engine === 'on') return [];
  const isOff = settings.engine === 'off';
  const what = isOff ? 'Off: no rule runs' : 'DetectionOnly: rules are noted and refuse nothing';
  const at = { file: items[0]?.at.file ?? '', line: 1 };
  return [
    {
      level: isOff ? 'error' : 'warning',
      kind: 'engine-disabled',
      at,
      ruleId: 0,
      message: `The files say SecRuleEngine ${what}.`,
    },
  ];
}
