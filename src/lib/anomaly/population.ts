import { FEATURE_COUNT } from './features.ts';
import { IsolationForest } from './isolation-forest.ts';
import { Profile } from './profile.ts';
import { seededRandom } from './seeded-random.ts';

/** Windows that the forest learns from at most. */
const ROWS = 2_048;
/** Windows without which no forest is grown. */
const LEAST_ROWS = 128;
/** Once all rows are taken, the share of windows that take the place of another. */
const RENEWED = 0.1;
/** Of these, so many are scored to see how scores are spread. */
const SCORED_ROWS = 512;
const LEAST_SCORE_SPREAD = 0.03;
/** Share of a bell curve below one spread above its middle. */
const ONE_SPREAD = 0.8413;
/** Share of the windows of known clients that a new client may be above most of without being strange. */
const RARE_SHARE = 0.01;

/**
 * What is usual among all clients that are known well: how far they stray from their own normal, and how they behave.
 *
 * Safety: clients that are new teach nothing here, so that nobody can wash out the rest by being many for a short time;
 * a known client has one row in a window, however much it sends.
 */
export class Population {
  /** How known clients behave; what a new one is compared with. */
  readonly principals: Profile;
  readonly addresses: Profile;
  readonly #random: () => number;
  readonly #rows = new Float64Array(ROWS * FEATURE_COUNT);
  #count = 0;
  #forest: IsolationForest | null = null;
  #middle = 0;
  #spread = 1;

  constructor(seed: number, nowMs: number) {
    this.#random = seededRandom(seed);
    this.principals = new Profile(nowMs, RARE_SHARE);
    this.addresses = new Profile(nowMs, RARE_SHARE);
  }

  /** Whether anything can be judged yet. */
  get isReady(): boolean {
    return this.#forest !== null;
  }

  get rows(): number {
    return this.#count;
  }

  learn(row: Float64Array): void {
    let place = this.#count;
    if (this.#count < ROWS) this.#count++;
    else if (this.#random() < RENEWED) place = Math.floor(this.#random() * ROWS);
    else return;
    this.#rows.set(row, place * FEATURE_COUNT);
  }

  /** Grows a new forest in small steps, and puts it in the place of the old one at the end. */
  *train(): Generator<void, void> {
    if (this.#count < LEAST_ROWS) return;
    const values = this.#rows.slice(0, this.#count * FEATURE_COUNT);
    const points = { values, features: FEATURE_COUNT };
    const seed = Math.floor(this.#random() * 2 ** 32);
    const forest = yield* IsolationForest.grow(points, { seed });
    const scores = new Float64Array(Math.min(this.#count, SCORED_ROWS));
    const stride = this.#count / scores.length;
    for (let i = 0; i < scores.length; i++) {
      const row = Math.floor(i * stride) * FEATURE_COUNT;
      scores[i] = forest.score(values.subarray(row, row + FEATURE_COUNT));
      if (i % 64 === 63) yield;
    }
    scores.sort();
    const at = (share: number): number => scores[Math.floor(share * (scores.length - 1))] as number;
    this.#middle = at(0.5);
    this.#spread = Math.max(LEAST_SCORE_SPREAD, at(ONE_SPREAD) - this.#middle);
    this.#forest = forest;
  }

  score(row: Float64Array): number {
    return this.#forest?.score(row) ?? 0;
  }

  /** How many spreads a score lies above the usual one. */
  scoreDeviation(score: number): number {
    return (score - this.#middle) / this.#spread;
  }

  contributions(row: Float64Array): Float64Array {
    return this.#forest?.contributions(row) ?? new Float64Array(FEATURE_COUNT);
  }
}
