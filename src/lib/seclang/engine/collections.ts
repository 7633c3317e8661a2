import type { Bytes } from '../bytes.ts';
import type { RequestView } from '../variables/request-view.ts';
import type { Inspected } from './inspected.ts';
import type { Inspector } from './inspector.ts';
import type { CollectionPlan } from './target-list.ts';

/** Members of a collection or, without keys, the values of a variable. */
export interface VariableValues {
  readonly keys: readonly Bytes[] | null;
  readonly values: readonly Bytes[];
}

/** Collections of more members than this are of one request only: their values are not kept for others. */
const KEPT_MEMBERS = 64;
/** Bytes after which the clock is looked at. */
const SLICE_BYTES = 32_768;
/** What a value costs beside its bytes. */
const VALUE_BYTES = 64;

/** The members of one collection of a request, and what has been found out about them. */
export class InspectedCollection {
  readonly source: VariableValues;
  /** Of the first `seen` values. */
  readonly entries: Inspected[];
  seen = 0;
  /** Of a large collection: values that were met before, as names of the members of lists are. */
  #met: Map<Bytes, Inspected> | null = null;

  constructor(source: VariableValues) {
    this.source = source;
    this.entries = new Array<Inspected>(source.values.length);
  }

  key(at: number): Bytes | null {
    return this.source.keys === null ? null : (this.source.keys[at] as Bytes);
  }

  /** Looks at all values: true when that is done, false when the deadline came first. */
  inspect(inspector: Inspector, deadlineMs: number): boolean {
    const { values } = this.source;
    const isKept = values.length <= KEPT_MEMBERS;
    let bytes = 0;
    while (this.seen < values.length) {
      const value = values[this.seen] as Bytes;
      this.entries[this.seen++] = isKept
        ? inspector.inspect(value, true)
        : this.#inspectOnce(inspector, value);
      bytes += value.length + VALUE_BYTES;
      if (bytes < SLICE_BYTES) continue;
      if (performance.now() >= deadlineMs) return this.seen === values.length;
      bytes = 0;
    }
    return true;
  }

  #inspectOnce(inspector: Inspector, value: Bytes): Inspected {
    this.#met ??= new Map();
    const known = this.#met.get(value);
    if (known !== undefined) return known;
    const inspected = inspector.inspect(value, false);
    this.#met.set(value, inspected);
    return inspected;
  }
}

const NOTHING: VariableValues = { keys: null, values: [] };

/** The collections of one request, read when a rule first looks at them and again in each phase. */
export class Collections {
  readonly #view: RequestView;
  readonly #read: (InspectedCollection | null)[];
  /** By collection: the phase in which it was last read. */
  readonly #phases: number[];
  #phase = 0;

  /** `count`: how many there are in the rules. */
  constructor(view: RequestView, count: number) {
    this.#view = view;
    this.#read = new Array<InspectedCollection | null>(count).fill(null);
    this.#phases = new Array<number>(count).fill(0);
  }

  startPhase(phase: number): void {
    this.#phase = phase;
  }

  get(plan: CollectionPlan): InspectedCollection {
    const known = this.#read[plan.index] ?? null;
    if (known !== null && this.#phases[plan.index] === this.#phase) return known;
    this.#phases[plan.index] = this.#phase;
    const source = this.#source(plan, known?.source ?? null);
    if (known?.source === source) return known;
    const collection = new InspectedCollection(source);
    this.#read[plan.index] = collection;
    return collection;
  }

  /** What there is now: the very object of before where nothing has changed. */
  #source({ variable, xml }: CollectionPlan, before: VariableValues | null): VariableValues {
    if (variable?.kind === 'collection') {
      const { names, values } = variable.list(this.#view);
      return before !== null && before.values === values ? before : { keys: names, values };
    }
    if (variable?.kind === 'xml') {
      const values = variable.select(this.#view, xml?.xpath ?? '');
      return before !== null && before.values === values ? before : { keys: null, values };
    }
    if (variable?.kind !== 'single') return NOTHING;
    const value = variable.read(this.#view);
    if (value === null) return NOTHING;
    return before !== null && before.values[0] === value ? before : { keys: null, values: [value] };
  }
}
