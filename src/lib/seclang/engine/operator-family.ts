import type { Bytes } from '../bytes.ts';
import type { Operator } from '../operator.ts';

const MOST = 64;

/** An operator whose argument has macros: compiled for each argument that comes up, the latest of them kept. */
export class OperatorFamily {
  readonly #compile: (argument: Bytes) => Operator;
  #compiled = new Map<Bytes, Operator | null>();

  constructor(compile: (argument: Bytes) => Operator) {
    this.#compile = compile;
  }

  /** null where an argument is none that the operator takes: it then matches nothing. */
  withArgument(argument: Bytes): Operator | null {
    const known = this.#compiled.get(argument);
    if (known !== undefined) return known;
    if (this.#compiled.size >= MOST) this.#compiled = new Map();
    const operator = this.#tryCompile(argument);
    this.#compiled.set(argument, operator);
    return operator;
  }

  #tryCompile(argument: Bytes): Operator | null {
    try {
      return this.#compile(argument);
    } catch (error) {
      if (error instanceof RangeError) return null;
      throw error;
    }
  }
}
