import { FEATURE_COUNT, FEATURES } from './features.ts';
import { addValue, BINS, valueAbove, weightOf } from './value-bins.ts';

/** The features, and after them the score that the forest gave. */
const COLUMNS = FEATURE_COUNT + 1;
const SCORE = FEATURE_COUNT;
const SCORE_ROW = { most: 1, leastSpread: 0.03 } as const;
/** Share of a bell curve below one spread above its middle. */
const ONE_SPREAD = 0.8413;
/** What was done in so many windows is not strange any more. */
const KNOWN_WINDOWS = 5;
/** A client's own weight halves in this time, so that what it used to be fades. */
const HALF_LIFE_MS = 3 * 86_400_000;
/** Spreads above the middle at which the top of what is known, and a margin, is placed: what is beyond three is more than ever. */
const TOP_SPREADS = 3;
const EDGE_SPREADS = 1;

/** When what was seen is known. */
export interface Settling {
  /** How long, and for how many windows, a client has to be seen before anything is known of it. */
  readonly learnMs: number;
  readonly minimumHistory: number;
  /** How long what it does then has to be past before it counts as its normal. */
  readonly settleMs: number;
}

/**
 * What is usual for one client: how its values were spread over the windows of the last days.
 *
 * Shape: what was seen waits in `#pending` until it has settled, so that nobody who climbs for an hour makes the climb its
 * normal; only then it joins what the client is compared with.
 * Cost: about 4 KB.
 */
export class Profile {
  /** Whether enough has settled to compare with. */
  isSettled = false;
  readonly #settled = new Float32Array(COLUMNS * BINS);
  readonly #pending = new Float32Array(COLUMNS * BINS);
  readonly #middles = new Float32Array(COLUMNS);
  readonly #spreads = new Float32Array(COLUMNS);
  /** Share of all windows that may lie above the top. */
  readonly #rareShare: number;
  #pendingSinceMs: number;
  #pendingWindows = 0;

  constructor(nowMs: number, rareShare = 0) {
    this.#pendingSinceMs = nowMs;
    this.#rareShare = rareShare;
  }

  /** Notes the values of a window with a weight up to 1; those of hostile features with one of their own. */
  learn(values: Float64Array, at: number, weight: number, hostileWeight: number): void {
    for (let column = 0; column < FEATURE_COUNT; column++) {
      const { most, isHostile } = FEATURES[column] as (typeof FEATURES)[number];
      const own = isHostile ? hostileWeight : weight;
      if (own > 0) addValue(this.#pending, column * BINS, values[at + column] as number, most, own);
    }
    this.#pendingWindows++;
  }

  learnScore(score: number, weight: number): void {
    addValue(this.#pending, SCORE * BINS, score, 1, weight);
  }

  /** Lets what has waited long enough join what the client is compared with. */
  settle(nowMs: number, { learnMs, settleMs, minimumHistory }: Settling): void {
    const waitedMs = nowMs - this.#pendingSinceMs;
    const [leastMs, leastWindows] = this.isSettled ? [settleMs, 1] : [learnMs, minimumHistory];
    if (waitedMs < leastMs || this.#pendingWindows < leastWindows) return;
    const keep = 2 ** (-waitedMs / HALF_LIFE_MS);
    for (let bin = 0; bin < this.#settled.length; bin++)
      this.#settled[bin] = (this.#settled[bin] as number) * keep + (this.#pending[bin] as number);
    this.#pending.fill(0);
    this.#pendingWindows = 0;
    this.#pendingSinceMs = nowMs;
    this.isSettled = true;
    for (let column = 0; column < COLUMNS; column++) this.#summarise(column);
  }

  /** The usual value of a feature. */
  middle(feature: number): number {
    return this.#middles[feature] as number;
  }

  /** How far a value lies above what is more than usual, a spread above the usual one; 0 when it does not. */
  excess(feature: number, value: number): number {
    const edge = (this.#middles[feature] as number) + EDGE_SPREADS * (this.#spreads[feature] as number);
    return Math.max(0, value - edge);
  }

  /** How many spreads a value lies above the usual one. */
  deviation(feature: number, value: number): number {
    return (value - (this.#middles[feature] as number)) / (this.#spreads[feature] as number);
  }

  scoreDeviation(score: number): number {
    return this.deviation(SCORE, score);
  }

  #summarise(column: number): void {
    const at = column * BINS;
    const weight = weightOf(this.#settled, at);
    const { most, leastSpread } = FEATURES[column] ?? SCORE_ROW;
    const valueAt = (below: number): number => valueAbove(this.#settled, at, below, most);
    const middle = weight === 0 ? 0 : valueAt(weight / 2);
    this.#middles[column] = middle;
    this.#spreads[column] = leastSpread;
    if (weight === 0) return;
    if (column === SCORE) {
      this.#spreads[column] = Math.max(leastSpread, valueAt(weight * ONE_SPREAD) - middle);
      return;
    }
    const rare = Math.min(weight / 2, Math.max(KNOWN_WINDOWS, weight * this.#rareShare));
    this.#spreads[column] = Math.max(
      leastSpread,
      (valueAt(weight - rare) - middle + leastSpread) / TOP_SPREADS,
    );
  }
}
