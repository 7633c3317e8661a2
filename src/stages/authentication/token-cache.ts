import type { VerificationKey } from '../../core/ports.ts';
import type { Principal } from '../../core/principal.ts';
import type { Confirmation, Unconfirmable } from './confirmation.ts';

/** What is remembered of a token whose signature and claims were verified. */
export interface VerifiedToken {
  readonly principal: Principal;
  readonly audience: readonly string[];
  /** The rules it was verified by: a token that other rules ask about is verified again. */
  readonly rulesId: string;
  /** Accepted from `notBeforeMs` on and before `expiresMs`, tolerances included. */
  readonly notBeforeMs: number;
  readonly expiresMs: number;
  readonly issuedAtMs: number;
  /** What names the token where its use is remembered. */
  readonly replayId: string;
  /** Whether that is its own `jti`. */
  readonly hasJti: boolean;
  /** What a caller must show with it; null for a bearer token. */
  readonly confirmation: Confirmation | Unconfirmable | null;
  /** The key that verified it. */
  readonly key: VerificationKey;
  /** Version of the issuer's keys when that key was last seen among them. */
  keysVersion: number;
  /** Version of the revocations by which it was last found not to be revoked. */
  revocationsVersion: number;
}

interface Entry<Value> {
  readonly token: string;
  readonly verified: Value;
  readonly costBytes: number;
  slot: number;
  used: boolean;
}

/** What an entry costs beside its token: principal, sets and bookkeeping. */
const ENTRY_BYTES = 1024;
/** How many recently used entries one insertion passes over before it evicts one all the same. */
const MAX_SECOND_CHANCES = 16;

/**
 * Remembers verified tokens in bounded memory, so that a repeated one costs a lookup.
 *
 * Shape: a map and a dense ring of slots; the hand of a clock gives entries that were used a second chance.
 * Cost: find and put are O(1).
 * Safety: the key is the whole token, signature included, and only verified tokens are ever put, so a flood of
 * forged ones evicts nothing. Whoever finds an entry still compares its times, rules, keys and audience.
 */
export class TokenCache<Value = VerifiedToken> {
  readonly #entries = new Map<string, Entry<Value>>();
  readonly #slots: Entry<Value>[] = [];
  readonly #maxEntries: number;
  readonly #maxBytes: number;
  #bytes = 0;
  #hand = 0;

  constructor(maxEntries = 10_000, maxBytes = 32 * 1024 * 1024) {
    this.#maxEntries = maxEntries;
    this.#maxBytes = maxBytes;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Bytes the entries cost, by estimate. */
  get bytes(): number {
    return this.#bytes;
  }

  find(token: string): Value | null {
    const entry = this.#entries.get(token);
    if (entry === undefined) return null;
    entry.used = true;
    return entry.verified;
  }

  put(token: string, verified: Value): void {
    this.delete(token);
    const costBytes = token.length + ENTRY_BYTES;
    if (costBytes > this.#maxBytes || this.#maxEntries < 1) return;
    while (this.#entries.size >= this.#maxEntries || this.#bytes + costBytes > this.#maxBytes) this.#evict();
    // A flat copy: the token that came in may be a slice that keeps a whole request head alive.
    const copy = Buffer.from(token, 'latin1').toString('latin1');
    const entry = { token: copy, verified, costBytes, slot: this.#slots.length, used: false };
    this.#slots.push(entry);
    this.#entries.set(copy, entry);
    this.#bytes += costBytes;
  }

  delete(token: string): void {
    const entry = this.#entries.get(token);
    if (entry !== undefined) this.#remove(entry);
  }

  #remove(entry: Entry<Value>): void {
    this.#entries.delete(entry.token);
    // The last entry takes the place of the removed one, so that the ring has no gaps.
    const last = this.#slots.pop() as Entry<Value>;
    if (last !== entry) {
      last.slot = entry.slot;
      this.#slots[entry.slot] = last;
    }
    this.#bytes -= entry.costBytes;
  }

  /** Removes one entry; there is at least one. */
  #evict(): void {
    for (let chances = 0; ; chances++) {
      if (this.#hand >= this.#slots.length) this.#hand = 0;
      const entry = this.#slots[this.#hand] as Entry<Value>;
      if (!entry.used || chances >= MAX_SECOND_CHANCES) {
        this.#remove(entry);
        return;
      }
      entry.used = false;
      this.#hand++;
    }
  }
}
