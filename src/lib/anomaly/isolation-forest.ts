import { IsolationTree, MOST_FEATURES, type Points } from './isolation-tree.ts';
import { averagePathLength } from './path-length.ts';
import { seededRandom } from './seeded-random.ts';

export interface ForestOptions {
  /** Default 100. */
  readonly trees?: number;
  /** Points of each tree, drawn without putting back; default 256. */
  readonly subsample?: number;
  /** The same seed and points give the same forest. */
  readonly seed: number;
}

/**
 * Says how easily a point is told apart from those it has learned: an isolation forest.
 *
 * Shape: scores lie between 0 and 1; about 0.5 is as any point of the sample, near 1 is alone.
 * Cost: a score is at most trees × log2(subsample) comparisons and allocates nothing.
 * Source: Liu, Ting, Zhou, "Isolation Forest", ICDM 2008. Two things are ours: a split is drawn among the features in
 * which the points of a node differ, and points outside of all that a tree has seen, see `IsolationTree.walk`.
 */
export class IsolationForest {
  readonly features: number;
  readonly #trees: readonly IsolationTree[];
  readonly #normal: number;

  private constructor(trees: readonly IsolationTree[], features: number, sampled: number) {
    this.features = features;
    this.#trees = trees;
    this.#normal = averagePathLength(sampled);
  }

  /** Grows a forest, tree by tree: yields after each, so that the caller can do something else in between. */
  static *grow(
    points: Points,
    { trees = 100, subsample = 256, seed }: ForestOptions,
  ): Generator<void, IsolationForest> {
    const rows = points.values.length / points.features;
    const sampled = Math.min(subsample, rows);
    if (!(sampled >= 2)) throw new RangeError('An isolation forest needs at least two points.');
    if (points.features > MOST_FEATURES) throw new RangeError(`At most ${MOST_FEATURES} features.`);
    const random = seededRandom(seed);
    const order = Int32Array.from({ length: rows }, (_, row) => row);
    const grown: IsolationTree[] = [];
    while (grown.length < trees) {
      shuffleFirst(order, sampled, random);
      grown.push(new IsolationTree(points, order.subarray(0, sampled), random));
      yield;
    }
    return new IsolationForest(grown, points.features, sampled);
  }

  /** Grows a forest at once. */
  static of(points: Points, options: ForestOptions): IsolationForest {
    const growing = IsolationForest.grow(points, options);
    for (;;) {
      const { done, value } = growing.next();
      if (done === true) return value;
    }
  }

  score(row: Float64Array): number {
    return 2 ** (-this.#meanLength(row, null) / this.#normal);
  }

  /** What each feature adds to the score of a point, in steps that it was isolated earlier; may be negative. */
  contributions(row: Float64Array): Float64Array {
    const sums = new Float64Array(this.features);
    this.#meanLength(row, sums);
    return sums.map((sum) => sum / this.#trees.length);
  }

  #meanLength(row: Float64Array, into: Float64Array | null): number {
    let sum = 0;
    for (const tree of this.#trees) sum += tree.walk(row, into);
    return sum / this.#trees.length;
  }
}

/** Brings a random choice to the front. */
function shuffleFirst(order: Int32Array, count: number, random: () => number): void {
  for (let i = 0; i < count; i++) {
    const j = i + Math.floor(random() * (order.length - i));
    const row = order[i] as number;
    order[i] = order[j] as number;
    order[j] = row;
  }
}
