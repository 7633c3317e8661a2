import Provider, {
  type Configuration,
  type KoaContextWithOIDC,
  type TokenEndpointGrantContext,
} from 'oidc-provider';
import { matchesSecret } from '../lib/apikey/secret-hash.ts';
import type { ArtifactAdapter } from './artifact-adapter.ts';
import { OWN_METADATA, type OwnMetadata } from './client-metadata.ts';

/** Runs once a client has authenticated and may use the grant type; refuses by throwing. */
export type BeforeGrant = (ctx: KoaContextWithOIDC, grantType: string) => Promise<void>;

type Names = string | readonly string[] | ReadonlySet<string>;

interface GuardOptions {
  readonly beforeGrant: BeforeGrant;
  readonly replays: ArtifactAdapter;
  readonly nowMs: () => number;
}

const MAX_SECRET_CHARS = 128;

/** oidc-provider with what it leaves to chance made certain: secrets as hashes, one-time means once, limits. */
export class GuardedProvider extends Provider {
  // Set before the first request; the constructor of the base class registers grants already.
  #guard: GuardOptions | undefined;

  constructor(issuer: string, configuration: Configuration, guard: GuardOptions) {
    super(issuer, configuration);
    this.#guard = guard;
    this.#compareSecretsByHash(guard);
    this.#refuseReplaysAtomically(guard);
    this.#keepNoSessionOfNobody();
  }

  /** Puts the guard before every grant, those that the base class registers included. */
  override registerGrantType<Params extends object>(
    name: string,
    handler: (ctx: TokenEndpointGrantContext<Params>) => Promise<void> | void,
    params?: Names,
    duplicates?: Names,
  ): void {
    const guarded = async (ctx: TokenEndpointGrantContext<Params>): Promise<void> => {
      const guard = this.#guard;
      if (guard === undefined) throw new Error('a grant was asked for before the provider was ready');
      await guard.beforeGrant(ctx, name);
      await handler(ctx);
    };
    super.registerGrantType(name, guarded, params, duplicates);
  }

  /** Safety: the store has salted hashes only; what stands in for the secret in the metadata is never compared. */
  #compareSecretsByHash({ nowMs }: GuardOptions): void {
    const compare = async function (this: unknown, offered: string): Promise<boolean> {
      const { secrets } = (this as Record<string, OwnMetadata>)[OWN_METADATA] as OwnMetadata;
      if (offered.length > MAX_SECRET_CHARS || !/^[\x21-\x7e]+$/.test(offered)) return false;
      let matches = false;
      for (const { salt, hash, expiresAtMs } of secrets) {
        const isLive = expiresAtMs === 0 || expiresAtMs > nowMs();
        if (matchesSecret(offered, salt, hash) && isLive) matches = true;
      }
      return matches;
    };
    Object.assign(this.Client.prototype, { compareClientSecret: compare });
  }

  /** Safety: the base class looks first and saves then, so that two at once would both be the first. */
  #refuseReplaysAtomically({ replays, nowMs }: GuardOptions): void {
    const unique = async (issuer: string, jti: string, exp: number): Promise<boolean> => {
      const leftS = Math.max(1, exp - Math.floor(nowMs() / 1000));
      return replays.saveOnce(JSON.stringify([issuer, jti]), { iss: issuer }, leftS);
    };
    Object.assign(this.ReplayDetection, { unique });
  }

  /**
   * A session that no browser has the cookie of is not worth keeping.
   *
   * Safety: the base class throws where a failure page touches one, and answers 500 to whoever comes without a cookie.
   */
  #keepNoSessionOfNobody(): void {
    const { persist } = this.Session.prototype as unknown as { persist: () => Promise<unknown> };
    const persistKnown = async function (this: { readonly exp?: unknown }): Promise<unknown> {
      return typeof this.exp === 'number' ? persist.call(this) : undefined;
    };
    Object.assign(this.Session.prototype, { persist: persistKnown });
  }
}
