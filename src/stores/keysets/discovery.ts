import { Unavailable } from '../../core/errors.ts';
import { isTrustworthyUrl } from '../../lib/jose/keys-url.ts';

/** Where an issuer may publish its metadata, in the order to ask. */
export function discoveryUrls(issuer: string): readonly string[] {
  const url = new URL(issuer);
  const path = url.pathname.replace(/\/$/, '');
  return [
    // OpenID Connect Discovery 1.0, section 4: appended to the issuer without its last slash.
    `${url.origin}${path}/.well-known/openid-configuration`,
    // RFC 8414, section 3.1: inserted between the host and the path.
    `${url.origin}/.well-known/oauth-authorization-server${path}`,
  ];
}

/** The `jwks_uri` of a metadata document, or why it cannot be used. */
function readMetadata(text: string, issuer: string): { readonly url: string } | { readonly problem: string } {
  let metadata: unknown;
  try {
    metadata = JSON.parse(text);
  } catch {
    return { problem: 'is not JSON' };
  }
  const { issuer: named, jwks_uri: url } = Object(metadata) as { issuer?: unknown; jwks_uri?: unknown };
  // RFC 8414, section 3.3: the issuer must be identical, or the metadata must not be used.
  if (named !== issuer) return { problem: 'names another issuer' };
  if (typeof url !== 'string') return { problem: 'has no `jwks_uri`' };
  return isTrustworthyUrl(url) ? { url } : { problem: 'has a `jwks_uri` without https' };
}

/**
 * Finds out where an issuer publishes its keys.
 *
 * Errors: throws Unavailable that says why for each place it asked.
 */
export async function discoverKeysUrl(
  issuer: string,
  fetchText: (url: string) => Promise<string>,
): Promise<string> {
  const problems: string[] = [];
  for (const url of discoveryUrls(issuer)) {
    try {
      const result = readMetadata(await fetchText(url), issuer);
      if ('url' in result) return result.url;
      problems.push(`${url} ${result.problem}.`);
    } catch (error) {
      problems.push(error instanceof Error ? error.message : String(error));
    }
  }
  throw new Unavailable('issuer', problems.join(' '));
}
