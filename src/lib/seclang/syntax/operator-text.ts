import type { Bytes } from '../bytes.ts';
import { OPERATORS, type OperatorRow } from '../operators/table.ts';
import { parseMacros, unknown } from './macro.ts';
import type { OperatorRef } from './rule.ts';
import type { Complain } from './source.ts';

/** Operators whose argument is taken as it stands, as ModSecurity 2 takes it. */
const WITHOUT_MACROS: ReadonlySet<string> = new Set([
  'pm',
  'ipMatch',
  'rbl',
  'strmatch',
  'validateByteRange',
]);

/** An operator as it stands in a rule, with what the table says of it. */
export interface ParsedOperator {
  readonly operator: OperatorRef;
  readonly row: OperatorRow;
  /** The argument as written. */
  readonly argument: Bytes;
}

/** Parses `!@name argument`, or a pattern without a name. Errors: a complaint; then null. */
export function parseOperator(text: Bytes, complain: Complain): ParsedOperator | null {
  const isNegated = text.startsWith('!');
  const rest = isNegated ? text.slice(1).trimStart() : text;
  const found = /^@(\S*)\s*([\s\S]*)$/.exec(rest);
  const word = found === null ? 'rx' : (found[1] as string);
  const argument = found === null ? rest : (found[2] as string);
  const row = OPERATORS.get(word.toLowerCase());
  if (row === undefined) {
    const names = [...OPERATORS.values()].map(({ name }) => `@${name}`);
    complain(`@${word}`, unknown('operator', `@${word}`, names));
    return null;
  }
  if (row.isRefused) {
    complain(`@${word}`, row.note);
    return null;
  }
  return {
    operator: { name: row.name, isNegated, argument: argumentOf(row, argument, complain) },
    row,
    argument,
  };
}

function argumentOf(
  { name, namesFiles }: OperatorRow,
  argument: Bytes,
  complain: Complain,
): OperatorRef['argument'] {
  if (namesFiles || WITHOUT_MACROS.has(name)) return argument === '' ? [] : [argument];
  // Text such as `%{2}` in a pattern is a percent sign twice, not a macro.
  return parseMacros(argument, name === 'rx' ? null : complain);
}
