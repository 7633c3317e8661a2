import type { Inspected } from './inspected.ts';
import type { Pipeline } from './units.ts';

/** Work after which the clock is looked at, in bytes of values. */
const SLICE_BYTES = 16_384;
/** What a value costs beside its bytes. */
const VALUE_BYTES = 64;

/** Which units may match any of some values: found for each pipeline when it is first asked for. */
export class CandidateUnion {
  readonly #entries: readonly Inspected[];
  /** As many words of zero as a bit for each operator takes. */
  readonly #noOperators: readonly number[];
  /** By pipeline: a bit for each operator that may match a form of any of the values, in words of 32. */
  readonly #candidates: (number[] | undefined)[] = [];
  /** The pipeline whose candidates are being found, those found so far, and how many values they are of. */
  #pending: Pipeline | null = null;
  #found: number[] = [];
  #at = 0;

  constructor(entries: readonly Inspected[], noOperators: readonly number[]) {
    this.#entries = entries;
    this.#noOperators = noOperators;
  }

  /** A bit for each operator that may match, in words of 32; null when the deadline came first, it then goes on where it was. */
  of(pipeline: Pipeline, deadlineMs: number): readonly number[] | null {
    return this.#candidates[pipeline.index] ?? this.#find(pipeline, deadlineMs);
  }

  /** Pipelines that change none of the values have the candidates of the values as they are. */
  #find(pipeline: Pipeline, deadlineMs: number): number[] | null {
    const root = rootOf(pipeline);
    const isUntouched = pipeline !== root && this.#isUntouched(pipeline);
    const candidates = isUntouched
      ? (this.#candidates[root.index] ?? this.#unite(root, deadlineMs))
      : this.#unite(pipeline, deadlineMs);
    if (candidates !== null) this.#candidates[pipeline.index] = candidates;
    return candidates;
  }

  #isUntouched(pipeline: Pipeline): boolean {
    for (let at = 0; at < this.#entries.length; at++) {
      if (!(this.#entries[at] as Inspected).isUntouched(pipeline)) return false;
    }
    return true;
  }

  #unite(pipeline: Pipeline, deadlineMs: number): number[] | null {
    if (this.#pending !== pipeline) {
      this.#pending = pipeline;
      this.#found = this.#noOperators.slice();
      this.#at = 0;
    }
    const found = this.#found;
    let work = 0;
    while (this.#at < this.#entries.length) {
      const entry = this.#entries[this.#at++] as Inspected;
      addAll(entry.operators(pipeline), found);
      work += entry.value.length + VALUE_BYTES;
      if (work < SLICE_BYTES) continue;
      if (performance.now() >= deadlineMs) return null;
      work = 0;
    }
    this.#pending = null;
    this.#candidates[pipeline.index] = found;
    return found;
  }
}

function addAll(operators: readonly number[], into: number[]): void {
  for (let at = 0; at < operators.length; at++) {
    const operator = operators[at] as number;
    into[operator >>> 5] = (into[operator >>> 5] as number) | (1 << (operator & 31));
  }
}

function rootOf(pipeline: Pipeline): Pipeline {
  let root = pipeline;
  while (root.parent !== null) root = root.parent;
  return root;
}
