import type { OauthConfig } from '../config/oauth.schema.ts';
import { BUILTIN_ISSUER } from '../config/oauth-api.ts';
import type { Counters } from '../core/limits.ts';
import type { ArtifactStore, KeyReport, OauthClientStore, OauthKeyStore } from '../core/oauth-records.ts';
import type { Clock } from '../core/ports.ts';
import type { KeySetUpdate } from '../stores/keysets/key-set-update.ts';
import { type AdapterParts, ArtifactAdapter } from './artifact-adapter.ts';
import { ClientAdapter } from './client-adapter.ts';
import type { ListenerAuthorities } from './client-certificate.ts';
import { listenTo, type OauthEvents } from './events.ts';
import { GuardedProvider } from './guarded-provider.ts';
import { type Behind, type HttpEntry, openHttpEntry } from './http-entry.ts';
import { Interactions } from './interactions.ts';
import { PROVIDER_POLICY } from './page-policy.ts';
import { pageSources } from './page-sources.ts';
import { providerConfiguration } from './provider-configuration.ts';
import { type KeyRing, publicKeySet, rotationSettings, SigningKeys } from './signing-keys.ts';
import { TokenLimits } from './token-limits.ts';
import type { People } from './users/people.ts';
import { Vault } from './vault.ts';

/** Other gateways may have rotated the keys; they are published a day ahead, so this is soon enough. */
const TICK_MS = 30_000;
const PRUNE_PIECES = 20;

export interface AuthorizationServerOptions {
  readonly config: OauthConfig;
  readonly secret: string;
  readonly stores: {
    readonly artifacts: ArtifactStore;
    readonly clients: OauthClientStore;
    readonly keys: OauthKeyStore;
  };
  readonly clock: Clock;
  readonly counters: Counters;
  /** Who may sign in and what they see, under a configuration. */
  readonly people: (config: OauthConfig, vault: Vault) => People;
  /** Authorities of certificates that clients show, as the configuration names them. */
  readonly authorities: ListenerAuthorities;
  readonly events: OauthEvents;
  /** Hears of the public keys, at first and whenever they change. */
  readonly publishKeys: (update: KeySetUpdate) => void;
  /** Says what does not work now; '' when it does. */
  readonly onProblem: (sentence: string) => void;
}

/** The built-in authorization server: protocol by oidc-provider, records in the database, reached by the gateway alone. */
export class AuthorizationServer {
  readonly #options: AuthorizationServerOptions;
  readonly #vault: Vault;
  readonly #keys: SigningKeys;
  readonly #limits: TokenLimits;
  readonly #adapters: AdapterParts;
  #config: OauthConfig;
  #authorities: ListenerAuthorities;
  #ring: KeyRing;
  #behind: Behind;
  #entry: HttpEntry | null = null;
  #timer: NodeJS.Timeout | null = null;

