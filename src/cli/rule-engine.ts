import { compileEngine } from '../lib/seclang/engine/compile-engine.ts';
import { findOperatorProblems } from '../lib/seclang/engine/operator-problems.ts';
import type { OperatorHost } from '../lib/seclang/operator.ts';
import type { RuleProgram } from '../lib/seclang/syntax/rule.ts';
import type { RuleEngine } from '../lib/seclang/transaction.ts';
import { CommandFailure } from './failure.ts';
import { rulesFailure } from './rule-source.ts';

/** Compiles rules. Errors: CommandFailure with every mistake. */
export function compileRules(program: RuleProgram, host: OperatorHost): RuleEngine {
  try {
    return compileEngine(program, host);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const problems = findOperatorProblems(program, host);
    throw problems.length > 0 ? rulesFailure(problems) : new CommandFailure('rules_invalid', error.message);
  }
}
