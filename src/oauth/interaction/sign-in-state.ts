import type { Clock } from '../../core/ports.ts';
import type { UserRecord } from '../../core/users.ts';
import type { Vault } from '../vault.ts';

/** How long the steps of one sign-in may take together. */
const LIFETIME_MS = 600_000;

/** What is known of a sign-in between its steps. */
export interface SignInState {
  readonly userId: string;
  /** Methods that were passed (RFC 8176). */
  readonly amr: readonly string[];
  readonly remember: boolean;
  /** Those of the user when the first step was passed. */
  readonly credentialsChangedAtMs: number;
  /** A second factor that is being enrolled, sealed; '' for none. */
  readonly newSecret: string;
  /** Whether nothing more is asked for. */
  readonly isComplete: boolean;
  readonly sinceMs: number;
}

/**
 * Keeps what is known of a sign-in in the page itself, sealed.
 *
 * Safety: it opens for the interaction that it was sealed for alone, whose id the server binds to the browser by a
 * cookie, and for ten minutes. It cannot be made without the secret; and all that a second use gains is what the
 * first one had.
 */
export class SignInStates {
  readonly #vault: Pick<Vault, 'seal' | 'open'>;
  readonly #clock: Clock;

  constructor(vault: Pick<Vault, 'seal' | 'open'>, clock: Clock) {
    this.#vault = vault;
    this.#clock = clock;
  }

  begin(user: UserRecord, amr: readonly string[], remember: boolean): SignInState {
    return {
      userId: user.id,
      amr,
      remember,
      credentialsChangedAtMs: user.credentialsChangedAtMs,
      newSecret: '',
      isComplete: false,
      sinceMs: this.#clock.nowMs(),
    };
  }

  seal(uid: string, state: SignInState): string {
    return this.#vault.seal(placeOf(uid), JSON.stringify(state));
  }

  /** Null for what is not of this interaction, or too old. */
  open(uid: string, sealed: string): SignInState | null {
    const text = this.#vault.open(placeOf(uid), sealed);
    if (text === null) return null;
    const state = JSON.parse(text) as SignInState;
    const ageMs = this.#clock.nowMs() - state.sinceMs;
    return ageMs >= 0 && ageMs <= LIFETIME_MS ? state : null;
  }
}

const placeOf = (uid: string): string => `sign-in ${uid}`;
