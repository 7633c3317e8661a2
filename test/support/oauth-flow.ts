import * as oidc from 'openid-client';
import { OauthBrowser } from './oauth-browser.ts';
import { type OauthWorld, RESOURCE } from './oauth-world.ts';
import { type TlsFetchOptions, tlsFetch } from './tls-fetch.ts';
import { apiCertificate } from './tls-world.ts';

export const CALLBACK = 'https://shop.test/callback';

/** A registered client as tests use it. */
export interface Registered {
  readonly id: string;
  readonly secret: string;
}

/** What tests do at a gateway with its own authorization server. */
export class OauthFlow {
  readonly world: OauthWorld;
  readonly fetch: ReturnType<typeof tlsFetch>;

  constructor(world: OauthWorld, options: Partial<TlsFetchOptions> = {}) {
    this.world = world;
    this.fetch = tlsFetch({ ca: apiCertificate().cert, ...options });
  }

  async register(body: object): Promise<Registered> {
    const { status, json } = await this.admin('/v1/oauth/clients', { name: 'a client', ...body });
    if (status !== 201) throw new Error(JSON.stringify(json));
    const created = json as { client: { id: string }; secret: string | null };
    return { id: created.client.id, secret: created.secret ?? '' };
  }

  /** A service that speaks for itself. */
  service(more: object = {}): Promise<Registered> {
    return this.register({ class: 'internal', scopes: ['orders:read', 'orders:write'], ...more });
  }

  /** A web application whose users sign in. */
  shop(more: object = {}): Promise<Registered> {
    return this.register({ class: 'public', redirectUris: [CALLBACK], scopes: ['orders:read'], ...more });
  }

  async admin(path: string, body?: object): Promise<{ status: number; json: unknown }> {
    const init = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
    const answer = await this.world.gateway.admin(path, init);
    return { status: answer.status, json: await answer.json() };
  }

  async configure({ id }: Registered, auth: oidc.ClientAuth = oidc.None(), metadata: object = {}) {
    return oidc.discovery(new URL(this.world.issuer), id, metadata, auth, {
      [oidc.customFetch]: this.fetch as never,
    });
  }

  confidential(client: Registered): Promise<oidc.Configuration> {
    return this.configure(client, oidc.ClientSecretBasic(client.secret));
  }

  /** Sends a form to an endpoint, and nothing else. */
  async post(path: string, form: Record<string, string>, headers: Record<string, string> = {}) {
    const answer = await this.fetch(this.world.issuer + path, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
      body: new URLSearchParams(form).toString(),
    });
    const text = await answer.text();
    const json = text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : {};
    return { status: answer.status, headers: answer.headers, text, json };
  }

  /** Asks the protected API. */
  async call(token: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Response> {
    const url = `https://api.test:${this.world.port}/api/orders/7`;
    return this.fetch(url, { method, headers: { authorization: `Bearer ${token}`, ...headers } });
  }

  browser(): OauthBrowser {
    return new OauthBrowser(this.fetch, this.world.issuer);
  }

  /** Parameters of an authorization request with PKCE, and the verifier. */
  async request(more: Record<string, string> = {}) {
    const verifier = oidc.randomPKCECodeVerifier();
    const challenge = await oidc.calculatePKCECodeChallenge(verifier);
    const parameters: Record<string, string> = {
      redirect_uri: CALLBACK,
      scope: 'openid orders:read',
      resource: RESOURCE,
      code_challenge: challenge,
      code_challenge_method: 'S256',
      ...more,
    };
    return { verifier, parameters };
  }

  /** Signs in with a browser and returns where it ends, with the verifier. */
  async authorize(
    config: oidc.Configuration,
    more: Record<string, string> = {},
    browser: OauthBrowser = this.browser(),
  ): Promise<{ readonly url: URL; readonly verifier: string }> {
    const { verifier, parameters } = await this.request(more);
    await browser.open(oidc.buildAuthorizationUrl(config, parameters));
    return { url: new URL(await browser.signIn()), verifier };
  }

  /** Signs in and takes the tokens. */
  async signIn(config: oidc.Configuration, more: Record<string, string> = {}, browser = this.browser()) {
    const { url, verifier } = await this.authorize(config, more, browser);
    return oidc.authorizationCodeGrant(config, url, { pkceCodeVerifier: verifier });
  }
}

/** The claims of a token, unverified. */
export function claimsOf(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split('.')[1] as string, 'base64url').toString()) as Record<
    string,
    unknown
  >;
}

/** The error code that a promise of openid-client is rejected with; '' when it is not. */
export async function refusal(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return '';
  } catch (error) {
    if (error instanceof oidc.WWWAuthenticateChallengeError) {
      return error.cause[0]?.parameters.error ?? 'challenge';
    }
    const { error: code, cause } = error as { error?: string; cause?: { error?: string } };
    return code ?? cause?.error ?? String(error);
  }
}
