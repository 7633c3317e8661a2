import type { AttackState } from '../../core/attack.ts';
import type { LimitScale } from '../../core/limits.ts';
import type { Clock } from '../../core/ports.ts';

/** Where the parts lie, in words of eight bytes: whole milliseconds, so that they are read and written in one piece. */
const AT = { started: 0, until: 1 } as const;
/** Where the others lie, in words of four bytes; a line of cache for all threads, then one for each. */
export const WORD = { perS: 4, taken: 5 } as const;
export const ROW = { came: 0, refused: 1 } as const;
export const ROW_WORDS = 16;

/** Makes the memory by which all threads know whether there is an attack, and tell how many strangers come. */
export function createAttackFlag(threads = 1): SharedArrayBuffer {
  return new SharedArrayBuffer(4 * ROW_WORDS * (1 + threads));
}

/** Attack mode as one thread sees it. Ends by itself: whoever reads it compares its end with the clock. */
export class AttackFlag {
  readonly #words: BigInt64Array;
  readonly #small: Int32Array;

  constructor(buffer: SharedArrayBuffer) {
    this.#words = new BigInt64Array(buffer);
    this.#small = new Int32Array(buffer);
  }

  /** Safety: the end is written last, so that nobody sees an attack without its begin. */
  set(startedAtMs: number, untilMs: number): void {
    Atomics.store(this.#words, AT.started, BigInt(Math.floor(startedAtMs)));
    Atomics.store(this.#words, AT.until, BigInt(Math.floor(untilMs)));
  }

  read(nowMs: number): AttackState {
    const untilMs = Number(Atomics.load(this.#words, AT.until));
    if (untilMs <= nowMs) return { isOn: false, startedAtMs: 0, untilMs: 0 };
    return { isOn: true, startedAtMs: Number(Atomics.load(this.#words, AT.started)), untilMs };
  }

  isOn(nowMs: number): boolean {
    return Number(Atomics.load(this.#words, AT.until)) > nowMs;
  }

  /** What strangers share in a second while it is on; 0 when they may send what their limits allow. */
  get strangersPerS(): number {
    return Atomics.load(this.#small, WORD.perS);
  }

  set strangersPerS(perS: number) {
    Atomics.store(this.#small, WORD.perS, perS);
  }

  /** Strangers that came to all threads, modulo 2^32. */
  get came(): number {
    return this.#sum(ROW.came);
  }

  /** Those that were refused because others had taken what they share, modulo 2^32. */
  get refused(): number {
    return this.#sum(ROW.refused);
  }

  #sum(column: number): number {
    let sum = 0;
    for (let at = ROW_WORDS; at < this.#small.length; at += ROW_WORDS)
      sum += Atomics.load(this.#small, at + column);
    return sum >>> 0;
  }
}

/** What strangers keep of their limits while there is an attack. */
const STRANGERS_SHARE = 0.5;

/**
 * Halves the limits of callers that nobody authenticated, while there is an attack.
 *
 * Safety: an attacker cannot buy its way around it by being seen earlier; only a verified credential counts, which has
 * limits of its own. Before authentication a credential that is shown keeps the limits of an address: no more than without an
 * attack, and it has to be right to get any further.
 */
export function attackScale(flag: AttackFlag, clock: Clock): LimitScale {
  return {
    cause: 'attack mode',
    shareOf: (principal, _address, mayBeKnown) =>
      principal === '' && !mayBeKnown && flag.isOn(clock.nowMs()) ? STRANGERS_SHARE : 1,
  };
}
