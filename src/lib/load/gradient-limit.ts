/** A number that several threads change, each knowing what it changes. */
export interface LimitCell {
  /** The most that may be under way at once; 0 while nothing is limited. */
  readonly limit: number;
  /** By how much slower than its usual time the whole has become for good; 1 while it has not. */
  readonly slowness: number;
  /** Grows with every change. */
  readonly version: number;
  /** Changes both unless somebody else was faster; false then. */
  change(version: number, limit: number, slowness: number): boolean;
}

/** Shortest time between two changes; and between two looks while nothing is limited: what queues up meanwhile, everybody waits for. */
const WINDOW_MS = 250;
const CALM_WINDOW_MS = 100;
/** Samples that a change needs. */
const FEWEST = 20;
const KEPT = 64;
/** One pause of an upstream is no overload: so many windows in a row have to say so. */
const WINDOWS_UNTIL_PRESSED = 2;
/** The most that one window takes away of the limit. */
const LEAST_GRADIENT = 0.5;
/** How often what is under way fits into the first limit: the lowest share of a limit is about half. */
const FIRST_SHARES = 2;
/** Less than this share of the limit in use, for so long: nothing is limited any more. */
const IDLE_SHARE = 0.3;
const IDLE_MS = 5_000;
/** How much less load must be under way, and how much shorter it must take then, if load was the reason. */
const LESS_LOAD = 0.7;
const SAME_TIME = 0.9;
/** Below so much under way there is no queue to speak of; so many windows, and the slowness is not load. */
const FEW_UNDER_WAY = 4;
const WINDOWS_AT_FEW = 8;
/** What is in order once an upstream is slower for good, beyond what it took then: it differs by chance. */
const ROOM = 1.2;
/** How long a lower limit is waited for: so many times as long as answers took, within a bound. */
const TIMES_UNTIL_SETTLED = 2;
const LONGEST_SETTLING_MS = 5_000;
/** How fast a slowness is forgotten: 2 % a minute, as fast as the usual time follows. */
const FORGET_PER_MS = 0.02 / 60_000;

/**
 * Finds how much may be under way at once, from how long it takes.
 *
 * Shape: samples come as ratios of time taken to the time that is still in order, so that 1 is the border. Two windows whose median
 * is above it start to limit, at what was under way divided by the ratio (Little's law: so much fits into the time in order).
 * From then on each window above divides the limit by its ratio, each below adds the square root. While nothing queues, nothing
 * is limited.
 *
 * Safety: a queue gets shorter with less load, slowness does not. When less under way takes as long as before, the limit
 * is not what helps: it is lifted, and what it takes now is in order from then on.
 * Source: the gradient of Netflix' concurrency-limits and of Envoy's adaptive concurrency; additive increase as in TCP.
 */
export class GradientLimit {
  /** Whether nothing is limited and the last window was in order. */
  isCalm = true;
  readonly #cell: LimitCell;
  readonly #ratios = new Float64Array(KEPT);
  #count = 0;
  #underWay = 0;
  #took = 0;
  #lastTookMs = 0;
  #version: number;
  #limit = 0;
  /** Of the window; and of the time that the limit stands as it is. */
  #startedMs = Number.NaN;
  #changedMs = Number.NEGATIVE_INFINITY;
  #settledMs = Number.NEGATIVE_INFINITY;
  #pressed = 0;
  #windowsAtFew = 0;
  #idleMs = 0;
  /** Of the last window above the border; 0 when the one before was below. */
  #lastRatio = 0;
  #lastUnderWay = 0;

  constructor(cell: LimitCell) {
    this.#cell = cell;
    this.#version = cell.version;
  }

