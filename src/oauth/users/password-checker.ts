import { randomBytes } from 'node:crypto';
import { Unavailable } from '../../core/errors.ts';
import {
  decoyHash,
  type HashCost,
  hashPassword,
  isOfOtherCost,
  matchesPassword,
} from '../../lib/password/argon2.ts';
import { normalPassword } from '../../lib/password/password-rules.ts';

export interface CheckerOptions {
  readonly cost: HashCost;
  /** Computations at the same time. */
  readonly concurrency: number;
  /** Computations that wait for their turn. */
  readonly waiting: number;
}

/**
 * Computes password hashes, a bounded number at a time.
 *
 * Safety: each computation holds the memory of its cost, so a flood of logins that started them all would exhaust it.
 */
export class PasswordChecker {
  readonly #options: CheckerOptions;
  readonly #queue: (() => void)[] = [];
  #running = 0;
  /** What passwords of nobody are compared with. */
  readonly #decoy: string;
  /** Computations begun, for tests of what a login costs. */
  computations = 0;

  constructor(options: CheckerOptions) {
    this.#options = options;
    this.#decoy = decoyHash(options.cost, randomBytes);
  }

  /**
   * Whether the password has the hash; '' is the hash of a user who has no password, or is not there.
   *
   * Safety: costs one computation in each case. Errors: throws Unavailable at once when too many wait.
   */
  matches(password: string, encoded: string): Promise<boolean> {
    this.#refuseWhenFull();
    return this.#inTurn(async () => {
      const isMatch = await matchesPassword(normalPassword(password), encoded === '' ? this.#decoy : encoded);
      return isMatch && encoded !== '';
    });
  }

  /** Hashes a password with the cost in force. Errors: throws Unavailable at once when too many wait. */
  hash(password: string): Promise<string> {
    this.#refuseWhenFull();
    return this.#inTurn(() => hashPassword(normalPassword(password), this.#options.cost, randomBytes));
  }

  /** Whether a hash should be made anew, now that the password is at hand. */
  isOutdated(encoded: string): boolean {
    return isOfOtherCost(encoded, this.#options.cost);
  }

  #refuseWhenFull(): void {
    if (this.#running < this.#options.concurrency || this.#queue.length < this.#options.waiting) return;
    throw new Unavailable('sign-in', 'Too many people sign in at the same time: try again in a moment.');
  }

  async #inTurn<Result>(compute: () => Promise<Result>): Promise<Result> {
    if (this.#running >= this.#options.concurrency) {
      await new Promise<void>((resolve) => this.#queue.push(resolve));
    } else {
      this.#running += 1;
    }
    this.computations += 1;
    try {
      return await compute();
    } finally {
      const next = this.#queue.shift();
      // The place goes to the one who waited longest, so that nobody who came later takes it.
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }
}
