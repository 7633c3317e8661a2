import type { RevocationUpdate, RevokedTokens, TokenRevocation } from '../../core/token-revocations.ts';

const keyOf = (kind: TokenRevocation['kind'], issuer: string, value: string): string =>
  `${kind}\n${issuer}\n${value}`;

/**
 * The revoked tokens of one thread, in memory; whoever owns the store feeds it.
 *
 * Safety: what was revoked stays so until it is said to be forgotten, which the store says of what has expired.
 */
export class MemoryRevokedTokens implements RevokedTokens {
  readonly #byId = new Map<string, TokenRevocation>();
  readonly #byKey = new Map<string, TokenRevocation>();
  #version = 1;

  constructor(records: readonly TokenRevocation[] = []) {
    for (const record of records) this.#put(record);
  }

  get version(): number {
    return this.#version;
  }

  isRevoked(issuer: string, jti: string, subject: string, issuedAtMs: number): boolean {
    if (this.#byKey.size === 0) return false;
    if (jti !== '' && this.#byKey.has(keyOf('jti', issuer, jti))) return true;
    const whole = this.#byKey.get(keyOf('subject', issuer, subject));
    return whole !== undefined && issuedAtMs < whole.beforeMs;
  }

  update({ records, deleted, isAll }: RevocationUpdate): void {
    if (isAll) {
      this.#byId.clear();
      this.#byKey.clear();
    }
    for (const record of records) this.#put(record);
    for (const id of deleted) {
      const known = this.#byId.get(id);
      if (known !== undefined) this.#byKey.delete(keyOf(known.kind, known.issuer, known.value));
      this.#byId.delete(id);
    }
    this.#version++;
  }

  #put(record: TokenRevocation): void {
    this.#byId.set(record.id, record);
    this.#byKey.set(keyOf(record.kind, record.issuer, record.value), record);
  }
}
