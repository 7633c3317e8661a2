import type { Bytes } from '../bytes.ts';
import type { Operator } from '../operator.ts';
import { compileScanner, type Scanner } from '../scanner/scanner.ts';

/** Finds the operators whose needs a value meets, whatever unit they are of. */
export class OperatorScanner {
  readonly #scanner: Scanner;
  /** Sets of candidates, which the scanner gives again and again, as lists. */
  readonly #lists = new WeakMap<Uint32Array, readonly number[]>();

  constructor(operators: readonly Operator[]) {
    this.#scanner = compileScanner(operators.map(({ needs }) => needs));
  }

  /** Their numbers. */
  find(value: Bytes): readonly number[] {
    const candidates = this.#scanner.scan(value);
    const known = this.#lists.get(candidates);
    if (known !== undefined) return known;
    const list: number[] = [];
    for (let number = 0; number < candidates.length * 32; number++) {
      if ((((candidates[number >>> 5] as number) >>> (number & 31)) & 1) === 1) list.push(number);
    }
    this.#lists.set(candidates, list);
    return list;
  }
}
