import type { Bytes } from '../bytes.ts';
import type { CompileOperator, Needs, Operator } from '../operator.ts';
import { type JavaScriptPattern, toJavaScript } from '../patterns/javascript.ts';
import { needsOf } from '../patterns/needs.ts';
import { readPattern } from '../patterns/read.ts';

/** Groups that a rule can use. */
const MAX_GROUPS = 10;

/** `@rx`: a pattern of PCRE, as ModSecurity 2 compiles it. */
export const rx: CompileOperator = (argument) => {
  const pattern = readPattern(argument);
  const expression = toJavaScript(pattern);
  if (expression === null) throw new RangeError('The pattern refers to a group that may not have matched.');
  return new RxOperator(expression, needsOf(pattern.node));
};

class RxOperator implements Operator {
  readonly needs: Needs | null;
  readonly #groups: readonly number[];
  readonly #expression: RegExp;

  constructor({ source, groups }: JavaScriptPattern, needs: Needs | null) {
    this.needs = needs;
    this.#groups = groups.slice(0, MAX_GROUPS);
    this.#expression = new RegExp(source);
  }

  test(value: Bytes, captures: Bytes[] | null): boolean {
    if (captures === null) return this.#expression.test(value);
    const match = this.#expression.exec(value);
    if (match === null) return false;
    captures.length = 0;
    for (const group of this.#groups) captures.push(match[group] ?? '');
    return true;
  }
}
