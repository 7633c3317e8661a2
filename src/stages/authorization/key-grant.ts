import { type Decision, deny } from '../../core/decision.ts';
import type { KeyGrant } from '../../core/principal.ts';

const API = deny('authz.key-scope', { detail: 'The key is limited to other APIs.' });
const ENDPOINT = deny('authz.key-scope', { detail: 'The key is limited to other endpoints.' });
const METHOD = deny('authz.key-scope', { detail: 'The key is limited to other methods.' });

/**
 * What an API key is limited to, compared with where the request goes; null when it may.
 *
 * Shape: each list that is not empty must include the request. Endpoints are ids of routes, `api/endpoint`, or
 * `api` for the API outside of its endpoints. GET includes HEAD.
 */
export function checkKeyGrant(
  grant: KeyGrant,
  apiId: string,
  routeId: string,
  method: string,
): Decision | null {
  const { apis, endpoints, methods } = grant;
  if (apis.length > 0 && !apis.includes(apiId)) return API;
  if (endpoints.length > 0 && !endpoints.includes(routeId)) return ENDPOINT;
  if (methods.length === 0 || methods.includes(method)) return null;
  return method === 'HEAD' && methods.includes('GET') ? null : METHOD;
}
