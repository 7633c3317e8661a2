import type { Bytes } from '../bytes.ts';
import type { LongMatch, Operator } from '../operator.ts';

/** Values of a link that its operator says yes to, or of a negated one no: what remains is to do what the rule says. */
export class Hits {
  /** Places among the values of the link. */
  readonly places: number[] = [];
  /** The values as the operator saw them. */
  readonly outputs: Bytes[] = [];
  /** The operator where it can say what matched. */
  readonly operators: (Operator | null)[] = [];
  readonly longs: (LongMatch | null)[] = [];
  /** Of a negated link that captures: a value that its operator matches, so that it is none of the link's. */
  readonly areMatches: boolean[] = [];

  get length(): number {
    return this.places.length;
  }

  push(
    place: number,
    output: Bytes,
    operator: Operator | null,
    long: LongMatch | null,
    isMatch: boolean,
  ): void {
    this.places.push(place);
    this.outputs.push(output);
    this.operators.push(operator);
    this.longs.push(long);
    this.areMatches.push(isMatch);
  }

  clear(): void {
    if (this.places.length === 0) return;
    this.places.length = 0;
    this.outputs.length = 0;
    this.operators.length = 0;
    this.longs.length = 0;
    this.areMatches.length = 0;
  }
}
