import type { Bytes } from '../bytes.ts';
import type { LongMatch, Operator } from '../operator.ts';

/**
 * Values of a link that its operator says yes to, or of a negated one no: what remains is to do what the rule says.
 *
 * Shape: arrays side by side of which the first `length` members count, so that clearing them costs nothing.
 */
export class Hits {
  length = 0;
  /** Places among the values of the link. */
  readonly places: number[] = [];
  /** The values as the operator saw them. */
  readonly outputs: Bytes[] = [];
  /** The operator where it can say what matched. */
  readonly operators: (Operator | null)[] = [];
  readonly longs: (LongMatch | null)[] = [];
  /** Whether the operator matches: of a negated link that captures, such a value is none of the link's. */
  readonly areMatches: boolean[] = [];

  push(
    place: number,
    output: Bytes,
    operator: Operator | null,
    long: LongMatch | null,
    isMatch: boolean,
  ): void {
    const at = this.length++;
    this.places[at] = place;
    this.outputs[at] = output;
    this.operators[at] = operator;
    this.longs[at] = long;
    this.areMatches[at] = isMatch;
  }

  clear(): void {
    this.length = 0;
  }
}
