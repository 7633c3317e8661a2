/** Why attack mode is on. */
export type AttackCause = 'command' | 'threshold';

/** Whether the gateway is under attack, and until when it believes so. */
export interface AttackState {
  readonly isOn: boolean;
  /** Epoch milliseconds; 0 while it is off. */
  readonly startedAtMs: number;
  readonly untilMs: number;
}

/** What the main thread knows of it. Rates are requests per second of callers that nobody verified. */
export interface AttackFigures extends AttackState {
  /** '' while it is off. */
  readonly cause: '' | AttackCause;
  /** Whether it would be on, were it not for `observe`. */
  readonly wouldBeOn: boolean;
  /** Over the last second. */
  readonly requestsPerS: number;
  /** What is usual; 0 while that is not known. */
  readonly normalPerS: number;
  /** 0 while nothing is known to be too much, or nobody looks. */
  readonly thresholdPerS: number;
  /** What strangers share while it is on; 0 while it is off, and when they may send as much as their limits say. */
  readonly strangersPerS: number;
  /** How many were refused for that, since it began. */
  readonly refused: number;
}

/** Switches attack mode of this gateway, in all its threads at once. */
export interface AttackMode {
  /** On for so long from now; an attack that is on already gets the new end. */
  start(forMs: number): AttackFigures;
  /** Off; it does not turn itself on again for a while. */
  stop(): AttackFigures;
  state(): AttackFigures;
}

/** Callers that nobody verified, of all threads together. */
export interface Strangers {
  /** Counts one that came. */
  came(): void;
  /** Whether one that shows no credential goes on: takes it from what they share while there is an attack. */
  admits(): boolean;
}

/** Attack mode as the checks of a thread see it. */
export interface AttackView {
  read(nowMs: number): AttackState;
  isOn(nowMs: number): boolean;
}

/** Where there never is one. */
export const NO_ATTACK: AttackView = {
  isOn: () => false,
  read: () => ({ isOn: false, startedAtMs: 0, untilMs: 0 }),
};
