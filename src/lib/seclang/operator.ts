import type { Bytes } from './bytes.ts';

/**
 * What every value contains that an operator can match: of each clause at least one literal, in any ASCII case.
 *
 * Shape: literals are lower-case and not empty.
 * Safety: a clause may be left out, which makes more values candidates; it must never ask for what a match can lack.
 */
export type Needs = readonly (readonly Bytes[])[];

/**
 * A bound on work was reached before it was known whether a value matches.
 *
 * Safety: neither a match nor none: whoever catches it decides by policy, and never lets the value pass as looked at.
 */
export class BudgetReached extends Error {
  override readonly name = 'BudgetReached';
}

/** A match of a long value under way. */
export interface LongMatch {
  /**
   * Looks at about `bytes` more bytes; null while it is not known whether the value matches.
   *
   * Errors: BudgetReached.
   */
  step(bytes: number): boolean | null;
  /** What matched, once it is known that it does: groups 0 to 9. */
  captures(): readonly Bytes[];
}

/**
 * An operator with its argument.
 *
 * Cost: `test` is linear in the value for every value, or only called with values of at most `LONG_VALUE_BYTES` where
 * there is `begin`.
 */
export interface Operator {
  /**
   * Whether a value matches. Where it does and `captures` is given, groups 0 to 9 are left there.
   *
   * Errors: BudgetReached.
   */
  test(value: Bytes, captures: Bytes[] | null): boolean;
  /** Starts a match that can be interrupted; absent where `test` is fast whatever the length. */
  begin?(value: Bytes): LongMatch;
  /** null: nothing is known, so that any value may match. */
  readonly needs: Needs | null;
}

/** Values longer than this are matched in steps. */
export const LONG_VALUE_BYTES = 2_048;

/** What operators need of the world around the engine. */
export interface OperatorHost {
  /** libinjection's fingerprint of a value that is SQL injected; '' for one that is not. */
  sqlFingerprint(value: Bytes): string;
  /** Whether libinjection takes a value for cross-site scripting. */
  isXss(value: Bytes): boolean;
  /** Two letters of a country; '' where it is not known. */
  countryOf(address: string): string;
  /** Contents of a file that an argument names; null where there is none. */
  dataFile(name: string, ruleFile: string): Bytes | null;
  /** Code points, and the byte that stands for each. */
  readonly unicodeMap: ReadonlyMap<number, number>;
}

/** How an operator comes from its argument. Errors: RangeError whose message is a sentence about the argument. */
export type CompileOperator = (argument: Bytes, host: OperatorHost, ruleFile: string) => Operator;
