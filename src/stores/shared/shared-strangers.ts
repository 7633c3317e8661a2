import type { Strangers } from '../../core/attack.ts';
import type { Clock } from '../../core/ports.ts';
import { AttackFlag, ROW, ROW_WORDS, WORD } from './attack-flag.ts';

/** A word holds how many were taken, in its lower bits, and above them the second they were taken in. */
const COUNT_BITS = 20;
const COUNT_MASK = 2 ** COUNT_BITS - 1;
const SECONDS_MASK = 2 ** (32 - COUNT_BITS) - 1;

/**
 * Strangers as one thread sees them.
 *
 * Shape: what they share is counted by the seconds of the clock, in one word for all threads.
 * Cost: one atomic addition for each stranger, and while there is an attack a comparison and exchange.
 * Safety: exact across threads. Over the border of two seconds twice the share may pass within less than one.
 */
export class SharedStrangers implements Strangers {
  readonly #words: Int32Array;
  readonly #row: number;
  readonly #flag: AttackFlag;
  readonly #clock: Clock;

  constructor(buffer: SharedArrayBuffer, thread: number, clock: Clock) {
    this.#words = new Int32Array(buffer);
    this.#row = ROW_WORDS * (1 + thread);
    this.#flag = new AttackFlag(buffer);
    this.#clock = clock;
  }

  came(): void {
    Atomics.add(this.#words, this.#row + ROW.came, 1);
  }

  admits(): boolean {
    const perS = Atomics.load(this.#words, WORD.perS);
    if (perS === 0) return true;
    const nowMs = this.#clock.nowMs();
    if (!this.#flag.isOn(nowMs) || this.#take(perS, Math.floor(nowMs / 1000) & SECONDS_MASK)) return true;
    Atomics.add(this.#words, this.#row + ROW.refused, 1);
    return false;
  }

  #take(perS: number, second: number): boolean {
    for (;;) {
      const word = Atomics.load(this.#words, WORD.taken);
      const taken = word >>> COUNT_BITS === second ? word & COUNT_MASK : 0;
      if (taken >= perS) return false;
      const next = (second << COUNT_BITS) | (taken + 1);
      if (Atomics.compareExchange(this.#words, WORD.taken, word, next) === word) return true;
    }
  }
}
