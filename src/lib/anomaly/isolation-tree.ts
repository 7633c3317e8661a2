import { onesIn } from './distinct-bits.ts';
import { averagePathLength } from './path-length.ts';

/** Points to learn from: `rows` times `features` finite numbers, row after row. */
export interface Points {
  readonly values: Float64Array;
  readonly features: number;
}

/** Sets of features are the bits of one number. */
export const MOST_FEATURES = 32;
/** Marks a leaf in the list of features. */
const LEAF = -1;

/**
 * One tree of random splits over a sample of points.
 *
 * Shape: nodes in flat arrays; the children of node i are `#left[i]` and the node after it.
 */
export class IsolationTree {
  readonly #features: number;
  readonly #feature: Int16Array;
  readonly #split: Float64Array;
  readonly #left: Int32Array;
  /** c(n) of the points below a node. */
  readonly #expected: Float64Array;
  /** The features in which the points below a node differ, as bits. */
  readonly #differing: Uint32Array;
  /** The box around the sample. */
  readonly #low: Float64Array;
  readonly #high: Float64Array;
  #nodes = 0;

  /** Grows a tree over the rows of `points` that `sample` names; reorders `sample`. */
  constructor(points: Points, sample: Int32Array, random: () => number) {
    const most = 2 * sample.length;
    this.#features = points.features;
    this.#feature = new Int16Array(most);
    this.#split = new Float64Array(most);
    this.#left = new Int32Array(most);
    this.#expected = new Float64Array(most);
    this.#differing = new Uint32Array(most);
    this.#low = new Float64Array(points.features);
    this.#high = new Float64Array(points.features);
    for (let feature = 0; feature < points.features; feature++) {
      const range = rangeOf(points, sample, 0, sample.length, feature);
      this.#low[feature] = range.low;
      this.#high[feature] = range.high;
    }
    const limit = Math.ceil(Math.log2(Math.max(2, sample.length)));
    this.#grow(points, sample, 0, sample.length, limit, random);
  }

  /**
   * Steps until the tree has isolated a point, c(n) for what its depth leaves undone.
   *
   * Shape: adds to `into`, unless it is null, what every feature has shortened the way by: together c(sample) less the way.
   * A point that lies outside the box of the sample in some features is isolated as soon as one of those is drawn, out
   * of them and the features in which the points of the node differ; `stays` is the chance that none was so far. So features that were
   * constant count as well, and a value far outside counts for more than the largest of the sample, which a plain tree cannot
   * tell apart. The rest of such a point's way at a leaf is at most the steps until one of those features would be drawn.
   */
  walk(row: Float64Array, into: Float64Array | null): number {
    const outside = this.#outside(row);
    let stays = 1;
    let length = 0;
    let node = 0;
    for (let feature = this.#feature[0] as number; feature !== LEAF; ) {
      const isLeft = (row[feature] as number) < (this.#split[node] as number);
      const child = isLeft ? node + 1 : (this.#left[node] as number);
      const passes = outside === 0 ? 1 : 1 - this.#chance(node, outside);
      length += stays;
      if (into !== null) {
        const before = (this.#expected[node] as number) - 1;
        const gain = stays * passes * (before - (this.#expected[child] as number));
        into[feature] = (into[feature] as number) + gain;
        if (outside !== 0) credit(outside, stays * (1 - passes) * before, into);
      }
      stays *= passes;
      node = child;
      feature = this.#feature[node] as number;
    }
    const rest = this.#expected[node] as number;
    if (outside === 0) return length + stays * rest;
    const restOutside = Math.min(rest, 1 / this.#chance(node, outside));
    if (into !== null) credit(outside, stays * (rest - restOutside), into);
    return length + stays * restOutside;
  }

  /** The features in which the point lies outside the box of the sample, as bits. */
  #outside(row: Float64Array): number {
    let bits = 0;
    for (let feature = 0; feature < this.#features; feature++) {
      const value = row[feature] as number;
      if (value < (this.#low[feature] as number) || value > (this.#high[feature] as number))
        bits |= 1 << feature;
    }
    return bits;
  }

  /** How likely one of these features is drawn at a node. */
  #chance(node: number, outside: number): number {
    return onesIn(outside) / onesIn((this.#differing[node] as number) | outside);
  }

  #grow(
    points: Points,
    sample: Int32Array,
    from: number,
    to: number,
    depthLeft: number,
    random: () => number,
  ): void {
    const node = this.#nodes++;
    this.#expected[node] = averagePathLength(to - from);
    const differing = differingIn(points, sample, from, to);
    this.#differing[node] = differing;
    const feature = depthLeft === 0 ? LEAF : drawBit(differing, random);
    this.#feature[node] = feature;
    if (feature === LEAF) return;
    const { low, high } = rangeOf(points, sample, from, to, feature);
    const drawn = low + random() * (high - low);
    // At `low` nothing would be on the left.
    const split = drawn > low ? drawn : high;
    this.#split[node] = split;
    const middle = partition(points, sample, from, to, feature, split);
    this.#grow(points, sample, from, middle, depthLeft - 1, random);
    this.#left[node] = this.#nodes;
    this.#grow(points, sample, middle, to, depthLeft - 1, random);
  }
}

function valueAt({ values, features }: Points, row: number, feature: number): number {
  return values[row * features + feature] as number;
}

function rangeOf(points: Points, sample: Int32Array, from: number, to: number, feature: number) {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (let i = from; i < to; i++) {
    const value = valueAt(points, sample[i] as number, feature);
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return { low, high };
}

/** The features in which the points differ, as bits. */
function differingIn(points: Points, sample: Int32Array, from: number, to: number): number {
  let bits = 0;
  for (let feature = 0; to - from > 1 && feature < points.features; feature++) {
    const first = valueAt(points, sample[from] as number, feature);
    for (let i = from + 1; i < to; i++) {
      if (valueAt(points, sample[i] as number, feature) === first) continue;
      bits |= 1 << feature;
      break;
    }
  }
  return bits;
}

/** One of the bits that are set, each with the same chance; LEAF where none is. */
function drawBit(bits: number, random: () => number): number {
  let skip = Math.floor(random() * onesIn(bits));
  for (let bit = 0; bit < MOST_FEATURES; bit++) {
    if ((bits & (1 << bit)) !== 0 && skip-- === 0) return bit;
  }
  return LEAF;
}

/** Gives a gain to the features of the bits, to each the same part. */
function credit(bits: number, gain: number, into: Float64Array): void {
  const part = gain / onesIn(bits);
  for (let feature = 0; feature < into.length; feature++)
    if ((bits & (1 << feature)) !== 0) into[feature] = (into[feature] as number) + part;
}

/** Puts rows below the split first; returns where the others begin. */
function partition(
  points: Points,
  sample: Int32Array,
  from: number,
  to: number,
  feature: number,
  split: number,
): number {
  let middle = from;
  for (let i = from; i < to; i++) {
    const row = sample[i] as number;
    if (valueAt(points, row, feature) >= split) continue;
    sample[i] = sample[middle] as number;
    sample[middle++] = row;
  }
  return middle;
}
