import type { Client, KoaContextWithOIDC } from 'oidc-provider';

/**
 * Whether pages of an origin may use the endpoints of a client from a browser.
 *
 * Safety: public clients only, and only from where their redirect URIs lead; a client with a secret has no business in a
 * browser.
 */
export function allowsOrigin(_ctx: KoaContextWithOIDC, origin: string, client: Client): boolean {
  if (origin === 'null' || client.clientAuthMethod !== 'none') return false;
  return (client.redirectUris ?? []).some((uri) => URL.parse(uri)?.origin === origin);
}
