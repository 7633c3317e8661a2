import type { AdapterFactory, Client, Configuration, JWKS, KoaContextWithOIDC } from 'oidc-provider';
import type { OauthConfig } from '../config/oauth.schema.ts';
import { AUTH_METHODS, REFRESH_TOKEN } from '../core/client-classes.ts';
import { certificateFacts, type ListenerAuthorities } from './client-certificate.ts';
import { OWN_METADATA } from './client-metadata.ts';
import { allowsOrigin } from './cors.ts';
import { ACR_MULTI, ACR_SINGLE } from './interaction/assurance.ts';
import type { Accounts } from './interaction/seam.ts';
import { signInPolicy } from './interaction/sign-in-policy.ts';
import { lifetimesOf } from './lifetimes.ts';
import { deviceFlow, type PageSources } from './page-sources.ts';
import { asProviderError } from './provider-errors.ts';
import { OIDC_SCOPES, SCOPE_CLAIMS } from './scopes.ts';
import type { KeyRing } from './signing-keys.ts';
import { defaultResource, extraClaims, ownMetadata, resourceScopes, resourceServer } from './tokens.ts';

/** What the configuration of the provider is made of. */
export interface ProviderParts {
  readonly config: OauthConfig;
  readonly keys: KeyRing;
  readonly nonceSecret: Buffer;
  readonly adapter: AdapterFactory;
  readonly accounts: Accounts;
  readonly authorities: ListenerAuthorities;
  readonly pages: PageSources;
  readonly nowMs: () => number;
}

/** Signature algorithms of clients and of DPoP proofs: asymmetric ones only. */
const CLIENT_ALGORITHMS = ['RS256', 'PS256', 'ES256', 'Ed25519', 'EdDSA'] as const;

/** Makes the configuration of oidc-provider: what is not asked for is off. */
export function providerConfiguration(parts: ProviderParts): Configuration {
  const { config, keys, adapter } = parts;
  return {
    adapter,
    jwks: { keys: keys.signing.map((key) => ({ ...key })) } as unknown as JWKS,
    cookies: cookiesFor(config, keys),
    routes: ROUTES,
    responseTypes: ['code'],
    clientAuthMethods: [...AUTH_METHODS],
    scopes: [...OIDC_SCOPES, ...resourceScopes(config)],
    claims: Object.fromEntries(Object.entries(SCOPE_CLAIMS).map(([scope, claims]) => [scope, [...claims]])),
    subjectTypes: ['public'],
    pkce: { required: () => true },
    allowOmittingSingleRegisteredRedirectUri: false,
    acceptQueryParamAccessTokens: false,
    enableHttpPostMethods: false,
    clientBasedCORS: allowsOrigin,
    extraClientMetadata: { properties: [OWN_METADATA], validator: () => {} },
    enabledJWA: {
      clientAuthSigningAlgValues: [...CLIENT_ALGORITHMS],
      idTokenSigningAlgValues: ['RS256'],
      requestObjectSigningAlgValues: [...CLIENT_ALGORITHMS],
      userinfoSigningAlgValues: ['RS256'],
      introspectionSigningAlgValues: ['RS256'],
      authorizationSigningAlgValues: ['RS256'],
      dPoPSigningAlgValues: ['ES256', 'Ed25519', 'EdDSA', 'RS256', 'PS256'],
    },
    ttl: lifetimesOf(config.lifetimes, parts.nowMs),
    ...tokenRules(),
    findAccount: findAccount(parts.accounts),
    extraTokenClaims: extraClaims,
    renderError: parts.pages.failure,
    acrValues: [ACR_SINGLE, ACR_MULTI],
    interactions: {
      policy: signInPolicy(),
      url: (_ctx, { uid }) => new URL(`${config.issuer}/interaction/${uid}`).pathname,
    },
    features: featuresOf(parts),
  } as Configuration;
}

const ROUTES = {
  authorization: '/authorize',
  code_verification: '/device',
  device_authorization: '/device/authorize',
  end_session: '/logout',
  introspection: '/introspect',
  jwks: '/.well-known/jwks.json',
  pushed_authorization_request: '/par',
  revocation: '/revoke',
  token: '/token',
  userinfo: '/userinfo',
};

