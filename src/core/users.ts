/** What policies may ask about a user beside roles; '' where nothing is known. */
export interface UserAttributes {
  readonly department: string;
  readonly clearance: string;
  readonly tenant: string;
}

/** A person who can sign in, as the store keeps it. */
export interface UserRecord {
  /** Random; the `sub` of tokens. Never used again, also after the user is deleted. */
  readonly id: string;
  /** As it was written. */
  readonly name: string;
  /** As it is compared: unique. */
  readonly nameKey: string;
  readonly email: string;
  readonly isEmailVerified: boolean;
  readonly displayName: string;
  readonly roles: readonly string[];
  readonly attributes: UserAttributes;
  /** Argon2id as a PHC string; '' when the user cannot sign in with a password. */
  readonly passwordHash: string;
  /** Sealed; '' when there is no second factor. */
  readonly totpSecret: string;
  /** Whether the user must have a second factor, whatever the policy says of others. */
  readonly isTotpRequired: boolean;
  readonly createdAtMs: number;
  /** 0 while the user may sign in. */
  readonly disabledAtMs: number;
  /** Sessions and refresh tokens from before this instant are void. */
  readonly credentialsChangedAtMs: number;
  /** 0 for never. */
  readonly lastLoginAtMs: number;
}

/** What may be changed of a user. */
export type UserChanges = Partial<Omit<UserRecord, 'id' | 'createdAtMs' | 'name' | 'nameKey' | 'totpSecret'>>;

export interface UserFilter {
  /** Beginning of the compared name; '' matches all. */
  readonly namePrefix: string;
  /** Compared name after which to go on; '' begins. */
  readonly after: string;
  readonly limit: number;
}

/** A second factor as it is enrolled. */
export interface SecondFactor {
  readonly sealedSecret: string;
  /** The time step of the code that confirmed it: it counts as used. */
  readonly step: number;
  readonly recoveryHashes: readonly string[];
}

/** The people who can sign in. Every method rejects with Unavailable when the store cannot be used. */
export interface UserStore {
  /** False when the name is taken. */
  create(record: UserRecord): Promise<boolean>;
  /** Creates a user who signs in with another provider; false when that account or the name is taken. */
  createLinked(record: UserRecord, issuer: string, subject: string): Promise<boolean>;
  /** In the order of their compared names. */
  list(filter: UserFilter): Promise<readonly UserRecord[]>;
  find(id: string): Promise<UserRecord | null>;
  findByName(nameKey: string): Promise<UserRecord | null>;
  /** The user whom an account at another provider belongs to. */
  findLinked(issuer: string, subject: string): Promise<UserRecord | null>;
  /** Null when there is no such user. */
  update(id: string, changes: UserChanges): Promise<UserRecord | null>;
  /** Puts another hash of the same password in the place of `known`; nothing where the password was changed since. */
  renewPasswordHash(id: string, known: string, renewed: string): Promise<void>;
  /** Deletes the user with everything that belongs to it; false when there is none. */
  delete(id: string): Promise<boolean>;

  /**
   * Counts one attempt to prove something as failed, before it is looked at; false while the user is paused.
   *
   * Safety: of any number of concurrent attempts no more are admitted than the pause allows.
   */
  takeAttempt(id: string, nowMs: number): Promise<boolean>;
  /** Takes back the one attempt that was counted too much: it succeeded, but more is asked for. */
  returnAttempt(id: string): Promise<void>;
  /** Forgets failed attempts: an administrator says that they were not the user's, or are over. */
  clearAttempts(id: string): Promise<void>;
  /** Forgets failed attempts and remembers the instant of the sign-in. */
  completeLogin(id: string, nowMs: number): Promise<void>;

  /** Sets the second factor of a user who has none; false for one who has. */
  enrolSecondFactor(id: string, factor: SecondFactor): Promise<boolean>;
  /** Takes second factor and recovery codes away; null when there is no such user. */
  resetSecondFactor(id: string, atMs: number): Promise<UserRecord | null>;
  /** Uses up a time step of the second factor; false when it, or a later one, was used. */
  takeTotpStep(id: string, step: number): Promise<boolean>;
  /** Uses up a recovery code; false when there is none with this hash. */
  takeRecoveryCode(id: string, hash: string): Promise<boolean>;
  countRecoveryCodes(id: string): Promise<number>;
}
