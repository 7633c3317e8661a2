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

type Metadata = { readonly url: string } | { readonly problem: string };

/** The address that a metadata document gives under a name, or why it cannot be used. */
function readMetadata(text: string, issuer: string, member: string): Metadata {
  let metadata: unknown;
  try {
    metadata = JSON.parse(text);
  } catch {
    return { problem: 'is not JSON' };
  }
  const members = Object(metadata) as Readonly<Record<string, unknown>>;
  // RFC 8414, section 3.3: the issuer must be identical, or the metadata must not be used.
  if (members.issuer !== issuer) return { problem: 'names another issuer' };
  const url = Object.hasOwn(members, member) ? members[member] : undefined;
  if (typeof url !== 'string') return { problem: `has no \`${member}\`` };
  return isTrustworthyUrl(url) ? { url } : { problem: `has a \`${member}\` without https` };
}

/**
 * Finds out an address in the metadata of an issuer: where it publishes its keys (`jwks_uri`), or where it answers
 * what a token is (`introspection_endpoint`).
 *
 * Errors: throws Unavailable that says why for each place it asked.
 */
export async function discoverMember(
  issuer: string,
  member: 'jwks_uri' | 'introspection_endpoint',
  fetchText: (url: string) => Promise<string>,
): Promise<string> {
  const problems: string[] = [];
  for (const url of discoveryUrls(issuer)) {
    try {
      const result = readMetadata(await fetchText(url), issuer, member);
      if ('url' in result) return result.url;
      problems.push(`${url} ${result.problem}.`);
    } catch (error) {
      problems.push(error instanceof Error ? error.message : String(error));
    }
  }
  throw new Unavailable('issuer', problems.join(' '));
}
