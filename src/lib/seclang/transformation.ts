import type { Bytes } from './bytes.ts';

/**
 * A step between a variable and an operator.
 *
 * Cost: linear. Gives back the very value it got where it changes nothing.
 */
export interface Transformation {
  apply(value: Bytes): Bytes;
  /**
   * Bytes of which a value must hold one to be changed, in any position; null where any value may be.
   *
   * Safety: `lowercase` and `uppercase` count as changing nothing, because needs of operators hold in any case.
   */
  readonly touches: Bytes | null;
}
