import { type Bytes, lowerAscii } from '../bytes.ts';
import type { Inspector } from './inspector.ts';
import type { Pipeline, Unit } from './units.ts';

/**
 * A value, and what has been found out about it so far.
 *
 * Cost: forms of the value, and what they may match, are made when a rule first asks for them.
 */
export class Inspected {
  readonly value: Bytes;
  /** Whether verdicts are worth keeping: other rules or requests will ask again. */
  readonly isKept: boolean;
  readonly #inspector: Inspector | null;
  /** Numbers of operators whose needs the value meets as it is. */
  readonly #plain: readonly number[];
  /** Groups of pipelines that may change it. */
  readonly #touched: number;
  #verdicts: Map<number, boolean> | null = null;
  /** By pipeline: what it makes of the value. */
  #outputs: (Bytes | undefined)[] | null = null;
  /** By pipeline: numbers of operators whose needs are met by what it makes of the value. */
  #operators: (readonly number[] | undefined)[] | null = null;
  #lowerCase: Bytes | null = null;

  /** `inspector`: null for a value that was not looked at, so that any unit may match it. */
  constructor(
    value: Bytes,
    isKept: boolean,
    inspector: Inspector | null,
    plain: readonly number[],
    touched: number,
  ) {
    this.value = value;
    this.isKept = isKept;
    this.#inspector = inspector;
    this.#plain = plain;
    this.#touched = touched;
  }

  output(pipeline: Pipeline): Bytes {
    if (pipeline.parent === null) return this.value;
    const known = this.#outputs?.[pipeline.index];
    if (known !== undefined) return known;
    if (!pipeline.changesCase && this.isUntouched(pipeline)) return this.value;
    const output = pipeline.step.apply(this.output(pipeline.parent));
    this.#outputs ??= [];
    this.#outputs[pipeline.index] = output;
    return output;
  }

  /**
   * Numbers of the operators that may match what a pipeline makes of the value.
   *
   * Safety: a pipeline whose bytes do not occur in the value counts as changing nothing but the case of letters, to which needs are
   * blind. That errs only if a transformation changes what it says it does not touch, which the tests of transformations exclude.
   */
  operators(pipeline: Pipeline): readonly number[] {
    const inspector = this.#inspector;
    if (inspector === null || pipeline.parent === null) return this.#plain;
    if ((inspector.groupOf(pipeline) & this.#touched) === 0) return this.#plain;
    const known = this.#operators?.[pipeline.index];
    if (known !== undefined) return known;
    const output = this.output(pipeline);
    const operators = this.#isSameInAnyCase(output)
      ? this.#plain
      : output === this.output(pipeline.parent)
        ? this.operators(pipeline.parent)
        : inspector.scan(output);
    this.#operators ??= [];
    this.#operators[pipeline.index] = operators;
    return operators;
  }

  #isSameInAnyCase(output: Bytes): boolean {
    const { value } = this;
    if (output.length !== value.length) return false;
    if (output === value) return true;
    this.#lowerCase ??= lowerAscii(value);
    return output === this.#lowerCase;
  }

  /** Whether a pipeline changes nothing, or no more than the case of letters. */
  isUntouched(pipeline: Pipeline): boolean {
    return this.#inspector !== null && (this.#inspector.groupOf(pipeline) & this.#touched) === 0;
  }

  /** False where a unit cannot match. */
  mayMatch(unit: Unit): boolean {
    if (unit.scanned < 0 || this.#inspector === null) return true;
    return this.operators(unit.pipeline).includes(unit.scanned);
  }

  verdict(unit: Unit): boolean | undefined {
    return this.#verdicts?.get(unit.index);
  }

  keep(unit: Unit, verdict: boolean): void {
    if (!this.isKept) return;
    this.#verdicts ??= new Map();
    this.#verdicts.set(unit.index, verdict);
  }
}

/** A value that was not looked at. */
export const uninspected = (value: Bytes): Inspected => new Inspected(value, false, null, [], 0);

/** Stands where a value is known without having been looked at. */
export const NOT_INSPECTED: Inspected = uninspected('');
