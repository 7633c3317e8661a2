/** Whether the gateway is under attack, and until when it believes so. */
export interface AttackState {
  readonly isOn: boolean;
  /** Epoch milliseconds; 0 while it is off. */
  readonly startedAtMs: number;
  readonly untilMs: number;
}

/** Switches attack mode of this gateway, in all its threads at once. */
export interface AttackMode {
  /** On for so long from now; an attack that is on already gets the new end. */
  start(forMs: number): AttackState;
  stop(): AttackState;
  state(): AttackState;
}
