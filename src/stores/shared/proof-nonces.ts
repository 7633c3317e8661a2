import { createHmac } from 'node:crypto';
import type { Clock, ProofNonces } from '../../core/ports.ts';
import { constantEquals } from '../../lib/text/constant-equals.ts';

/** How long one nonce is given out; it is accepted as long again. */
const PERIOD_MS = 150_000;

/**
 * Nonces that need no memory: each is a keyed hash of the period in which it is given out.
 *
 * Safety: whoever has no secret can make none ahead of its time. One is valid for 2.5 to 5 minutes.
 */
export class HmacNonces implements ProofNonces {
  readonly #secret: Uint8Array;
  readonly #clock: Clock;
  readonly #known = new Map<number, string>();

  constructor(secret: Uint8Array, clock: Clock) {
    this.#secret = secret;
    this.#clock = clock;
  }

  current(): string {
    return this.#of(this.#period());
  }

  isValid(nonce: string): boolean {
    const period = this.#period();
    return constantEquals(nonce, this.#of(period)) || constantEquals(nonce, this.#of(period - 1));
  }

  #period(): number {
    return Math.floor(this.#clock.nowMs() / PERIOD_MS);
  }

  #of(period: number): string {
    const known = this.#known.get(period);
    if (known !== undefined) return known;
    const made = createHmac('sha256', this.#secret).update(`dpop nonce ${period}`).digest('base64url');
    if (this.#known.size >= 4) this.#known.clear();
    this.#known.set(period, made);
    return made;
  }
}
