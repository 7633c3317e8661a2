import { type Bytes, lowerAscii } from '../bytes.ts';
import type { Inspector } from './inspector.ts';
import { NO_OPERATORS, type OperatorSet } from './operator-set.ts';
import type { Pipeline, Unit } from './units.ts';
import type { Watch } from './watch.ts';

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
  /** Operators whose needs the value meets as it is. */
  readonly plain: OperatorSet;
  /** Groups of pipelines that may change it. */
  readonly #touched: number;
  #verdicts: Map<number, boolean> | null = null;
  /** By pipeline: what it makes of the value. */
  #outputs: (Bytes | undefined)[] | null = null;
  /** By pipeline: operators whose needs are met by what it makes of the value. */
  #operators: (OperatorSet | undefined)[] | null = null;
  /** By watch, where more than the operators of the value as it is tells: rules that may match it. */
  #candidates: Map<Watch, readonly number[]> | null = null;
  /** Of a value that is not kept: those of the watch that asked last. */
  #lastWatch: Watch | null = null;
  #lastCandidates: readonly number[] = [];
  #lowerCase: Bytes | null = null;

  /** `inspector`: null for a value that was not looked at, so that any unit may match it. */
  constructor(
    value: Bytes,
    isKept: boolean,
    inspector: Inspector | null,
    plain: OperatorSet,
    touched: number,
  ) {
    this.value = value;
    this.isKept = isKept;
    this.#inspector = inspector;
    this.plain = plain;
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
   * Operators that may match what a pipeline makes of the value.
   *
   * Safety: a pipeline whose bytes do not occur in the value counts as changing nothing but the case of letters, to which needs are
   * blind. That errs only if a transformation changes what it says it does not touch, which the tests of transformations exclude.
   */
  operators(pipeline: Pipeline): OperatorSet {
    const inspector = this.#inspector;
    if (inspector === null || pipeline.parent === null) return this.plain;
    if ((inspector.groupOf(pipeline) & this.#touched) === 0) return this.plain;
    const known = this.#operators?.[pipeline.index];
    if (known !== undefined) return known;
    const output = this.output(pipeline);
    const operators = this.#isSameInAnyCase(output)
      ? this.plain
      : output === this.output(pipeline.parent)
        ? this.operators(pipeline.parent)
        : inspector.scan(output);
    this.#operators ??= [];
    this.#operators[pipeline.index] = operators;
    return operators;
  }

  /** Whether `operators` has its answer at hand. */
  isKnown(pipeline: Pipeline): boolean {
    return this.isUntouched(pipeline) || this.#operators?.[pipeline.index] !== undefined;
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

  /** Numbers of the rules of a watch that may match the value; one may be named more than once. */
  candidates(watch: Watch): readonly number[] {
    if (watch.isOfNeeds && (watch.groups & this.#touched) === 0) return this.plain.rulesOf(watch);
    if (this.#lastWatch === watch) return this.#lastCandidates;
    this.#lastWatch = watch;
    this.#lastCandidates = this.#candidates?.get(watch) ?? this.#findCandidates(watch);
    return this.#lastCandidates;
  }

  #findCandidates(watch: Watch): readonly number[] {
    const candidates = watch.candidates(this);
    if (!this.isKept) return candidates;
    this.#candidates ??= new Map();
    this.#candidates.set(watch, candidates);
    return candidates;
  }

  /** False where a unit cannot match. */
  mayMatch(unit: Unit): boolean {
    if (unit.scanned < 0 || this.#inspector === null) return true;
    return this.operators(unit.pipeline).has(unit.scanned);
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
export const uninspected = (value: Bytes): Inspected => new Inspected(value, false, null, NO_OPERATORS, 0);

/** Stands where a value is known without having been looked at. */
export const NOT_INSPECTED: Inspected = uninspected('');
