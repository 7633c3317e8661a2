import type { Bytes } from '../bytes.ts';
import type { CompileOperator, Needs, Operator } from '../operator.ts';
import { lowerCase } from '../transformations/letter-case.ts';

/** What a value must hold so that it can hold a text. */
export function needsText(text: Bytes): Needs | null {
  return text === '' ? null : [[lowerCase(text)]];
}

/** An operator that captures nothing. */
function plain(needs: Needs | null, test: (value: Bytes) => boolean): Operator {
  return { test, needs };
}

export const beginsWith: CompileOperator = (argument) =>
  plain(needsText(argument), (value) => value.startsWith(argument));

export const endsWith: CompileOperator = (argument) =>
  plain(needsText(argument), (value) => value.endsWith(argument));

export const contains: CompileOperator = (argument) =>
  plain(needsText(argument), (value) => value.includes(argument));

export const streq: CompileOperator = (argument) => plain(needsText(argument), (value) => value === argument);

/** Whether the argument holds the value. */
export const within: CompileOperator = (argument) => plain(null, (value) => argument.includes(value));

function isWordByte(code: number): boolean {
  const lower = code | 0x20;
  return (code >= 0x30 && code <= 0x39) || (lower >= 0x61 && lower <= 0x7a) || code === 0x5f;
}

/** Whether no letter, digit or underscore stands at a place. */
function isEdge(value: Bytes, at: number): boolean {
  return at < 0 || at >= value.length || !isWordByte(value.charCodeAt(at));
}

export const containsWord: CompileOperator = (argument) =>
  plain(needsText(argument), (value) => {
    if (argument === '') return true;
    for (let at = value.indexOf(argument); at >= 0; at = value.indexOf(argument, at + 1)) {
      if (isEdge(value, at - 1) && isEdge(value, at + argument.length)) return true;
    }
    return false;
  });

export const unconditionalMatch: CompileOperator = () => plain(null, () => true);

/** Needs what no value holds: both of nothing. */
export const noMatch: CompileOperator = () => plain([[]], () => false);
