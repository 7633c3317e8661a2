import type { ThreadLoad } from '../../core/load.ts';
import { AdmissionShare } from '../../lib/load/admission-share.ts';
import { TurnDelay } from '../../lib/load/turn-delay.ts';

/** How often the delay of turns is looked at, and after how many looks the share changes. */
const LOOK_MS = 50;
const LOOKS = 4;
/** From this delay on a thread cannot keep up: what a client notices, and no busy but healthy thread has for long. */
const TOLERATED_MS = 100;

/** Measures whether a thread keeps up, from how late its timer comes. */
export class MeasuredThread implements ThreadLoad {
  readonly #delay = new TurnDelay();
  readonly #share = new AdmissionShare();
  #dueMs: number;
  #looks = 0;

  constructor(nowMs: number) {
    this.#dueMs = nowMs + LOOK_MS;
  }

  get delayMs(): number {
    return this.#delay.ms;
  }

  get isShedding(): boolean {
    return this.#share.share < 1;
  }

  admits(rank: number): boolean {
    return this.#share.admits(rank);
  }

  /** The timer came. */
  look(nowMs: number): void {
    this.#delay.add(nowMs - this.#dueMs);
    this.#dueMs = nowMs + LOOK_MS;
    this.#looks++;
    if (this.#looks % LOOKS === 0) this.#share.next(this.#delay.ms > TOLERATED_MS);
  }
}

/** Watches this thread as long as it lives. */
export function measureThread(): ThreadLoad {
  const measured = new MeasuredThread(performance.now());
  setInterval(() => measured.look(performance.now()), LOOK_MS).unref();
  return measured;
}
