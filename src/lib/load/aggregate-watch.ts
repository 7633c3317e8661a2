/** Below this part of the threshold there is no attack any more. */
const CALM_SHARE = 0.75;
/** A second above it takes so many seconds of calm back. */
const RELAPSE = 4;
/** A second that is not above the threshold takes half a second back: who pauses now and then does not begin anew. */
const RELIEF = 0.5;

/** When an aggregate is an attack. Requests per second and milliseconds. */
export interface AggregateRule {
  /** Infinity while nothing is known to be too much. */
  readonly thresholdPerS: number;
  readonly startAfterMs: number;
  readonly endAfterMs: number;
  readonly mostMs: number;
  /** How long nothing starts after it ended by `time`. */
  readonly holdOffMs: number;
}

/** What a step brought about; '' when nothing. */
export type AggregateEvent = '' | 'start' | 'calm' | 'time';

/**
 * Decides from one rate after another when an attack begins and ends. Knows no clock: each step says how long it was.
 *
 * Shape: time above the threshold is saved up, and used up half as fast; an attack starts when enough is saved. It ends when enough
 * calm is saved, of which a relapse takes four times its length, or when it has lasted for the longest time.
 * Safety: a burst of one second starts nothing. Who pauses for more than two thirds of the time starts nothing either, however much comes
 * in the rest: that is left to overload protection.
 */
export class AggregateWatch {
  isOn = false;
  #aboveMs = 0;
  #calmMs = 0;
  #onMs = 0;
  #heldOffMs = 0;

  step(perS: number, spanMs: number, rule: AggregateRule): AggregateEvent {
    return this.isOn ? this.#stepOn(perS, spanMs, rule) : this.#stepOff(perS, spanMs, rule);
  }

  /** Forgets what was saved up; nothing starts for so long. */
  holdOff(forMs: number): void {
    this.isOn = false;
    this.#aboveMs = 0;
    this.#calmMs = 0;
    this.#onMs = 0;
    this.#heldOffMs = forMs;
  }

  #stepOff(perS: number, spanMs: number, { thresholdPerS, startAfterMs }: AggregateRule): AggregateEvent {
    if (this.#heldOffMs > 0) {
      this.#heldOffMs -= spanMs;
      return '';
    }
    const change = perS > thresholdPerS ? spanMs : -spanMs * RELIEF;
    this.#aboveMs = Math.max(0, this.#aboveMs + change);
    if (this.#aboveMs < startAfterMs) return '';
    this.holdOff(0);
    this.isOn = true;
    return 'start';
  }

  #stepOn(perS: number, spanMs: number, rule: AggregateRule): AggregateEvent {
    this.#onMs += spanMs;
    const isCalm = perS <= rule.thresholdPerS * CALM_SHARE;
    this.#calmMs = Math.max(0, this.#calmMs + (isCalm ? spanMs : -spanMs * RELAPSE));
    if (this.#calmMs >= rule.endAfterMs) {
      this.holdOff(0);
      return 'calm';
    }
    if (this.#onMs < rule.mostMs) return '';
    this.holdOff(rule.holdOffMs);
    return 'time';
  }
}