  /**
   * Takes one sample: when it began, how much was under way then, and how its time compares to what is in order.
   *
   * Safety: what began before the last change says nothing about it, and is left out. What was under way is that of the
   * begin, because that is what it had to wait for; at the end a queue may be gone already.
   */
  sample(beganMs: number, nowMs: number, ratio: number, underWay: number): void {
    if (this.#cell.version !== this.#version) this.#changed(nowMs);
    if (beganMs < this.#changedMs || nowMs < this.#settledMs) return;
    if (Number.isNaN(this.#startedMs)) this.#startedMs = nowMs;
    this.#ratios[this.#count % KEPT] = ratio;
    this.#count++;
    this.#underWay += underWay;
    this.#took += nowMs - beganMs;
    const windowMs = this.#cell.limit === 0 ? CALM_WINDOW_MS : WINDOW_MS;
    if (this.#count >= FEWEST && nowMs - this.#startedMs >= windowMs) this.#close(nowMs);
  }

  /** Of what begins after a limit was lowered the quickest ends first, and says too much good about it: that is waited for. */
  #changed(nowMs: number): void {
    const { limit, version } = this.#cell;
    const isRaised = this.#limit > 0 && limit >= this.#limit;
    this.#version = version;
    this.#limit = limit;
    if (!isRaised) {
      this.#changedMs = nowMs;
      this.#settledMs = nowMs + Math.min(LONGEST_SETTLING_MS, this.#lastTookMs * TIMES_UNTIL_SETTLED);
    }
    this.#begin(nowMs);
  }

  #begin(nowMs: number): void {
    this.#startedMs = nowMs;
    this.#count = 0;
    this.#underWay = 0;
    this.#took = 0;
  }

  #close(nowMs: number): void {
    const { limit, slowness } = this.#cell;
    const ratio = this.#median() / slowness;
    const underWay = this.#underWay / this.#count;
    this.#lastTookMs = this.#took / this.#count;
    const lastedMs = nowMs - this.#startedMs;
    this.isCalm = limit === 0 && ratio <= 1;
    if (ratio <= 1) this.#relax(limit, slowness, underWay, lastedMs);
    else this.#press(limit, slowness, underWay, ratio);
    if (this.#cell.version === this.#version) this.#begin(nowMs);
    else this.#changed(nowMs);
  }

  #median(): number {
    const kept = this.#ratios.subarray(0, Math.min(this.#count, KEPT)).sort();
    return kept[kept.length >> 1] as number;
  }

  #relax(limit: number, slowness: number, underWay: number, lastedMs: number): void {
    this.#pressed = 0;
    this.#windowsAtFew = 0;
    this.#lastRatio = 0;
    const kept = Math.max(1, slowness - (slowness - 1) * Math.min(1, FORGET_PER_MS * lastedMs));
    if (limit === 0) {
      if (kept !== slowness) this.#cell.change(this.#version, 0, kept);
      return;
    }
    this.#idleMs = underWay < limit * IDLE_SHARE ? this.#idleMs + lastedMs : 0;
    const next = this.#idleMs >= IDLE_MS ? 0 : limit + Math.sqrt(limit);
    this.#cell.change(this.#version, next, kept);
  }

  #press(limit: number, slowness: number, underWay: number, ratio: number): void {
    this.#idleMs = 0;
    this.#pressed++;
    if (this.#isLoadNoReason(underWay, ratio)) {
      this.#lastRatio = 0;
      this.#pressed = 0;
      this.#windowsAtFew = 0;
      this.#cell.change(this.#version, 0, slowness * ratio * ROOM);
      return;
    }
    if (this.#lastRatio === 0 || underWay > this.#lastUnderWay) {
      this.#lastRatio = ratio;
      this.#lastUnderWay = underWay;
    }
    if (this.#pressed < WINDOWS_UNTIL_PRESSED) return;
    this.#cell.change(this.#version, Math.max(1, tightened(limit, underWay, ratio)), slowness);
  }

  /** Whether less load took as long, or there is too little under way to be in each other's way. */
  #isLoadNoReason(underWay: number, ratio: number): boolean {
    this.#windowsAtFew = underWay < FEW_UNDER_WAY ? this.#windowsAtFew + 1 : 0;
    if (this.#windowsAtFew >= WINDOWS_AT_FEW) return true;
    if (this.#lastRatio === 0) return false;
    return underWay <= this.#lastUnderWay * LESS_LOAD && ratio >= this.#lastRatio * SAME_TIME;
  }
}

/** The limit after a window above the border. What exceeds the limit was there before it, and says nothing against it. */
function tightened(limit: number, underWay: number, ratio: number): number {
  const fitting = (FIRST_SHARES * underWay) / ratio;
  if (limit === 0) return fitting;
  return underWay > limit ? Math.min(limit, fitting) : limit * Math.max(LEAST_GRADIENT, 1 / ratio);
}
