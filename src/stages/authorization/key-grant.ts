import { type Decision, deny } from '../../core/decision.ts';
import type { Countries } from '../../core/ports.ts';
import type { KeyGrant } from '../../core/principal.ts';
import type { Ip } from '../../lib/ip/address.ts';

const API = deny('authz.key-scope', { detail: 'The key is limited to other APIs.' });
const ENDPOINT = deny('authz.key-scope', { detail: 'The key is limited to other endpoints.' });
const COUNTRY = deny('authz.key-scope', { detail: 'The key is limited to other countries.' });
const NO_COUNTRY = deny('authz.key-scope', {
  detail: 'The key is limited to countries, and nobody knows the one of this address.',
});
const METHOD = deny('authz.key-scope', { detail: 'The key is limited to other methods.' });

/**
 * What an API key is limited to, compared with where the request goes; null when it may.
 *
 * Shape: each list that is not empty must include the request. Endpoints are ids of routes, `api/endpoint`, or
 * `api` for the API outside of its endpoints. GET includes HEAD.
 * Safety: an address of no known country is in none of those that a key is limited to.
 */
export function checkKeyGrant(
  grant: KeyGrant,
  apiId: string,
  routeId: string,
  ctx: { readonly method: string; readonly client: Ip },
  countries: Countries,
): Decision | null {
  const { apis, endpoints, methods } = grant;
  if (apis.length > 0 && !apis.includes(apiId)) return API;
  if (endpoints.length > 0 && !endpoints.includes(routeId)) return ENDPOINT;
  if (methods.length > 0 && !includesMethod(methods, ctx.method)) return METHOD;
  if (grant.countries.length === 0) return null;
  const country = countries.find(ctx.client);
  if (country === '') return NO_COUNTRY;
  return grant.countries.includes(country) ? null : COUNTRY;
}

function includesMethod(methods: readonly string[], method: string): boolean {
  return methods.includes(method) || (method === 'HEAD' && methods.includes('GET'));
}
