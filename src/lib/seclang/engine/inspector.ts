import type { Bytes } from '../bytes.ts';
import { Inspected } from './inspected.ts';
import type { OperatorScanner } from './operator-scanner.ts';
import type { OperatorSet } from './operator-set.ts';
import type { Pipeline } from './units.ts';

/** Longer values are not kept from one request to the next. */
const KEPT_BYTES = 512;
const KEPT_VALUES = 2_048;

/** Bits of one number: groups of pipelines beyond share the last. */
const MOST_GROUPS = 31;

/** Looks at values: which bytes they hold, and which literals. */
export class Inspector {
  readonly #operators: OperatorScanner;
  /** By pipeline: the bit of its group. */
  readonly #groupOf: Int32Array;
  /** By byte: the groups that it touches. */
  readonly #touches = new Int32Array(256);
  readonly #always: number;
  /** Values of former requests: those of late, and those before them. */
  #recent = new Map<Bytes, Inspected>();
  #former = new Map<Bytes, Inspected>();

  constructor(pipelines: readonly Pipeline[], operators: OperatorScanner) {
    this.#operators = operators;
    this.#groupOf = new Int32Array(pipelines.length);
    this.#always = this.#groupPipelines(pipelines);
  }

  /** Gives each set of touching bytes a bit; returns that of the pipelines that may change any value. */
  #groupPipelines(pipelines: readonly Pipeline[]): number {
    const groups = new Map<string, number>();
    let always = 0;
    for (const pipeline of pipelines) {
      const bytes = pipeline.touches === null ? null : [...new Set(pipeline.touches)].sort().join('');
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

  groupOf(pipeline: Pipeline): number {
    return this.#groupOf[pipeline.index] as number;
  }

  /** Operators whose needs a value meets. */
  scan(value: Bytes): OperatorSet {
    return this.#operators.find(value);
  }

  /** `isKept`: values like it will come again, as those of header fields do. */
  inspect(value: Bytes, isKept: boolean): Inspected {
    if (!isKept || value.length > KEPT_BYTES) return this.#look(value, false);
    const known = this.#recent.get(value);
    if (known !== undefined) return known;
    const inspected = this.#former.get(value) ?? this.#look(value, true);
    if (this.#recent.size >= KEPT_VALUES) {
      this.#former = this.#recent;
      this.#recent = new Map();
    }
    this.#recent.set(value, inspected);
    return inspected;
  }

  #look(value: Bytes, isKept: boolean): Inspected {
    let touched = this.#always;
    for (let at = 0; at < value.length; at++) touched |= this.#touches[value.charCodeAt(at)] as number;
    return new Inspected(value, isKept, this, this.scan(value), touched);
  }
}
