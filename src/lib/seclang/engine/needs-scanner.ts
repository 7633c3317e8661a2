import { type Bytes, lowerAscii } from '../bytes.ts';
import type { Needs, Operator } from '../operator.ts';
import type { CandidateScanner } from './inspector.ts';

/** Looks for every literal of every operator, one after another. */
export function compileScanner(operators: readonly Operator[]): CandidateScanner {
  const needs = operators.map((operator) => operator.needs as Needs);
  return {
    scan(value: Bytes): readonly number[] {
      const folded = lowerAscii(value);
      const found: number[] = [];
      needs.forEach((clauses, number) => {
        if (clauses.every((clause) => clause.some((literal) => folded.includes(literal)))) found.push(number);
      });
      return found;
    },
  };
}
