import { type Bytes, lowerAscii } from '../bytes.ts';
import type { Operator } from '../operator.ts';
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
    return key !== null && key.length === this.#name.length && lowerAscii(key) === this.#name;
  }
}

class Patterned implements Selection {
  readonly #pattern: Operator;

  constructor(pattern: Operator) {
    this.#pattern = pattern;
  }

  takes(key: Bytes | null): boolean {
    return key !== null && this.#pattern.test(key, null);
  }
}

/** Patterns of selectors are compared without regard to case. Errors: RangeError for a pattern that cannot be used. */
export function compileSelection(
  selector: Selector | null,
  compilePattern: (source: Bytes) => Operator,
): Selection {
  if (selector === null) return EVERYTHING;
  return selector.kind === 'literal'
    ? new Named(selector.text)
    : new Patterned(compilePattern(`(?i)${selector.source}`));
}
