import { createHash } from 'node:crypto';
import type { Bytes } from '../bytes.ts';
import type { MacroText, Rule, SetVar, VariableRef } from '../syntax/rule.ts';

/**
 * What a rule is for. `detect`: looks at a request or an answer, and blocks or adds to a score. `score`: ends a request
 * because of what others added up. `prepare`: everything else, such as what sets limits or takes targets out.
 */
export type RuleRole = 'detect' | 'score' | 'prepare';

const ENDING: ReadonlySet<string> = new Set(['block', 'deny', 'drop', 'redirect', 'proxy']);
/** What rules of the Core Rule Set add for one finding. */
const FINDING = /^(?:critical|error|warning|notice)_anomaly_score$/;
const SCORE = /score/;

/** Tells what a rule is for, from what it looks at and does; links of its chain included. */
export function roleOf(rule: Rule): RuleRole {
  const links = linksOf(rule);
  const isFinding = links.some(({ setVars }) => setVars.some(addsFinding));
  if (isFinding) return 'detect';
  const isEnding = links.some(({ disruption }) => ENDING.has(disruption.kind));
  if (!isEnding) return links.some(({ setVars }) => setVars.some(addsScore)) ? 'score' : 'prepare';
  return links.every(looksAtScores) ? 'score' : 'detect';
}

function linksOf(rule: Rule): Rule[] {
  const links: Rule[] = [];
  for (let link: Rule | null = rule; link !== null; link = link.chained) links.push(link);
  return links;
}

const plainText = (text: MacroText): string =>
  text.map((part) => (typeof part === 'string' ? part : '')).join('');
const macrosOf = (text: MacroText): Bytes[] =>
  text.flatMap((part) => (typeof part === 'string' || part.name !== 'TX' ? [] : [part.key]));

function addsFinding({ collection, key, change, value }: SetVar): boolean {
  if (collection !== 'TX' || change !== 'add' || !SCORE.test(plainText(key).toLowerCase())) return false;
  const macros = macrosOf(value);
  return macros.length === 0 ? /^[1-9]/.test(plainText(value)) : macros.some((name) => FINDING.test(name));
}

const addsScore = ({ collection, key }: SetVar): boolean =>
  collection === 'TX' && SCORE.test(plainText(key).toLowerCase());

/** Whether a rule looks at nothing but variables that other rules have set. */
const looksAtScores = ({ variables }: Rule): boolean => variables.every(({ name }) => name === 'TX');

const textOf = (text: MacroText): unknown[] =>
  text.map((part) => (typeof part === 'string' ? part : [part.name, part.key]));
const variableOf = ({ name, selector, isCount }: VariableRef): unknown[] => [name, selector, isCount];

/**
 * What one link matches and does, as plain values.
 *
 * Shape: without where it stands, what it is called and what it writes into a log: changing those changes no verdict. Also without what
 * is taken out of its targets: a rule that looks at less finds nothing that it did not find before.
 */
function linkOf(rule: Rule, contentOf: (rule: Rule) => Bytes | null): unknown[] {
  const { operator, disruption } = rule;
  return [
    rule.phase,
    rule.variables.filter(({ isExclusion }) => !isExclusion).map(variableOf),
    operator === null ? null : [operator.name, operator.isNegated, textOf(operator.argument)],
    contentOf(rule),
    rule.transformations,
    rule.multiMatch,
    rule.capture,
    [disruption.kind, textOf(disruption.argument), disruption.status],
    rule.setVars.map((one) => [one.collection, textOf(one.key), one.change, textOf(one.value)]),
    rule.ctls.map(({ name, value, target }) => [name, value, target === null ? null : variableOf(target)]),
    rule.skip,
    rule.skipAfter,
    [...rule.namespaces],
  ];
}

/**
 * A hash of what a rule matches and does; two rules with the same one behave alike.
 *
 * `contentOf` gives the contents of the file that the operator of a link names; null for none.
 */
export function fingerprintOf(rule: Rule, contentOf: (rule: Rule) => Bytes | null): string {
  const meaning = JSON.stringify(linksOf(rule).map((link) => linkOf(link, contentOf)));
  return createHash('sha256').update(meaning, 'utf8').digest('hex').slice(0, 32);
}
