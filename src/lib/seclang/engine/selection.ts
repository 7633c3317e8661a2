import { type Bytes, isInLower, lowerAscii } from '../bytes.ts';
import { BudgetReached, LONG_VALUE_BYTES, type Operator } from '../operator.ts';
import type { Selector } from '../syntax/rule.ts';

/** Which members of a collection a rule means. */
export interface Selection {
  /** `key` is null for a variable that is no collection. */
  takes(key: Bytes | null): boolean;
}

const EVERYTHING: Selection = { takes: () => true };

class Named implements Selection {
  readonly #name: Bytes;

  constructor(name: Bytes) {
    this.#name = lowerAscii(name);
  }

  takes(key: Bytes | null): boolean {
    return key !== null && isInLower(key, this.#name);
  }
}

class Patterned implements Selection {
  readonly #pattern: Operator;
  readonly #whenUnknown: boolean;

  constructor(pattern: Operator, whenUnknown: boolean) {
    this.#pattern = pattern;
    this.#whenUnknown = whenUnknown;
  }

  takes(key: Bytes | null): boolean {
    return key !== null && testWhole(this.#pattern, key, this.#whenUnknown);
  }
}

/** Whether an operator matches a value of any length. `whenUnknown`: what stands where it gives up. */
function testWhole(operator: Operator, value: Bytes, whenUnknown: boolean): boolean {
  try {
    if (operator.begin === undefined || value.length <= LONG_VALUE_BYTES) return operator.test(value, null);
    const long = operator.begin(value);
    for (;;) {
      const verdict = long.step(value.length);
      if (verdict !== null) return verdict;
    }
  } catch (error) {
    if (error instanceof BudgetReached) return whenUnknown;
    throw error;
  }
}

/**
 * Patterns of selectors are compared without regard to case.
 *
 * Errors: RangeError for a pattern that cannot be used.
 * Safety: a name that its pattern gives up on is looked at: it is taken, or where `takesAway` it is not.
 */
export function compileSelection(
  selector: Selector | null,
  compilePattern: (source: Bytes) => Operator,
  takesAway: boolean,
): Selection {
  if (selector === null) return EVERYTHING;
  return selector.kind === 'literal'
    ? new Named(selector.text)
    : new Patterned(compilePattern(`(?i)${selector.source}`), !takesAway);
}
