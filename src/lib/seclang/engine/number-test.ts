import type { Comparison, CompiledLink, LinkTest } from './compiled-rule.ts';
import { Inspected } from './inspected.ts';
import type { Target } from './target-list.ts';
import type { TransactionState } from './transaction-state.ts';

/** Finds the numbers of `TX`, and the counts, that a comparison holds for, without making texts of them. */
export function findNumberHits(
  state: TransactionState,
  link: CompiledLink,
  test: LinkTest & { readonly kind: 'number' },
): void {
  const { hits, ownTargets, tx } = state;
  hits.clear();
  ownTargets.clear();
  state.targets = ownTargets;
  const limit = test.slot >= 0 ? tx.number(test.slot) : test.limit;
  for (const target of link.targets.targets) {
    const { ref, slot } = target;
    if (slot >= 0 && !ref.isCount && !tx.has(slot)) continue;
    const value = ref.isCount ? countOf(state, target) : tx.number(slot);
    if (compare(test.comparison, value, limit) === link.isNegated) continue;
    const text = ref.isCount ? String(value) : (tx.text(slot) ?? '');
    hits.push(ownTargets.length, text, null, null, !link.isNegated);
    ownTargets.push(target.name, ref.isCount ? null : tx.nameOf(slot), new Inspected(text, false));
  }
}

function countOf(state: TransactionState, target: Target): number {
  if (target.slot >= 0) return state.tx.has(target.slot) ? 1 : 0;
  let count = 0;
  if (target.own !== null) {
    target.own(state, target, () => {
      count++;
    });
    return count;
  }
  if (target.collection === null) return 0;
  const members = state.collections.get(target.collection);
  if (target.ref.selector === null || target.collection.xml !== null) return members.source.values.length;
  for (let at = 0; at < members.source.values.length; at++) {
    if (target.selection.takes(members.key(at))) count++;
  }
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
