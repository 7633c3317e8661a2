import type { Bytes } from '../bytes.ts';
import { parseMacros, unknown } from './macro.ts';
import { OPERATOR_FACTS, type OperatorFacts } from './operator-names.ts';
import type { OperatorRef } from './rule.ts';
import type { Complain } from './source.ts';

const NAMES = new Map(Object.keys(OPERATOR_FACTS).map((name) => [name.toLowerCase(), name]));

/** An operator as it stands in a rule, with what the table says of it. */
export interface ParsedOperator {
  readonly operator: OperatorRef;
  readonly facts: OperatorFacts;
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
  const name = NAMES.get(word.toLowerCase());
  if (name === undefined) {
    complain(
      `@${word}`,
      unknown(
        'operator',
        `@${word}`,
        [...NAMES.values()].map((known) => `@${known}`),
      ),
    );
    return null;
  }
  const facts = OPERATOR_FACTS[name] as OperatorFacts;
  if (facts.refusal !== '') {
    complain(`@${word}`, `@${name} does not exist here: ${facts.refusal}.`);
    return null;
  }
  // Text such as `%{2}` in a pattern is a percent sign twice, not a macro.
  const strict = name.startsWith('rx') ? null : complain;
  const macros =
    facts.argument === 'text' ? parseMacros(argument, strict) : argument === '' ? [] : [argument];
  return { operator: { name, isNegated, argument: macros }, facts, argument };
}