  private constructor(options: AuthorizationServerOptions, vault: Vault, keys: SigningKeys, ring: KeyRing) {
    this.#options = options;
    this.#config = options.config;
    this.#authorities = options.authorities;
    this.#vault = vault;
    this.#keys = keys;
    this.#ring = ring;
    const { clock, counters, stores, events } = options;
    this.#limits = new TokenLimits({ clock, counters, perMinute: () => this.#config.tokenRequestsPerMinute });
    this.#adapters = {
      artifacts: stores.artifacts,
      vault,
      clock,
      onRace: async (kind, { grantId = '', clientId = '', accountId = '' }) => {
        await this.#revokeGrant(grantId);
        const action = kind === 'RefreshToken' ? 'oauth.refresh-reuse' : 'oauth.code-reuse';
        const event = { action, outcome: 'failure', clientId, accountId } as const;
        const whole = {
          ...event,
          clientAddress: '',
          grantType: '',
          error: 'invalid_grant',
          detail: 'used twice at once',
        };
        events.record(whole);
        if (kind === 'RefreshToken') events.alert('oauth.refresh-reuse', grantId, whole);
      },
    };
    this.#behind = this.#build();
  }

  /** Opens the server. Errors: Unavailable when its keys cannot be read. */
  static async open(options: AuthorizationServerOptions): Promise<AuthorizationServer> {
    const vault = new Vault(options.secret);
    const keys = new SigningKeys(options.stores.keys, vault, options.clock, settingsOf(options.config));
    const server = new AuthorizationServer(options, vault, keys, await keys.load());
    await server.#listen();
    return server;
  }

  /** Port on the loopback interface, and what a request must bring along. */
  get entry(): { readonly port: number; readonly secret: string } {
    const { port, secret } = this.#entry as HttpEntry;
    return { port, secret };
  }

  /** The public keys for those who verify tokens in this process. */
  get keySet(): KeySetUpdate {
    return {
      issuerId: BUILTIN_ISSUER,
      jwks: publicKeySet(this.#ring.signing),
      problem: '',
      fetchProblem: '',
      acceptSecrets: false,
    };
  }

  /** Takes another configuration; requests under way keep theirs. */
  configure(config: OauthConfig, authorities: ListenerAuthorities): void {
    this.#config = config;
    this.#authorities = authorities;
    this.#keys.settings = settingsOf(config);
    this.#behind = this.#build();
  }

  /** Reads the keys again and tells whether they changed. Errors: Unavailable. */
  async refreshKeys(): Promise<boolean> {
    const ring = await this.#keys.load();
    const isSame = JSON.stringify(ring) === JSON.stringify(this.#ring);
    if (isSame) return false;
    this.#ring = ring;
    this.#behind = this.#build();
    this.#options.publishKeys(this.keySet);
    return true;
  }

  /** Replaces the signing key; `now` withdraws those in use. Errors: Unavailable. */
  async rotateKeys(now: boolean): Promise<readonly KeyReport[]> {
    await this.#keys.rotate(now);
    await this.refreshKeys();
    return this.#keys.report();
  }

  keyReport(): Promise<readonly KeyReport[]> {
    return this.#keys.report();
  }

  /** Ends everything that an account was given: sessions, grants, tokens. Tells how many. */
  endAccount(accountId: string): Promise<number> {
    return this.#options.stores.artifacts.deleteAccount('', accountId);
  }

  async close(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    await this.#entry?.close();
  }

  async #listen(): Promise<void> {
    this.#entry = await openHttpEntry(() => this.#behind);
    this.#timer = setInterval(() => void this.#tick(), TICK_MS);
    this.#timer.unref();
    this.#options.publishKeys(this.keySet);
  }

  async #tick(): Promise<void> {
    try {
      await this.refreshKeys();
      const nowMs = this.#options.clock.nowMs();
      for (let at = 0; at < PRUNE_PIECES; at++) {
        if ((await this.#options.stores.artifacts.prune(nowMs)) === 0) break;
      }
      this.#options.onProblem('');
    } catch (error) {
      this.#options.onProblem(error instanceof Error ? error.message : String(error));
    }
  }

  async #revokeGrant(grantId: string): Promise<void> {
    if (grantId === '') return;
    const { artifacts } = this.#options.stores;
    const grant = this.#vault.hash('Grant', grantId);
    await artifacts.delete(grant);
    await artifacts.deleteGrant('', grant);
  }

  /** Makes a provider of the configuration and keys of now. */
  #build(): Behind {
    const { people, clock, events } = this.#options;
    const config = this.#config;
    const { accounts, pages } = people(config, this.#vault);
    const nowMs = () => clock.nowMs();
    const clients = new ClientAdapter(this.#options.stores.clients, (id) => this.#limits.beforeClient(id));
    const provider = new GuardedProvider(
      config.issuer,
      providerConfiguration({
        config,
        keys: this.#ring,
        nonceSecret: this.#vault.derive('dpop nonces'),
        adapter: (kind) => (kind === 'Client' ? clients : new ArtifactAdapter(kind, this.#adapters)),
        accounts,
        authorities: (listener) => this.#authorities(listener),
        pages: pageSources(pages),
        nowMs,
      }),
      {
        beforeGrant: (ctx, grantType) => this.#limits.beforeGrant(ctx, grantType),
        replays: new ArtifactAdapter('ReplayDetection', this.#adapters),
        nowMs,
      },
    );
    provider.proxy = true;
    const interactions = new Interactions(provider, pages, (error) => events.bug(error));
    provider.use(async (ctx, next) => {
      ctx.set('Content-Security-Policy', PROVIDER_POLICY);
      ctx.set('Cache-Control', 'no-store');
      await interactions.handle(ctx, next);
    });
    listenTo(provider, events, this.#limits, config.refreshChainAlert);
    return { issuer: new URL(config.issuer), listener: provider.callback() };
  }
}

function settingsOf({ keys, lifetimes, resources }: OauthConfig) {
  const accessS = Math.max(lifetimes.accessTokenS, ...resources.map(({ accessTokenS = 0 }) => accessTokenS));
  // ID tokens are hints at logout as long as the session lasts.
  const keepS = Math.max(accessS, lifetimes.idTokenS, lifetimes.sessionS);
  return rotationSettings(keys.rotateDays, keys.publishAheadHours, keepS);
}
