import type { Bytes } from '../bytes.ts';
import { XPATHS } from '../variables/xpaths.ts';
import { unknown } from './macro.ts';
import { type Pair, parsePairs } from './pairs.ts';
import type { Selector, VariableRef } from './rule.ts';
import type { Complain } from './source.ts';
import { findVariableName, grammarOf, VARIABLE_NAMES } from './variable-grammar.ts';

/** Parses the variables of a rule. Errors: complaints, one for each variable that is wrong; then null. */
export function parseVariables(text: Bytes, complain: Complain): VariableRef[] | null {
  const pairs = parsePairs(text, complain, true);
  if (pairs === null) return null;
  if (pairs.length === 0) {
    complain(text, 'A rule needs a variable to look at, such as ARGS.');
    return null;
  }
  const variables = pairs.map((pair) => parseVariable(pair, complain));
  return variables.every((variable) => variable !== null) ? variables : null;
}

/** Parses one variable of a list. Errors: a complaint; then null. */
export function parseVariable(pair: Pair, complain: Complain): VariableRef | null {
  const sign = pair.name.startsWith('&') || pair.name.startsWith('!') ? (pair.name[0] as string) : '';
  const word = pair.name.slice(sign.length);
  const isCount = sign === '&';
  const header = /^HTTP_(.+)$/i.exec(word);
  const name = header === null ? findVariableName(word) : 'REQUEST_HEADERS';
  if (name === null) {
    complain(word, unknown('variable', word, VARIABLE_NAMES));
    return null;
  }
  const value = header === null ? pair.value : (header[1] as string);
  const wrong = mistakeOf(name, value, isCount, sign === '!');
  if (wrong !== '') {
    complain(pair.name, wrong);
    return null;
  }
  return { name, selector: selectorOf(name, value), isCount, isExclusion: sign === '!' };
}

function mistakeOf(name: string, value: Bytes | null, isCount: boolean, isExclusion: boolean): string {
  const { isCountable, isSelectable, wantsName } = grammarOf(name);
  if (isCount && !isCountable)
    return `${name} is one value, which & cannot count; compare it with an operator instead.`;
  if (value !== null && value !== '' && !isSelectable)
    return `${name} has no parts that could be named behind a colon; leave the colon and the name out.`;
  if (name === 'XML' && value !== null && !XPATHS.has(value)) {
    const known = [...XPATHS.keys()].filter((xpath) => xpath !== '').map((xpath) => `XML:${xpath}`);
    return `XPaths are not evaluated; what can be selected is ${known.join(' and ')}.`;
  }
  if (wantsName && (value ?? '') === '' && !isExclusion)
    return `${name} wants the name of what is meant behind a colon, such as ${name}:score.`;
  return '';
}

function selectorOf(name: string, value: Bytes | null): Selector | null {
  if (value === null || value === '') return null;
  const isPattern = name !== 'XML' && value.length > 2 && value.startsWith('/') && value.endsWith('/');
  return isPattern ? { kind: 'pattern', source: value.slice(1, -1) } : { kind: 'literal', text: value };
}
