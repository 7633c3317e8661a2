import type { Bytes } from '../bytes.ts';
import type { MacroText } from '../syntax/rule.ts';
import type { Target } from './target-list.ts';

/** A text whose macros know where their values come from. */
export interface CompiledText {
  /** The text where it has no macro; otherwise null. */
  readonly constant: Bytes | null;
  readonly parts: readonly (Bytes | Target)[];
  /** The slot of `TX` where the text is one macro of it and nothing else; otherwise -1. */
  readonly slot: number;
  /** The slot of `TX` where that is the only macro of the text; otherwise -1. */
  readonly onlySlot: number;
  /** Of such a text: what it was for values of late. */
  readonly expanded: Map<Bytes, Bytes>;
}

export const EMPTY_TEXT: CompiledText = {
  constant: '',
  parts: [],
  slot: -1,
  onlySlot: -1,
  expanded: new Map(),
};

/** `resolve` says where the value of a macro comes from; null for nowhere, so that it stands for nothing. */
export function compileText(
  text: MacroText,
  resolve: (name: string, key: Bytes) => Target | Bytes | null,
): CompiledText {
  const parts: (Bytes | Target)[] = [];
  for (const part of text) {
    const resolved = typeof part === 'string' ? part : resolve(part.name, part.key);
    const last = parts.at(-1);
    if (resolved === null || resolved === '') continue;
    if (typeof resolved === 'string' && typeof last === 'string') parts[parts.length - 1] = last + resolved;
    else parts.push(resolved);
  }
  const only = parts[0];
  if (parts.length === 0) return EMPTY_TEXT;
  const macros = parts.filter((part) => typeof part !== 'string');
  const isConstant = parts.length === 1 && typeof only === 'string';
  return {
    constant: isConstant ? only : null,
    parts,
    slot: parts.length === 1 && typeof only === 'object' ? only.slot : -1,
    onlySlot: macros.length === 1 ? (macros[0] as Target).slot : -1,
    expanded: new Map(),
  };
}

/** A text as it was written, macros and all. */
export const writtenText = (text: MacroText): Bytes =>
  text
    .map((part) =>
      typeof part === 'string' ? part : `%{${part.name}${part.key === '' ? '' : `.${part.key}`}}`,
    )
    .join('');
