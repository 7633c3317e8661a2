import { type Decision, deny } from '../../core/decision.ts';
import type { ReasonCode } from '../../core/reasons.ts';

/** Whoever is refused at the same instant is not to come back at the same instant. */
const RETRY_AFTER_S = [1, 2, 3, 4, 5];

/** What those are told who share too little while there is an attack. */
export const attackRefusals = (): Refusals =>
  new Refusals('attack mode: others took what strangers share', 'overload.attack');

/** Ready-made refusals that ask for another pause each time. */
export class Refusals {
  readonly #decisions: readonly Decision[];
  #next = 0;

  constructor(detail: string, reason: ReasonCode = 'overload.shed') {
    this.#decisions = RETRY_AFTER_S.map((seconds) =>
      deny(reason, {
        detail,
        headers: ['Retry-After', String(seconds)],
        members: { retry_after: seconds },
      }),
    );
  }

  next(): Decision {
    this.#next = (this.#next + 1) % this.#decisions.length;
    return this.#decisions[this.#next] as Decision;
  }
}
