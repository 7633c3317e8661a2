import type { Bytes } from '../bytes.ts';
import { toJavaScript } from '../patterns/javascript.ts';
import { readPattern } from '../patterns/read.ts';
import { type ActionSet, mergeActions } from './action-set.ts';
import { holdsId, parseIdRanges } from './id-ranges.ts';
import type { MacroText, VariableRef } from './rule.ts';
import type { RuleDraft } from './rule-draft.ts';

/** Tells the rules that a directive means. */
export type Picks = (rule: RuleDraft) => boolean;

const plain = (text: MacroText): Bytes =>
  text
    .map((part) =>
      typeof part === 'string' ? part : `%{${part.name}${part.key === '' ? '' : `.${part.key}`}}`,
    )
    .join('');

/** How the rules are picked that `SecRule…ById`, `…ByTag` and `…ByMsg` mean; null when the word makes no sense. */
export function picksBy(way: 'id' | 'tag' | 'msg', word: Bytes): Picks | null {
  if (way === 'id') {
    const ranges = parseIdRanges(word);
    return ranges === null ? null : ({ actions }) => holdsId(ranges, actions.id ?? 0);
  }
  const pattern = compilePattern(word);
  if (pattern === null) return null;
  if (way === 'tag') return ({ actions }) => actions.tags.some((tag) => pattern.test(tag));
  return ({ actions }) => actions.message !== null && pattern.test(plain(actions.message));
}

/** null for a pattern that cannot be read, or refers to a group that may not have matched. */
function compilePattern(source: Bytes): RegExp | null {
  try {
    const expression = toJavaScript(readPattern(source));
    return expression === null ? null : new RegExp(expression.source);
  } catch {
    return null;
  }
}

const sameText = (a: Bytes, b: Bytes): boolean => a.toLowerCase() === b.toLowerCase();

function isSameVariable(a: VariableRef, b: VariableRef): boolean {
  if (a.name !== b.name || a.isCount !== b.isCount || a.isExclusion !== b.isExclusion) return false;
  if (a.selector === null || b.selector === null) return a.selector === b.selector;
  if (a.selector.kind === 'literal')
    return b.selector.kind === 'literal' && sameText(a.selector.text, b.selector.text);
  return b.selector.kind === 'pattern' && a.selector.source === b.selector.source;
}

/** Adds variables to those of a rule and of every link of its chain, save what is there already. */
export function addVariables(rule: RuleDraft, added: readonly VariableRef[]): void {
  for (const link of [rule, ...rule.links]) addTo(link, added);
}

function addTo(rule: RuleDraft, added: readonly VariableRef[]): void {
  const fresh = added.filter((one) => !rule.variables.some((other) => isSameVariable(one, other)));
  rule.variables = [...rule.variables, ...fresh];
}

/** Puts variables in the place of one of a rule or of links of its chain. Shape: whether one has it. */
export function replaceVariable(rule: RuleDraft, old: VariableRef, by: readonly VariableRef[]): boolean {
  const replaced = [rule, ...rule.links].map((link) => replaceIn(link, old, by));
  return replaced.includes(true);
}

function replaceIn(rule: RuleDraft, old: VariableRef, by: readonly VariableRef[]): boolean {
  const at = rule.variables.findIndex((variable) => isSameVariable(variable, old));
  if (at < 0) return false;
  rule.variables = rule.variables.toSpliced(at, 1, ...by);
  return true;
}

/** Lays actions over those of a rule. Shape: a sentence where they cannot be changed so; else ''. */
export function updateActions(rule: RuleDraft, actions: ActionSet): string {
  if (actions.id !== null && actions.id !== rule.actions.id) return 'The id of a rule cannot be changed.';
  if (actions.phase !== null && actions.phase !== rule.actions.phase)
    return 'The phase of a rule cannot be changed.';
  if (actions.isChained && !rule.actions.isChained) return 'A rule cannot be made a chain afterwards.';
  rule.actions = mergeActions(rule.actions, actions);
  return '';
}
