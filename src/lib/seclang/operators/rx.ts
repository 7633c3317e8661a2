import type { Bytes } from '../bytes.ts';
import type { CompileOperator, LongMatch, Needs, Operator } from '../operator.ts';
import { PatternMatcher } from '../patterns/matcher.ts';
import { needsOf } from '../patterns/needs.ts';
import { readPattern } from '../patterns/read.ts';

/** `@rx`: a pattern of PCRE, as ModSecurity 2 compiles it. */
export const rx: CompileOperator = (argument) => new RxOperator(argument);

class RxOperator implements Operator {
  readonly needs: Needs | null;
  readonly #matcher: PatternMatcher;

  constructor(source: Bytes) {
    const pattern = readPattern(source);
    this.needs = needsOf(pattern.node);
    this.#matcher = new PatternMatcher(pattern);
  }

  test(value: Bytes, captures: Bytes[] | null): boolean {
    return this.#matcher.test(value, captures);
  }

  begin(value: Bytes): LongMatch {
    return this.#matcher.begin(value);
  }
}
