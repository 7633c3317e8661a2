import type { Rule, RuleProgram } from '../syntax/rule.ts';
import { TRANSFORMATIONS } from '../transformations/table.ts';
import { fixedText, type LintFinding, linksOf, rulesOf } from './finding.ts';

/** Transformations that change bytes one by one, so that what they take out is in no part of what they give. */
const BY_BYTE: ReadonlySet<string> = new Set(['lowercase', 'uppercase', 'removenulls', 'removewhitespace']);
/** Operators whose argument must stand in the value as it is. */
const LITERAL: ReadonlySet<string> = new Set([
  'streq',
  'contains',
  'containsWord',
  'beginsWith',
  'endsWith',
  'strmatch',
]);
const NUMBERS: ReadonlySet<string> = new Set(['eq', 'ge', 'gt', 'le', 'lt']);

/** Finds operators that match nothing, or something else than they say, whatever a request holds. */
export function lintMatching(program: RuleProgram): LintFinding[] {
  return rulesOf(program).flatMap((rule) => linksOf(rule).flatMap((link) => lintLink(rule, link)));
}

function lintLink(rule: Rule, { operator, transformations, multiMatch, at }: Rule): LintFinding[] {
  if (operator === null) return [];
  const argument = fixedText(operator.argument);
  const finding = (message: string): LintFinding[] => [
    { level: operator.isNegated ? 'warning' : 'error', kind: 'never-matches', at, ruleId: rule.id, message },
  ];
  if (argument === null) return [];
  if (NUMBERS.has(operator.name) && !/^\s*[-+]?\d+\s*$/.test(argument))
    return finding(
      `@${operator.name} compares with 0, because ${argument === '' ? 'nothing' : argument} is no number.`,
    );
  if (
    /^(?:pm|streq|contains|containsWord|within)$/.test(operator.name) &&
    argument.trim() === '' &&
    operator.name !== 'streq'
  )
    return finding(`@${operator.name} has nothing to look for.`);
  const last = transformations.at(-1);
  if (multiMatch || last === undefined || !LITERAL.has(operator.name) || !BY_BYTE.has(last)) return [];
  if (TRANSFORMATIONS.get(last)?.apply(argument) === argument) return [];
  return finding(
    `@${operator.name} ${argument} never stands in what t:${last} gives; write it as that leaves it.`,
  );
}
