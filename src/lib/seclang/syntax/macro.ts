import { closest } from '../../text/suggest.ts';
import type { Bytes } from '../bytes.ts';
import type { MacroRef, MacroText } from './rule.ts';
import type { Complain } from './source.ts';
import { findVariableName, VARIABLE_NAMES } from './variable-grammar.ts';

/** A sentence that names an unknown word and, where one is near, the one that was probably meant. */
export function unknown(kind: string, word: Bytes, known: readonly string[]): string {
  const meant = closest(word, known);
  const hint = meant === null ? 'docs/reference/seclang.md lists them all' : `did you mean ${meant}?`;
  return `There is no ${kind} ${word}; ${hint}${meant === null ? '.' : ''}`;
}

const MACRO = /%\{([^}]*)\}/g;

/**
 * Parses a text with macros.
 *
 * Shape: `%{` that no `}` follows is text.
 * Errors: a macro of an unknown variable is a complaint and is left as text; without `complain` it is text.
 */
export function parseMacros(text: Bytes, complain: Complain | null): MacroText {
  if (!text.includes('%{')) return text === '' ? [] : [text];
  const parts: (Bytes | MacroRef)[] = [];
  let literal = '';
  let from = 0;
  for (const found of text.matchAll(MACRO)) {
    literal += text.slice(from, found.index);
    from = found.index + found[0].length;
    const macro = parseMacro(found[1] as string);
    if (macro === null) {
      complain?.(found[0], unknown('variable', (found[1] as string).split('.')[0] as string, VARIABLE_NAMES));
      literal += found[0];
      continue;
    }
    if (literal !== '') parts.push(literal);
    literal = '';
    parts.push(macro);
  }
  literal += text.slice(from);
  if (literal !== '') parts.push(literal);
  return parts;
}

function parseMacro(inside: Bytes): MacroRef | null {
  const dot = inside.indexOf('.');
  const name = dot < 0 ? inside : inside.slice(0, dot);
  const key = dot < 0 ? '' : inside.slice(dot + 1).toLowerCase();
  const known = findVariableName(name);
  if (known !== null) return { name: known, key };
  const header = /^HTTP_(.+)$/i.exec(name);
  return header === null ? null : { name: 'REQUEST_HEADERS', key: (header[1] as string).toLowerCase() };
}
