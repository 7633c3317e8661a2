import type { AttackState } from '../../core/attack.ts';
import type { LimitScale } from '../../core/limits.ts';
import type { Clock } from '../../core/ports.ts';

/** Where the parts lie, in words of eight bytes: whole milliseconds, so that they are read and written in one piece. */
const AT = { started: 0, until: 1 } as const;

/** Makes the memory by which all threads know whether there is an attack. */
export function createAttackFlag(): SharedArrayBuffer {
  return new SharedArrayBuffer(16);
}

/** Attack mode as one thread sees it. Ends by itself: whoever reads it compares its end with the clock. */
export class AttackFlag {
  readonly #words: BigInt64Array;

  constructor(buffer: SharedArrayBuffer) {
    this.#words = new BigInt64Array(buffer);
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
}

/** What strangers keep of their limits while there is an attack. */
const STRANGERS_SHARE = 0.5;

/**
 * Halves the limits of callers that nobody authenticated, while there is an attack.
 *
 * Safety: an attacker cannot buy its way around it by being seen earlier; only a verified credential counts, which has
 * limits of its own.
 */
export function attackScale(flag: AttackFlag, clock: Clock): LimitScale {
  return {
    cause: 'attack mode',
    shareOf: (principal) => (principal === '' && flag.isOn(clock.nowMs()) ? STRANGERS_SHARE : 1),
  };
}
