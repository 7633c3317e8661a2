import type { Bytes } from '../bytes.ts';
import type { Pipeline, Unit } from './units.ts';

const NOT_YET = -1;

/** A value, and what has been found out about it. */
export class Inspected {
  readonly value: Bytes;
  /** Indices of units that may match, of those that have needs; null: not scanned, any may. */
  candidates: readonly number[] | null = null;
  /** Whether verdicts are worth keeping: other rules or requests will ask again. */
  readonly isKept: boolean;
  #verdicts: Map<number, boolean> | null = null;
  /** By pipeline: what it makes of the value. */
  #outputs: (Bytes | undefined)[] | null = null;

  constructor(value: Bytes, isKept: boolean) {
    this.value = value;
    this.isKept = isKept;
  }

  output(pipeline: Pipeline): Bytes {
    if (pipeline.parent === null) return this.value;
    const known = this.#outputs?.[pipeline.index];
    if (known !== undefined) return known;
    const output = pipeline.step.apply(this.output(pipeline.parent));
    this.#outputs ??= [];
    this.#outputs[pipeline.index] = output;
    return output;
  }

  /** False where a unit cannot match. */
  mayMatch(unit: Unit): boolean {
    return unit.scanned === NOT_YET || this.candidates === null || this.candidates.includes(unit.index);
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

/** Stands where a value is known without having been looked at. */
export const NOT_INSPECTED: Inspected = new Inspected('', false);
