import type { Comparison, CompiledLink, CompiledRule, NumberTest } from './compiled-rule.ts';
import { NOT_INSPECTED } from './inspected.ts';
import type { OwnVariable } from './own-variables.ts';
import { performActions } from './perform.ts';
import type { Target } from './target-list.ts';
import type { TransactionState } from './transaction-state.ts';

/** Whether `isUnmatched` can tell anything of a link: it compares numbers, or looks at variables of `TX` alone. */
export const isComparison = ({ numbers, targets }: CompiledLink): boolean =>
  numbers !== null || targets.slots !== null;

/** Whether it is plain without more ado that a link matches nothing. */
export const isUnmatched = (state: TransactionState, link: CompiledLink): boolean =>
  link.numbers === null ? areUnset(state, link.targets.slots) : hasNoNumberHits(state, link);

function areUnset({ tx }: TransactionState, slots: readonly number[] | null): boolean {
  if (slots === null) return false;
  for (let at = 0; at < slots.length; at++) if (tx.has(slots[at] as number)) return false;
  return true;
}

/** Whether a comparison holds for none of the numbers of a link. */
function hasNoNumberHits(state: TransactionState, link: CompiledLink): boolean {
  const { numbers } = link;
  if (numbers === null) return false;
  const limit = numbers.slot >= 0 ? state.tx.number(numbers.slot) : numbers.limit;
  const { targets } = link.targets;
  for (let at = 0; at < targets.length; at++) {
    if (isHit(state, link, numbers, targets[at] as Target, limit)) return false;
  }
  return true;
}

function isHit(
  state: TransactionState,
  link: CompiledLink,
  test: NumberTest,
  target: Target,
  limit: number,
): boolean {
  const { ref, slot } = target;
  if (ref.isCount) return compare(test.comparison, countOf(state, target), limit) !== link.isNegated;
  return state.tx.has(slot) && compare(test.comparison, state.tx.number(slot), limit) !== link.isNegated;
}

/** Does what a rule of one quiet comparison says, where it is known to hold. */
export function performQuiet(state: TransactionState, rule: CompiledRule): void {
  const { first } = rule;
  const target = first.targets.targets[0] as Target;
  const { isCount } = target.ref;
  const text = isCount ? String(countOf(state, target)) : (state.tx.text(target.slot) ?? '');
  state.addMatched(target.name, isCount ? null : state.tx.nameOf(target.slot), text);
  if (first.hasActions) performActions(state, rule, first);
  state.skipTo = first.skipTo;
}

/** Finds the numbers of `TX`, and the counts, that a comparison holds for. */
export function findNumberHits(state: TransactionState, link: CompiledLink, test: NumberTest): void {
  const { hits, ownTargets, tx } = state;
  hits.clear();
  ownTargets.clear();
  state.targets = ownTargets;
  const limit = test.slot >= 0 ? tx.number(test.slot) : test.limit;
  for (const target of link.targets.targets) {
    if (!isHit(state, link, test, target, limit)) continue;
    const { isCount } = target.ref;
    const text = isCount ? String(countOf(state, target)) : (tx.text(target.slot) ?? '');
    hits.push(ownTargets.length, text, null, null, !link.isNegated);
    ownTargets.push(target.name, isCount ? null : tx.nameOf(target.slot), NOT_INSPECTED);
  }
}

function countOf(state: TransactionState, target: Target): number {
  if (target.slot >= 0) return state.tx.has(target.slot) ? 1 : 0;
  if (target.own !== null) return countOwn(state, target, target.own);
  if (target.collection === null) return 0;
  const members = state.collections.get(target.collection);
  if (target.isWhole) return members.source.values.length;
  let count = 0;
  for (let at = 0; at < members.source.values.length; at++) {
    if (target.selection.takes(members.key(at))) count++;
  }
  return count;
}

function countOwn(state: TransactionState, target: Target, own: OwnVariable): number {
  let count = 0;
  own(state, target, () => {
    count++;
  });
  return count;
}

function compare(comparison: Comparison, value: number, limit: number): boolean {
  switch (comparison) {
    case 'eq':
      return value === limit;
    case 'ge':
      return value >= limit;
    case 'gt':
      return value > limit;
    case 'le':
      return value <= limit;
    case 'lt':
      return value < limit;
  }
}
