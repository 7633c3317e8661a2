import type { ClientMetadata } from 'oidc-provider';
import { AUTHORIZATION_CODE, CERTIFICATE_METHODS, SECRET_METHODS } from '../core/client-classes.ts';
import type { OauthClient } from '../core/oauth-records.ts';
import { isNativeRedirect } from '../lib/http/redirect-uri.ts';
import { OIDC_SCOPES } from './scopes.ts';

/** What of a client oidc-provider does not know; a member of its metadata. */
export const OWN_METADATA = 'portcullis';

/** The member of the metadata with what oidc-provider does not know. */
export interface OwnMetadata {
  readonly class: string;
  readonly secrets: OauthClient['secrets'];
  readonly resources: readonly string[];
  readonly scopes: readonly string[];
  readonly roles: readonly string[];
  readonly tier: string;
  readonly mayIntrospect: boolean;
}

/** Stands where oidc-provider would have the secret; it is never compared with anything. */
const NO_SECRET = 'hashed';

/** A client as oidc-provider wants it. */
export function metadataOf(client: OauthClient): ClientMetadata {
  const { authMethod, grantTypes, redirectUris } = client;
  const hasRedirects = grantTypes.includes(AUTHORIZATION_CODE);
  const isNative =
    client.class === 'public' && redirectUris.length > 0 && redirectUris.some(isNativeRedirect);
  return {
    client_id: client.id,
    client_name: client.name,
    token_endpoint_auth_method: authMethod as ClientMetadata['token_endpoint_auth_method'],
    grant_types: [...grantTypes],
    response_types: hasRedirects ? ['code'] : [],
    redirect_uris: [...redirectUris],
    post_logout_redirect_uris: [...client.postLogoutRedirectUris],
    application_type: isNative ? 'native' : 'web',
    scope: [...OIDC_SCOPES, ...client.scopes].join(' '),
    id_token_signed_response_alg: 'RS256',
    dpop_bound_access_tokens: client.dpopRequired,
    require_pushed_authorization_requests: client.parRequired,
    tls_client_certificate_bound_access_tokens: CERTIFICATE_METHODS.includes(authMethod),
    ...(SECRET_METHODS.includes(authMethod) ? { client_secret: NO_SECRET } : {}),
    ...(client.jwks === '' ? {} : { jwks: JSON.parse(client.jwks) }),
    ...(client.certificate === null
      ? {}
      : { [`tls_client_auth_${client.certificate.field}`]: client.certificate.value }),
    [OWN_METADATA]: ownOf(client),
  };
}

function ownOf({
  class: kind,
  secrets,
  resources,
  scopes,
  roles,
  tier,
  mayIntrospect,
}: OauthClient): OwnMetadata {
  return { class: kind, secrets, resources, scopes, roles, tier, mayIntrospect };
}
