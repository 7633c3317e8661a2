/** Tokens of an issuer that are not accepted any more although they have not expired. */
export interface TokenRevocation {
  /** Made of issuer, kind and value. */
  readonly id: string;
  /** As `iss` of the tokens writes it. */
  readonly issuer: string;
  /** `jti`: the token of this id. `subject`: every token of this subject issued before an instant. */
  readonly kind: 'jti' | 'subject';
  readonly value: string;
  /** Of a subject, epoch milliseconds; 0 of a single token. */
  readonly beforeMs: number;
  /** When it can be forgotten, because what it revokes has expired. */
  readonly untilMs: number;
  readonly createdAtMs: number;
}

/** Revocations of tokens as they are kept. Every method rejects with Unavailable when the store cannot be used. */
export interface TokenRevocationStore {
  /**
   * Adds a revocation, and deletes those that can be forgotten.
   *
   * Safety: one of the same token or subject is only ever widened: the later `beforeMs` and `untilMs` hold.
   */
  add(revocation: TokenRevocation): Promise<void>;
  /** All that cannot be forgotten yet, the newest first. */
  list(nowMs: number): Promise<readonly TokenRevocation[]>;
  find(id: string): Promise<TokenRevocation | null>;
}

/** What threads are told about revocations. */
export interface RevocationUpdate {
  readonly records: readonly TokenRevocation[];
  /** Ids of revocations that were forgotten. */
  readonly deleted: readonly string[];
  /** Whether the records take the place of all that were known. */
  readonly isAll: boolean;
}

/** The revocations of tokens that this thread knows. */
export interface RevokedTokens {
  /** Grows with every change: caches of verified tokens compare it. */
  readonly version: number;
  /** `jti` is '' for a token without one. */
  isRevoked(issuer: string, jti: string, subject: string, issuedAtMs: number): boolean;
}