/** Cookies with the prefixes that browsers enforce (RFC 6265bis), where the issuer has https. */
function cookiesFor({ issuer }: OauthConfig, { cookies }: KeyRing): Configuration['cookies'] {
  const isSecure = issuer.startsWith('https:');
  const options = { httpOnly: true, sameSite: 'lax', secure: isSecure, signed: true } as const;
  return {
    keys: [...cookies],
    names: {
      session: isSecure ? '__Host-session' : 'session',
      interaction: isSecure ? '__Secure-interaction' : 'interaction',
      resume: isSecure ? '__Secure-resume' : 'resume',
    },
    long: options,
    short: options,
  };
}

/** Which tokens are given, and when refresh tokens end. */
function tokenRules(): Partial<Configuration> {
  return {
    issueRefreshToken: async (_ctx, client) => client.grantTypeAllowed(REFRESH_TOKEN),
    // A refresh token ends with the session of its user, `offline_access` or not.
    expiresWithSession: async () => true,
    rotateRefreshToken: () => true,
    // RFC 7009, section 2.1: with a refresh token the grant goes; an access token alone goes alone.
    revokeGrantPolicy: (ctx) =>
      ctx.oidc.route !== 'revocation' || ctx.oidc.entities.AccessToken === undefined,
  };
}

function findAccount(accounts: Accounts): Configuration['findAccount'] {
  return async (_ctx, id, token) => {
    try {
      const account = await accounts.find(id);
      if (account === null) return undefined;
      const signedInS = (token as { authTime?: number } | undefined)?.authTime;
      if (signedInS !== undefined && signedInS < account.validFromS) return undefined;
      const claims = () => ({ sub: account.id, ...account.profile });
      return { accountId: account.id, own: account, claims };
    } catch (error) {
      throw asProviderError(error);
    }
  };
}

const off = { enabled: false } as const;

/** What nobody asked for. */
const NOT_OFFERED: Configuration['features'] = {
  devInteractions: off,
  registration: off,
  registrationManagement: off,
  claimsParameter: off,
  requestObjects: off,
  encryption: off,
  jwtUserinfo: off,
  jwtIntrospection: off,
  jwtResponseModes: off,
  backchannelLogout: off,
  ciba: off,
  richAuthorizationRequests: off,
  rpMetadataChoices: off,
  fapi: { enabled: false, profile: undefined },
} as Configuration['features'];

function featuresOf(parts: ProviderParts): Configuration['features'] {
  const { config, nonceSecret, pages } = parts;
  const isOwn = (client: Client, token: { readonly clientId?: string }) => token.clientId === client.clientId;
  return {
    ...NOT_OFFERED,
    userinfo: { enabled: true },
    clientCredentials: { enabled: true },
    deviceFlow: deviceFlow(pages),
    pushedAuthorizationRequests: { enabled: true },
    introspection: {
      enabled: true,
      allowedPolicy: async (_ctx, client, token) => isOwn(client, token) || ownMetadata(client).mayIntrospect,
    },
    revocation: { enabled: true, allowedPolicy: async (_ctx, client, token) => isOwn(client, token) },
    rpInitiatedLogout: {
      enabled: true,
      logoutSource: pages.logout,
      postLogoutSuccessSource: pages.loggedOut,
    },
    dPoP: {
      enabled: true,
      nonceSecret,
      requireNonce: (ctx: KoaContextWithOIDC) => config.dpop.nonce && ctx.oidc.route !== 'userinfo',
    },
    mTLS: {
      enabled: true,
      certificateBoundAccessTokens: true,
      tlsClientAuth: true,
      selfSignedTlsClientAuth: true,
      ...certificateFacts(parts.authorities, parts.nowMs),
    },
    resourceIndicators: {
      enabled: true,
      defaultResource: async (_ctx, client, oneOf) =>
        pickOne(oneOf) ?? (defaultResource(config, client) as string),
      useGrantedResource: async () => true,
      getResourceServerInfo: async (_ctx, id, client) => resourceServer(config, id, client),
    },
  } as Configuration['features'];
}

/** A token is for one resource; who was granted several has to say which. */
function pickOne(oneOf: readonly string[] | undefined): string | string[] | undefined {
  if (oneOf === undefined) return undefined;
  return oneOf.length === 1 ? oneOf[0] : [...oneOf];
}
