import { type Bytes, lowerAscii } from '../bytes.ts';
import type { Operator } from '../operator.ts';
import type { Transformation } from '../transformation.ts';

/** Transformations in a row. Those that begin alike share their beginning. */
export class Pipeline {
  readonly index: number;
  /** The same without its last step; null for no transformation at all. */
  readonly parent: Pipeline | null;
  readonly step: Transformation;
  /** Bytes of which a value must hold one to be changed; null where any value may be. */
  readonly touches: Bytes | null;
  /** Whether a step changes the case of letters, which `touches` does not say. */
  readonly changesCase: boolean;
  /** Whether ModSecurity says of the last step that it changed a value whether it did or not. */
  readonly saysChanged: boolean;

  constructor(
    index: number,
    parent: Pipeline | null,
    step: Transformation,
    touches: Bytes | null,
    changesCase: boolean,
    saysChanged: boolean,
  ) {
    this.index = index;
    this.parent = parent;
    this.step = step;
    this.touches = touches;
    this.changesCase = changesCase;
    this.saysChanged = saysChanged;
  }
}

/** An operator with its argument behind a pipeline: what many rules may have in common, and what is found out once per value. */
export class Unit {
  readonly index: number;
  readonly pipeline: Pipeline;
  readonly operator: Operator;
  /** Which operator of the scanner it is; -1 for one without needs, which any value may match. */
  readonly scanned: number;

  constructor(index: number, pipeline: Pipeline, operator: Operator, scanned: number) {
    this.index = index;
    this.pipeline = pipeline;
    this.operator = operator;
    this.scanned = scanned;
  }
}

const IDENTITY: Transformation = { apply: (value) => value, touches: '' };

const bothCases = (bytes: Bytes): Bytes =>
  lowerAscii(bytes) + bytes.replace(/[a-z]/g, (letter) => letter.toUpperCase());

const SAY_CHANGED: ReadonlySet<string> = new Set(['cmdline', 'sqlhexdecode']);
const CASE: ReadonlySet<string> = new Set(['lowercase', 'uppercase']);

/** All pipelines and units of a set of rules. */
export class Units {
  readonly pipelines: Pipeline[] = [new Pipeline(0, null, IDENTITY, '', false, false)];
  readonly units: Unit[] = [];
  /** Operators with needs, as the scanner numbers them. */
  readonly scanned: Operator[] = [];
  readonly #pipelines = new Map<string, Pipeline>();
  readonly #units = new Map<string, Unit>();
  readonly #scanned = new Map<Operator, number>();
  readonly #operators = new Map<Operator, number>();
  readonly #transformations: ReadonlyMap<string, Transformation>;

  constructor(transformations: ReadonlyMap<string, Transformation>) {
    this.#transformations = transformations;
  }

  /** Errors: RangeError for a transformation that there is not. */
  pipeline(names: readonly string[]): Pipeline {
    let pipeline = this.pipelines[0] as Pipeline;
    let path = '';
    for (const name of names) {
      path += `,${name.toLowerCase()}`;
      pipeline = this.#pipelines.get(path) ?? this.#extend(pipeline, name.toLowerCase(), path);
    }
    return pipeline;
  }

  /**
   * Safety: a step may see letters in another case than the value had them, because changing case does not count as a
   * change; so bytes that touch count in both cases.
   */
  #extend(parent: Pipeline, name: string, path: string): Pipeline {
    const step = this.#transformations.get(name);
    if (step === undefined) throw new RangeError(`There is no transformation ${name}.`);
    const touches =
      parent.touches === null || step.touches === null ? null : parent.touches + bothCases(step.touches);
    const changesCase = parent.changesCase || CASE.has(name);
    const pipeline = new Pipeline(
      this.pipelines.length,
      parent,
      step,
      touches,
      changesCase,
      SAY_CHANGED.has(name),
    );
    this.pipelines.push(pipeline);
    this.#pipelines.set(path, pipeline);
    return pipeline;
  }

  unit(pipeline: Pipeline, operator: Operator): Unit {
    const number = this.#operators.get(operator) ?? this.#operators.size;
    this.#operators.set(operator, number);
    const key = `${pipeline.index} ${number}`;
    const known = this.#units.get(key);
    if (known !== undefined) return known;
    const unit = new Unit(this.units.length, pipeline, operator, this.#scannedNumber(operator));
    this.units.push(unit);
    this.#units.set(key, unit);
    return unit;
  }

  #scannedNumber(operator: Operator): number {
    if (operator.needs === null) return -1;
    const known = this.#scanned.get(operator);
    if (known !== undefined) return known;
    this.#scanned.set(operator, this.scanned.length);
    return this.scanned.push(operator) - 1;
  }
}
