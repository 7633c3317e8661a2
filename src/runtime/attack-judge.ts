import type { AttackModeConfig } from '../config/attack.schema.ts';
import { type AggregateEvent, AggregateWatch } from '../lib/load/aggregate-watch.ts';
import { UsualRate } from '../lib/load/usual-rate.ts';

const SECOND_MS = 1000;
const MOST_PER_S = 1_000_000;

/**
 * Compares how many strangers come with how many usually do.
 *
 * Safety: what is above the threshold, or comes during an attack, is not learned. After an attack that lasted for its longest time it
 * is, while none starts: what stays for days becomes usual.
 */
export class AttackJudge {
  /** Of the last look. */
  perS = 0;
  readonly #usual = new UsualRate();
  readonly #watch = new AggregateWatch();
  #mode: AttackModeConfig['mode'] = 'off';
  #came: number;
  #lookedMs: number;

  constructor(came: number, nowMs: number) {
    this.#came = came;
    this.#lookedMs = nowMs;
  }

  get wouldBeOn(): boolean {
    return this.#watch.isOn;
  }

  /** 0 while it is not known. */
  get normalPerS(): number {
    return this.#usual.isKnown ? this.#usual.perS : 0;
  }

  /** `came` counts modulo 2^32. `isOnByCommand`: nothing begins or ends by itself, nor is anything learned. */
  look(came: number, nowMs: number, config: AttackModeConfig, isOnByCommand: boolean): AggregateEvent {
    const spanMs = nowMs - this.#lookedMs;
    if (spanMs <= 0) return '';
    this.perS = (((came - this.#came) >>> 0) * SECOND_MS) / spanMs;
    this.#came = came;
    this.#lookedMs = nowMs;
    if (config.mode !== this.#mode) this.#watch.holdOff(0);
    this.#mode = config.mode;
    if (config.mode === 'off' || isOnByCommand) return '';
    const thresholdPerS = this.thresholdPerS(config);
    if (!this.#watch.isOn && this.perS <= thresholdPerS) this.#usual.add(this.perS, spanMs, leastOf(config));
    return this.#watch.step(this.perS, spanMs, {
      thresholdPerS,
      startAfterMs: config.startAfterS * SECOND_MS,
      endAfterMs: config.endAfterS * SECOND_MS,
      mostMs: config.maxS * SECOND_MS,
      holdOffMs: config.holdOffS * SECOND_MS,
    });
  }

  /** Infinity while nothing is known to be too much. */
  thresholdPerS({ requestsPerS, timesNormal, floorPerS }: AttackModeConfig): number {
    if (requestsPerS !== undefined) return requestsPerS;
    if (!this.#usual.isKnown) return Number.POSITIVE_INFINITY;
    return Math.max(floorPerS, timesNormal * this.#usual.perS);
  }

  /** What strangers share while there is an attack; 0, which is no bound, while nothing says what is usual. */
  strangersPerS(config: AttackModeConfig): number {
    if (config.strangersPerS !== undefined) return config.strangersPerS;
    const known = this.#usual.isKnown ? Math.max(this.#usual.perS, leastOf(config)) : 0;
    const usual = known || (config.requestsPerS ?? 0) / config.timesNormal;
    return Math.min(MOST_PER_S, Math.ceil((usual * config.strangersShare) / 100));
  }

  /** Nothing begins by itself for so long. */
  holdOff(forS: number): void {
    this.#watch.holdOff(forS * SECOND_MS);
  }
}

/** What may become usual at any time: no more than the floor is made of. */
function leastOf({ floorPerS, timesNormal }: AttackModeConfig): number {
  return floorPerS / timesNormal;
}
