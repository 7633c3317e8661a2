import type { Watch } from './watch.ts';

/**
 * Operators whose needs a value meets. Values that meet the same share one set.
 *
 * Cost: what follows from a set is found once, and kept with it.
 */
export class OperatorSet {
  /** Their numbers. */
  readonly operators: readonly number[];
  /** By watch. */
  readonly #rules: (readonly number[] | undefined)[] = [];

  constructor(operators: readonly number[]) {
    this.operators = operators;
  }

  has(operator: number): boolean {
    return this.operators.includes(operator);
  }

  /** The rules of a watch that may match a value of this set which no pipeline changes. */
  rulesOf(watch: Watch): readonly number[] {
    const known = this.#rules[watch.index];
    if (known !== undefined) return known;
    const rules = watch.rulesOf(this.operators);
    this.#rules[watch.index] = rules;
    return rules;
  }
}

export const NO_OPERATORS: OperatorSet = new OperatorSet([]);
