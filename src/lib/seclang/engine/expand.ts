import type { Bytes } from '../bytes.ts';
import type { CompiledText } from './compiled-text.ts';
import type { Target } from './target-list.ts';
import type { TransactionState } from './transaction-state.ts';

/** A text with the values of its macros; one that has none stands for nothing. */
export function expand(state: TransactionState, text: CompiledText): Bytes {
  if (text.constant !== null) return text.constant;
  let expanded = '';
  for (const part of text.parts) expanded += typeof part === 'string' ? part : firstValue(state, part);
  return expanded;
}

/** The first value of a variable; '' where it has none. */
export function firstValue(state: TransactionState, target: Target): Bytes {
  if (target.slot >= 0) return state.tx.text(target.slot) ?? '';
  if (target.own !== null) {
    let first: Bytes | null = null;
    target.own(state, target, (_, __, value) => {
      first ??= value;
    });
    return first ?? '';
  }
  if (target.collection === null) return '';
  const members = state.collections.get(target.collection);
  const { values } = members.source;
  for (let at = 0; at < values.length; at++) {
    if (target.ref.selector === null || target.selection.takes(members.key(at))) return values[at] as Bytes;
  }
  return '';
}
