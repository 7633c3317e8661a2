import { SEVERITIES } from '../syntax/action-table.ts';
import type { RuleMatch } from '../transaction.ts';
import type { FtwExpectation } from './ftw-test.ts';
import type { FtwOutcome } from './run-stage.ts';
import { faultStatus } from './strict-fault.ts';

/** Says what of an expectation did not come true, one sentence each; none when all did. */
export function judge(expected: FtwExpectation, outcome: FtwOutcome): string[] {
  const logged = outcome.matches.filter(({ isLogged }) => isLogged);
  return [
    ...judgeRefusal(expected, outcome),
    ...judgeStatus(expected, outcome),
    ...judgeIds(expected, logged),
    ...judgeTexts(expected, outcome, logged.map(logLine).join('\n')),
  ];
}

function judgeRefusal(
  { isRefused }: FtwExpectation,
  { fault, interruption, isEnforced }: FtwOutcome,
): string[] {
  const isDropped = interruption?.kind === 'drop' && isEnforced;
  if (isRefused === true && fault === '' && !isDropped) return ['was answered, and should have been refused'];
  if (isRefused === false && fault !== '') return [`was refused before the rules: ${fault}`];
  return [];
}

/**
 * Compares the status with those that are expected.
 *
 * Shape: where rules only detect, both what they would have answered and what the backend answers will do.
 */
function judgeStatus(
  { statuses }: FtwExpectation,
  { fault, interruption, isEnforced, answer }: FtwOutcome,
): string[] {
  if (statuses.length === 0) return [];
  const possible = fault !== '' ? [faultStatus(fault)] : [];
  if (fault === '' && interruption !== null) possible.push(interruption.status);
  if (fault === '' && (interruption === null || !isEnforced)) possible.push(answer.status);
  if (possible.some((status) => statuses.includes(status))) return [];
  return [`has status ${possible.join(' or ')}, and should have ${statuses.join(' or ')}`];
}

function judgeIds({ ids, idsNot, isAlone }: FtwExpectation, logged: readonly RuleMatch[]): string[] {
  const found = new Set(logged.map(({ ruleId }) => ruleId));
  const missing = ids.filter((id) => !found.has(id)).map((id) => `rule ${id} does not match`);
  const wrong = idsNot.filter((id) => found.has(id)).map((id) => `rule ${id} matches${whereOf(id, logged)}`);
  const alone =
    isAlone && found.size !== 1
      ? [`matches ${[...found].join(', ') || 'no rule'}, and should match one`]
      : [];
  return [...missing, ...wrong, ...alone];
}

function whereOf(id: number, logged: readonly RuleMatch[]): string {
  const match = logged.find(({ ruleId }) => ruleId === id);
  return match === undefined || match.variable === '' ? '' : ` on ${match.variable}`;
}

function judgeTexts(expected: FtwExpectation, { answer }: FtwOutcome, log: string): string[] {
  const wrong: string[] = [];
  for (const pattern of expected.logMatches)
    if (!new RegExp(pattern, 's').test(log)) wrong.push(`the log has nothing like ${pattern}`);
  for (const pattern of expected.logMatchesNot)
    if (new RegExp(pattern, 's').test(log)) wrong.push(`the log has ${pattern}`);
  const { answerMatches } = expected;
  if (answerMatches !== '' && !new RegExp(answerMatches, 's').test(answer.body))
    wrong.push(`the answer has nothing like ${answerMatches}`);
  return wrong;
}

/** A match as ModSecurity writes it into the error log, as far as tests look at it. */
export function logLine(match: RuleMatch): string {
  const { at, ruleId, message, logData, severity, tags } = match;
  const parts = [
    `[file "${at.file}"]`,
    `[line "${at.line}"]`,
    `[id "${ruleId}"]`,
    ...(message === '' ? [] : [`[msg "${message}"]`]),
    ...(logData === '' ? [] : [`[data "${logData}"]`]),
    ...(severity < 0 ? [] : [`[severity "${SEVERITIES[severity]}"]`]),
    ...tags.map((tag) => `[tag "${tag}"]`),
  ];
  return `ModSecurity: Warning. Matched at ${match.variable}. ${parts.join(' ')}`;
}
