import { type Adapter, type AdapterPayload, errors } from 'oidc-provider';
import type { Artifact, ArtifactStore } from '../core/oauth-records.ts';
import type { Clock } from '../core/ports.ts';
import { asProviderError } from './provider-errors.ts';
import type { Vault } from './vault.ts';

/** What the adapters of all kinds share. */
export interface AdapterParts {
  readonly artifacts: ArtifactStore;
  readonly vault: Vault;
  readonly clock: Clock;
  /** Hears of something that was used a second time while it was used the first time. */
  onRace(kind: string, payload: AdapterPayload): Promise<void>;
}

/** Kinds that are found by a user code and saved again under their own identifier. */
const KEEPS_ITS_ID = new Set(['DeviceCode']);
/** Kept after its end, so that a late second use is still recognised as one. */
const KEPT_S = 60;

/**
 * Keeps one kind of what the provider gives out.
 *
 * Safety: the database holds keyed hashes of identifiers and sealed payloads without them, so it gives no token away.
 * Of two who use a code or a refresh token at once exactly one gets through; the other ends the family of tokens.
 */
export class ArtifactAdapter implements Adapter {
  readonly #kind: string;
  readonly #parts: AdapterParts;

  constructor(kind: string, parts: AdapterParts) {
    this.#kind = kind;
    this.#parts = parts;
  }

  async upsert(id: string, payload: AdapterPayload, expiresInS = 0): Promise<void> {
    await this.#ask((store) => store.save(this.#artifactOf(id, payload, expiresInS)));
  }

  /** Saves it unless it is there; of several at once one succeeds. */
  saveOnce(id: string, payload: AdapterPayload, expiresInS: number): Promise<boolean> {
    const artifact = this.#artifactOf(id, payload, expiresInS);
    return this.#ask((store) => store.saveOnce(artifact, this.#parts.clock.nowMs()));
  }

  async find(id: string): Promise<AdapterPayload | undefined> {
    const artifact = await this.#ask((store) => store.find(this.#hash(id)));
    const payload = this.#payloadOf(artifact);
    return payload === undefined ? undefined : { ...payload, jti: id };
  }

  async findByUid(uid: string): Promise<AdapterPayload | undefined> {
    return this.#findByAlias(uid);
  }

  async findByUserCode(userCode: string): Promise<AdapterPayload | undefined> {
    return this.#findByAlias(userCode);
  }

  async consume(id: string): Promise<void> {
    const isFirst = await this.#ask((store) => store.consume(this.#hash(id), this.#parts.clock.nowMs()));
    if (isFirst) return;
    const payload = await this.find(id);
    if (payload !== undefined) await this.#parts.onRace(this.#kind, payload);
    if (this.#kind === 'PushedAuthorizationRequest')
      throw new errors.InvalidRequestUri('request_uri was used already');
    throw new errors.InvalidGrant(`${this.#kind} was used already`);
  }

  async destroy(id: string): Promise<void> {
    await this.#ask((store) => store.delete(this.#hash(id)));
  }

  async revokeByGrantId(grantId: string): Promise<void> {
    const grant = this.#parts.vault.hash('Grant', grantId);
    await this.#ask((store) => store.deleteGrant(this.#kind, grant));
  }

  async #findByAlias(name: string): Promise<AdapterPayload | undefined> {
    const alias = this.#parts.vault.hash(`${this.#kind} alias`, name);
    return this.#payloadOf(await this.#ask((store) => store.findByAlias(this.#kind, alias)));
  }

  #hash(id: string): string {
    return this.#parts.vault.hash(this.#kind, id);
  }

  #artifactOf(id: string, payload: AdapterPayload, expiresInS: number): Artifact {
    const { vault, clock } = this.#parts;
    const { jti, consumed: _, ...rest } = payload;
    const hash = this.#hash(id);
    const alias = this.#kind === 'Session' ? payload.uid : payload.userCode;
    const kept = KEEPS_ITS_ID.has(this.#kind) ? { ...rest, jti } : rest;
    return {
      id: hash,
      kind: this.#kind,
      payload: vault.seal(hash, JSON.stringify(kept)),
      grant: payload.grantId === undefined ? '' : vault.hash('Grant', payload.grantId),
      alias: alias === undefined ? '' : vault.hash(`${this.#kind} alias`, alias),
      // A sign-in that the browser has not come back from yet is the account's, too, and ends with what it was given.
      account: payload.accountId ?? payload.result?.login?.accountId ?? '',
      client: payload.clientId ?? '',
      expiresAtMs: clock.nowMs() + (expiresInS + KEPT_S) * 1000,
      consumedAtMs: 0,
    };
  }

  #payloadOf(artifact: Artifact | null): AdapterPayload | undefined {
    if (artifact === null || artifact.expiresAtMs <= this.#parts.clock.nowMs()) return undefined;
    const text = this.#parts.vault.open(artifact.id, artifact.payload);
    // What another secret sealed, or somebody put into the row of something else, is not there.
    if (text === null) return undefined;
    const payload = JSON.parse(text) as AdapterPayload;
    const consumed = Math.ceil(artifact.consumedAtMs / 1000);
    return consumed === 0 ? payload : { ...payload, consumed };
  }

  async #ask<Result>(run: (store: ArtifactStore) => Promise<Result>): Promise<Result> {
    try {
      return await run(this.#parts.artifacts);
    } catch (error) {
      throw asProviderError(error);
    }
  }
}
