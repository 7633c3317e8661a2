import type * as OpenidClient from 'openid-client';
import type { FederationConfig } from '../../config/oauth-federation.schema.ts';
import { Unavailable } from '../../core/errors.ts';
import type { Clock } from '../../core/ports.ts';
import { boundedFetch } from './bounded-fetch.ts';

const TIMEOUT_S = 5;
/** How long the metadata of a provider is taken for true. */
const METADATA_MS = 600_000;

/** What one departure to a provider is remembered by. */
export interface Departure {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
}

/** The provider said no, or something that cannot be believed; the sentence is for the log. */
export class FederationRefusal extends Error {
  /** Whether the person, or the provider on their behalf, refused. */
  readonly isByPerson: boolean;

  constructor(message: string, isByPerson: boolean, options?: ErrorOptions) {
    super(message, options);
    this.name = 'FederationRefusal';
    this.isByPerson = isByPerson;
  }
}

/** Another OpenID Connect provider, with this server as its client: code, PKCE, state, nonce, `iss` (RFC 9207). */
export class UpstreamProvider {
  readonly config: FederationConfig;
  readonly #redirectUri: string;
  readonly #clock: Clock;
  #metadata: { readonly value: OpenidClient.ServerMetadata; readonly atMs: number } | null = null;

  constructor(config: FederationConfig, redirectUri: string, clock: Clock) {
    this.config = config;
    this.#redirectUri = redirectUri;
    this.#clock = clock;
  }

  /** The address that a browser is sent to. Errors: Unavailable when the provider does not answer. */
  async departureUrl(departure: Departure, isFresh: boolean): Promise<string> {
    const client = await import('openid-client');
    const configuration = await this.#guarded(() => this.#configuration(client));
    const url = client.buildAuthorizationUrl(configuration, {
      redirect_uri: this.#redirectUri,
      scope: [...new Set(['openid', ...this.config.scopes])].join(' '),
      state: departure.state,
      nonce: departure.nonce,
      code_challenge: await client.calculatePKCECodeChallenge(departure.verifier),
      code_challenge_method: 'S256',
      ...(isFresh ? { prompt: 'login' } : {}),
    });
    return url.href;
  }

  /**
   * What the provider says about the person who came back with these parameters.
   *
   * Errors: Unavailable when the provider does not answer; FederationRefusal for everything that is not to be believed.
   */
  async claims(query: URLSearchParams, departure: Departure): Promise<Readonly<Record<string, unknown>>> {
    const client = await import('openid-client');
    return this.#guarded(async () => {
      const configuration = await this.#configuration(client);
      const url = new URL(this.#redirectUri);
      url.search = query.toString();
      const tokens = await client.authorizationCodeGrant(configuration, url, {
        expectedState: departure.state,
        expectedNonce: departure.nonce,
        pkceCodeVerifier: departure.verifier,
        idTokenExpected: true,
      });
      const claims = tokens.claims() as OpenidClient.IDToken;
      const more =
        configuration.serverMetadata().userinfo_endpoint === undefined
          ? {}
          : await client.fetchUserInfo(configuration, tokens.access_token, claims.sub);
      return { ...more, ...claims };
    });
  }

  /**
   * Makes a configuration of its own for each use.
   *
   * Safety: with it comes an empty cache of keys, so that a token is verified with the keys of now: a key that was
   * rotated in is known at once, and one that was withdrawn verifies nothing.
   */
  async #configuration(client: typeof OpenidClient): Promise<OpenidClient.Configuration> {
    const { clientId, clientSecret } = this.config;
    const authentication =
      clientSecret === undefined ? client.None() : client.ClientSecretBasic(clientSecret);
    const metadata = await this.#serverMetadata(client);
    const configuration = new client.Configuration(metadata, clientId, undefined, authentication);
    configuration.timeout = TIMEOUT_S;
    configuration[client.customFetch] = boundedFetch as OpenidClient.CustomFetch;
    // The ID token comes over TLS from the provider itself; its signature is verified nevertheless.
    client.enableNonRepudiationChecks(configuration);
    if (this.config.issuer.startsWith('http:')) client.allowInsecureRequests(configuration);
    return configuration;
  }

  async #serverMetadata(client: typeof OpenidClient): Promise<OpenidClient.ServerMetadata> {
    const known = this.#metadata;
    if (known !== null && this.#clock.nowMs() - known.atMs < METADATA_MS) return known.value;
    const { issuer, clientId } = this.config;
    const found = await client.discovery(new URL(issuer), clientId, undefined, client.None(), {
      timeout: TIMEOUT_S,
      [client.customFetch]: boundedFetch as OpenidClient.CustomFetch,
      execute: issuer.startsWith('http:') ? [client.allowInsecureRequests] : [],
    });
    const value = found.serverMetadata();
    this.#metadata = { value, atMs: this.#clock.nowMs() };
    return value;
  }

  /** Tells a provider that is down from one that says no. */
  async #guarded<Result>(run: () => Promise<Result>): Promise<Result> {
    try {
      return await run();
    } catch (error) {
      throw classify(this.config.id, error);
    }
  }
}

interface ClientFailure {
  readonly name?: string;
  readonly code?: string;
  readonly status?: number;
  readonly error?: string;
  readonly message?: string;
  readonly cause?: unknown;
}

const statusOf = ({ status, cause }: ClientFailure): number =>
  status ?? (cause instanceof Response ? cause.status : 0);

function isOutage(failure: ClientFailure): boolean {
  if (failure.code === 'OAUTH_TIMEOUT' || failure.name === 'TimeoutError') return true;
  // What `fetch` throws when there is no answer, or one that is too long.
  if (failure.name === 'TypeError' && failure.code === undefined) return true;
  if (failure.error === 'invalid_client' || failure.error === 'unauthorized_client') return true;
  return (
    statusOf(failure) >= 500 ||
    failure.error === 'temporarily_unavailable' ||
    failure.error === 'server_error'
  );
}

function classify(id: string, error: unknown): Error {
  const failure = (typeof error === 'object' && error !== null ? error : {}) as ClientFailure;
  const what = [failure.code, failure.error, failure.message].filter(Boolean).join(', ');
  if (isOutage(failure)) {
    return new Unavailable(`provider ${id}`, `The provider ${id} cannot be used: ${what}.`, { cause: error });
  }
  const isByPerson = failure.code === 'OAUTH_AUTHORIZATION_RESPONSE_ERROR';
  return new FederationRefusal(`The provider ${id} was not believed: ${what}.`, isByPerson, { cause: error });
}
