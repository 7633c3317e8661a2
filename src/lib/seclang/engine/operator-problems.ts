import type { OperatorHost } from '../operator.ts';
import { OPERATORS } from '../operators/table.ts';
import { fileKey } from '../syntax/file-key.ts';
import type { Rule, RuleFileProblem, RuleProgram } from '../syntax/rule.ts';

/** Finds every argument that an operator does not take, such as a pattern that cannot be read; those with macros are not known yet. */
export function findOperatorProblems(program: RuleProgram, host: OperatorHost): RuleFileProblem[] {
  const problems: RuleFileProblem[] = [];
  const withFiles: OperatorHost = {
    sqlFingerprint: (value) => host.sqlFingerprint(value),
    isXss: (value) => host.isXss(value),
    countryOf: (address) => host.countryOf(address),
    dataFile: (name, file) => program.dataFiles.get(fileKey(name, file)) ?? host.dataFile(name, file),
    unicodeMap: program.settings.unicodeMap,
  };
  for (const item of program.items) {
    if ('marker' in item) continue;
    for (let link: Rule | null = item; link !== null; link = link.chained) {
      const problem = problemOf(link, withFiles);
      if (problem !== null) problems.push(problem);
    }
  }
  return problems;
}

function problemOf({ operator, at }: Rule, host: OperatorHost): RuleFileProblem | null {
  if (operator === null) return null;
  const [argument = '', ...more] = operator.argument;
  if (typeof argument !== 'string' || more.length > 0) return null;
  try {
    OPERATORS.get(operator.name.toLowerCase())?.compile(argument, host, at.file);
    return null;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return { at, token: argument.slice(0, 100), message: error.message };
  }
}
