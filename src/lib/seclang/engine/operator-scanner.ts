import type { Bytes } from '../bytes.ts';
import type { Operator } from '../operator.ts';
import { compileScanner, type Scanner } from '../scanner/scanner.ts';
import { hasBit } from './bits.ts';
import { OperatorSet } from './operator-set.ts';

/** Finds the operators whose needs a value meets, whatever unit they are of. */
export class OperatorScanner {
  readonly #scanner: Scanner;
  /** By the sets of candidates, which the scanner gives again and again. */
  readonly #sets = new WeakMap<Uint32Array, OperatorSet>();

  constructor(operators: readonly Operator[]) {
    this.#scanner = compileScanner(operators.map(({ needs }) => needs));
  }

  find(value: Bytes): OperatorSet {
    const candidates = this.#scanner.scan(value);
    const known = this.#sets.get(candidates);
    if (known !== undefined) return known;
    const numbers: number[] = [];
    for (let number = 0; number < candidates.length * 32; number++) {
      if (hasBit(candidates, number)) numbers.push(number);
    }
    const set = new OperatorSet(numbers);
    this.#sets.set(candidates, set);
    return set;
  }
}
