import {
  type AccessToken,
  type Client,
  type ClientCredentials,
  errors,
  type KoaContextWithOIDC,
  type ResourceServer,
} from 'oidc-provider';
import type { OauthConfig } from '../config/oauth.schema.ts';
import { OWN_METADATA, type OwnMetadata } from './client-metadata.ts';
import type { Account } from './interaction/seam.ts';

type ResourceConfig = OauthConfig['resources'][number];

/** What the gateway registered of a client beside what oidc-provider knows. */
export function ownMetadata(client: Client): OwnMetadata {
  return client[OWN_METADATA] as OwnMetadata;
}

/** The resource of requests that name none; undefined where there is none for this client. */
export function defaultResource(config: OauthConfig, client: Client): string | undefined {
  const only = config.resources.length === 1 ? config.resources[0]?.id : undefined;
  const id = config.defaultResource ?? only;
  return id !== undefined && mayUse(client, id) ? id : undefined;
}

function mayUse(client: Client, resource: string): boolean {
  const { resources } = ownMetadata(client);
  return resources.length === 0 || resources.includes(resource);
}

/**
 * The resource server of a resource indicator, with the scopes that the client may have there.
 *
 * Errors: `invalid_target` (RFC 8707, section 2) for one that is unknown or not for this client.
 */
export function resourceServer(config: OauthConfig, id: string, client: Client): ResourceServer {
  const resource = config.resources.find((other) => other.id === id);
  if (resource === undefined || !mayUse(client, id)) throw new errors.InvalidTarget();
  return serverOf(resource, config, ownMetadata(client).scopes);
}

function serverOf(resource: ResourceConfig, config: OauthConfig, allowed: readonly string[]): ResourceServer {
  return {
    scope: resource.scopes.filter((scope) => allowed.includes(scope)).join(' '),
    audience: resource.audience ?? resource.id,
    accessTokenTTL: resource.accessTokenS ?? config.lifetimes.accessTokenS,
    accessTokenFormat: resource.tokens,
    jwt: { sign: { alg: 'RS256' } },
  };
}

/** Every scope of every resource. */
export function resourceScopes(config: OauthConfig): readonly string[] {
  return [...new Set(config.resources.flatMap(({ scopes }) => scopes))];
}

/** What said who the user of a token is. */
interface Origin {
  readonly acr?: string;
  readonly amr?: string[];
  readonly authTime?: number;
}

function originOf({ oidc }: KoaContextWithOIDC): Origin {
  const { RefreshToken, AuthorizationCode, DeviceCode } = oidc.entities;
  return (RefreshToken ?? AuthorizationCode ?? DeviceCode ?? {}) as Origin;
}

/** Claims of an access token beside those of RFC 9068: roles, tier, and how the user signed in. */
export function extraClaims(
  ctx: KoaContextWithOIDC,
  token: AccessToken | ClientCredentials,
): Record<string, unknown> {
  if (token.kind === 'ClientCredentials') {
    const { roles, tier } = ownMetadata(ctx.oidc.client as Client);
    return { roles: [...roles], ...(tier === '' ? {} : { tier }) };
  }
  const account = ctx.oidc.entities.Account?.own as Account | undefined;
  const { acr, amr, authTime } = originOf(ctx);
  const claims = {
    roles: [...(account?.roles ?? [])],
    tier: account?.tier,
    department: account?.department,
    clearance: account?.clearance,
    tenant: account?.tenant,
    acr,
    amr,
    // RFC 9068, section 2.2.1
    auth_time: authTime,
  };
  return Object.fromEntries(
    Object.entries(claims).filter(([, value]) => value !== undefined && value !== ''),
  );
}
