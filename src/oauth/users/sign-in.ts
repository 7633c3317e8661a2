import { randomBytes } from 'node:crypto';
import type { Clock } from '../../core/ports.ts';
import type { UserRecord, UserStore } from '../../core/users.ts';
import { MAX_PASSWORD_CHARS } from '../../lib/password/password-rules.ts';
import { foldUserName, MAX_USER_NAME_CHARS } from '../../lib/text/user-name.ts';
import type { Vault } from '../vault.ts';
import type { PasswordChecker } from './password-checker.ts';
import { newRecoveryCodes, normalRecoveryCode } from './recovery-codes.ts';
import { newTotpSecret, normalCode, stepOfCode } from './totp.ts';

/** Why a sign-in failed: for the log alone, the person learns only that it did. */
export type SignInFault =
  | 'unknown-user'
  | 'disabled'
  | 'paused'
  | 'wrong-password'
  | 'wrong-code'
  | 'changed-meanwhile';

export type SignInResult =
  | { readonly isOk: true; readonly user: UserRecord }
  | { readonly isOk: false; readonly fault: SignInFault; readonly userId: string };

export interface SignInParts {
  readonly users: UserStore;
  readonly checker: PasswordChecker;
  readonly vault: Pick<Vault, 'seal' | 'open' | 'hash'>;
  readonly clock: Clock;
}

/** What is worth a look into the database; PostgreSQL takes no text with a NUL. */
const CAN_BE_NAME = new RegExp(`^\\P{Cc}{1,${2 * MAX_USER_NAME_CHARS}}$`, 'u');

/** Whose secret a sealed text is: it opens in no other row. */
const totpPlace = (userId: string): string => `totp ${userId}`;

/**
 * Finds out who signs in.
 *
 * Safety: whatever is wrong, a password costs one computation and the same answer, so that neither tells which users
 * there are. Each attempt is counted against its user before it is looked at.
 */
export class SignIn {
  readonly #parts: SignInParts;

  constructor(parts: SignInParts) {
    this.#parts = parts;
  }

  /** Errors: Unavailable when the store cannot be used, or when too many sign in. */
  async checkPassword(name: string, password: string): Promise<SignInResult> {
    const { users, checker, clock } = this.#parts;
    if ([...password].length > MAX_PASSWORD_CHARS) return refused('wrong-password');
    const user = CAN_BE_NAME.test(name) ? await users.findByName(foldUserName(name)) : null;
    // Begun first: it refuses when too many wait. The attempt is written while it runs, so that it takes no time of its own.
    const matching = checker.matches(password, user?.passwordHash ?? '');
    const attempt = user === null ? false : users.takeAttempt(user.id, clock.nowMs());
    const [isMatch, isAdmitted] = await Promise.all([matching, attempt]);
    if (user === null) return refused('unknown-user');
    if (!isAdmitted) return refused('paused', user.id);
    if (!isMatch) return refused('wrong-password', user.id);
    if (user.disabledAtMs !== 0) return refused('disabled', user.id);
    // The computation may have waited for its turn: a password that was changed meanwhile is not right any more.
    const isSame = (await users.find(user.id))?.credentialsChangedAtMs === user.credentialsChangedAtMs;
    if (!isSame) return refused('changed-meanwhile', user.id);
    if (checker.isOutdated(user.passwordHash)) await this.#renewHash(user, password);
    return { isOk: true, user };
  }

  /** The password was right, but a second factor follows: only this attempt is forgiven. */
  passwordWasRight(userId: string): Promise<void> {
    return this.#parts.users.returnAttempt(userId);
  }

  /** The sign-in is complete. */
  complete(userId: string): Promise<void> {
    return this.#parts.users.completeLogin(userId, this.#parts.clock.nowMs());
  }

  /** Checks a code of the authenticator app, or a recovery code; each counts once. */
  async checkCode(user: UserRecord, typed: string): Promise<SignInResult> {
    const { users, vault, clock } = this.#parts;
    if (!(await users.takeAttempt(user.id, clock.nowMs()))) return refused('paused', user.id);
    const recovery = normalRecoveryCode(typed);
    const isRight =
      recovery === ''
        ? await this.#takeTotp(user, typed)
        : await users.takeRecoveryCode(user.id, recoveryHash(vault, user.id, recovery));
    return isRight ? { isOk: true, user } : refused('wrong-code', user.id);
  }

  /** A secret for a second factor that is not confirmed yet, sealed for this user. */
  newSecret(userId: string): string {
    return this.#parts.vault.seal(totpPlace(userId), newTotpSecret());
  }

  /** The secret in base32; '' when it cannot be opened. */
  openSecret(userId: string, sealed: string): string {
    return this.#parts.vault.open(totpPlace(userId), sealed) ?? '';
  }

  /** Enrols the secret when the code is of it; gives the recovery codes, or null. */
  async enrol(user: UserRecord, sealedSecret: string, typed: string): Promise<readonly string[] | null> {
    const { users, vault, clock } = this.#parts;
    if (!(await users.takeAttempt(user.id, clock.nowMs()))) return null;
    const step = stepOfCode(this.openSecret(user.id, sealedSecret), normalCode(typed), clock.nowMs());
    if (step === 0) return null;
    const codes = newRecoveryCodes(randomBytes);
    const recoveryHashes = codes.map((code) => recoveryHash(vault, user.id, normalRecoveryCode(code)));
    return (await users.enrolSecondFactor(user.id, { sealedSecret, step, recoveryHashes })) ? codes : null;
  }

  async #takeTotp(user: UserRecord, typed: string): Promise<boolean> {
    const secret = this.openSecret(user.id, user.totpSecret);
    const step = secret === '' ? 0 : stepOfCode(secret, normalCode(typed), this.#parts.clock.nowMs());
    return step !== 0 && this.#parts.users.takeTotpStep(user.id, step);
  }

  /** A password hashed with an earlier cost is hashed again, now that it is at hand; when not now, then next time. */
  async #renewHash(user: UserRecord, password: string): Promise<void> {
    const { users, checker } = this.#parts;
    try {
      await users.renewPasswordHash(user.id, user.passwordHash, await checker.hash(password));
    } catch {
      // The old hash is still right.
    }
  }
}

function refused(fault: SignInFault, userId = ''): SignInResult {
  return { isOk: false, fault, userId };
}

function recoveryHash(vault: Pick<Vault, 'hash'>, userId: string, code: string): string {
  return vault.hash('recovery code', `${userId} ${code}`);
}
