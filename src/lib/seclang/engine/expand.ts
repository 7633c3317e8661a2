import type { Bytes } from '../bytes.ts';
import type { CompiledText } from './compiled-text.ts';
import type { Target } from './target-list.ts';
import type { TransactionState } from './transaction-state.ts';

const KEPT_BYTES = 64;
const KEPT_TEXTS = 128;

/** A text with the values of its macros; one that has none stands for nothing. */
export function expand(state: TransactionState, text: CompiledText): Bytes {
  if (text.constant !== null) return text.constant;
  if (text.slot >= 0) return state.tx.text(text.slot) ?? '';
  const value = text.onlySlot < 0 ? '' : (state.tx.text(text.onlySlot) ?? '');
  const isKept = text.onlySlot >= 0 && value.length <= KEPT_BYTES;
  const known = isKept ? text.expanded.get(value) : undefined;
  if (known !== undefined) return known;
  let expanded = '';
  for (const part of text.parts) expanded += typeof part === 'string' ? part : firstValue(state, part);
  if (isKept) keep(text, value, expanded);
  return expanded;
}

/** The same texts come again for the same values, as names of fields do; kept, they need not be joined and hashed again. */
function keep({ expanded: kept }: CompiledText, value: Bytes, expanded: Bytes): void {
  if (kept.size >= KEPT_TEXTS) kept.clear();
  kept.set(value, expanded);
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
