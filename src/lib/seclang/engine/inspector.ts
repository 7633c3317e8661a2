import type { Bytes } from '../bytes.ts';
import { Inspected } from './inspected.ts';
import type { OperatorScanner } from './operator-scanner.ts';
import type { Pipeline, Unit } from './units.ts';

const NONE: readonly number[] = [];
const NO_UNITS: readonly Unit[] = [];

/** Longer values are not kept from one request to the next. */
const KEPT_BYTES = 512;
const KEPT_VALUES = 1_024;

/** Bits of one number: groups of pipelines beyond share the last. */
const MOST_GROUPS = 31;

/**
 * Finds out which of some units may match a value: one look at its bytes, one scan of the value, and one more of each changed form.
 *
 * Safety: a pipeline whose bytes do not occur in a value counts as changing nothing. That errs only if a transformation
 * changes what it says it does not touch, which the tests of transformations exclude.
 */
export class Inspector {
  readonly #operators: OperatorScanner;
  /** By operator of the scanner: those of the units that use it. */
  readonly #unitsOf: (readonly Unit[] | undefined)[] = [];
  /** Pipelines with units to scan for. */
  readonly #pipelines: readonly Pipeline[];
  /** By pipeline: the bit of its group. */
  readonly #groupOf: number[] = [];
  /** By byte: the groups that it touches. */
  readonly #touches = new Int32Array(256);
  readonly #always: number;
  /** Values of former requests: those of late, and those before them. */
  #recent = new Map<Bytes, Inspected>();
  #former = new Map<Bytes, Inspected>();

  constructor(units: readonly Unit[], operators: OperatorScanner) {
    this.#operators = operators;
    const scanned = units.filter((unit) => unit.scanned >= 0);
    for (const unit of scanned) {
      this.#unitsOf[unit.scanned] = [...(this.#unitsOf[unit.scanned] ?? []), unit];
    }
    this.#pipelines = [...new Set(scanned.map(({ pipeline }) => pipeline))];
    this.#always = this.#groupPipelines();
  }

  /** Gives each set of touching bytes a bit; returns that of the pipelines that may change any value. */
  #groupPipelines(): number {
    const groups = new Map<string, number>();
    let always = 0;
    for (const pipeline of this.#pipelines) {
      const bytes = pipeline.touches === null ? null : [...new Set(pipeline.touches)].sort().join('');
      this.#groupOf[pipeline.index] = 0;
      if (bytes === '') continue;
      const key = bytes ?? 'any';
      if (!groups.has(key)) groups.set(key, 1 << Math.min(groups.size, MOST_GROUPS - 1));
      const bit = groups.get(key) as number;
      this.#groupOf[pipeline.index] = bit;
      if (bytes === null) always |= bit;
      for (const byte of bytes ?? '') {
        const code = byte.charCodeAt(0);
        this.#touches[code] = (this.#touches[code] ?? 0) | bit;
      }
    }
    return always;
  }

  /** `isKept`: values like it will come again, as those of header fields do. */
  inspect(value: Bytes, isKept: boolean): Inspected {
    if (!isKept || value.length > KEPT_BYTES) return this.#scan(new Inspected(value, false));
    const known = this.#recent.get(value);
    if (known !== undefined) return known;
    const former = this.#former.get(value);
    const inspected = former ?? this.#scan(new Inspected(value, true));
    if (this.#recent.size >= KEPT_VALUES) {
      this.#former = this.#recent;
      this.#recent = new Map();
    }
    this.#recent.set(value, inspected);
    return inspected;
  }

  /** Operators whose needs a value meets, whatever the pipeline. */
  #scan(inspected: Inspected): Inspected {
    const { value } = inspected;
    if (value === '') {
      inspected.candidates = this.#candidates(inspected, this.#always);
      return inspected;
    }
    let touched = this.#always;
    for (let at = 0; at < value.length; at++) touched |= this.#touches[value.charCodeAt(at)] as number;
    inspected.candidates = this.#candidates(inspected, touched);
    return inspected;
  }

  #candidates(inspected: Inspected, touched: number): readonly number[] {
    const plain = this.#operators.find(inspected.value);
    if (plain.length === 0 && touched === 0) return NONE;
    const found: number[] = [];
    for (const operator of plain) {
      for (const unit of this.#unitsOf[operator] ?? NO_UNITS) {
        if (((this.#groupOf[unit.pipeline.index] as number) & touched) === 0) found.push(unit.index);
      }
    }
    if (touched !== 0) this.#addChangedForms(inspected, touched, plain, found);
    return found.length === 0 ? NONE : found;
  }

  #addChangedForms(inspected: Inspected, touched: number, plain: readonly number[], found: number[]): void {
    const outputs: Bytes[] = [inspected.value];
    const operators: (readonly number[])[] = [plain];
    for (const pipeline of this.#pipelines) {
      if (((this.#groupOf[pipeline.index] as number) & touched) === 0) continue;
      const output = inspected.output(pipeline);
      let place = outputs.indexOf(output);
      if (place < 0) {
        place = outputs.push(output) - 1;
        operators.push(this.#operators.find(output));
      }
      for (const operator of operators[place] as readonly number[]) {
        for (const unit of this.#unitsOf[operator] ?? NO_UNITS) {
          if (unit.pipeline === pipeline) found.push(unit.index);
        }
      }
    }
  }
}
