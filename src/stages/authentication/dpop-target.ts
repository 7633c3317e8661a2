import type { RequestContext } from '../../core/context.ts';
import { parseHost } from '../../lib/http/host.ts';
import { parseTarget } from '../../lib/uri/target.ts';

const MAX_URI_CHARS = 4096;

/** Scheme, authority and the rest up to query or fragment. */
const URI = /^(https?):\/\/([^/?#]*)([^?#]*)/i;

function authorityOf(text: string, secure: boolean): string | null {
  const parsed = parseHost(text);
  if (parsed === null) return null;
  const { host, port } = parsed;
  return port === null || port === (secure ? 443 : 80) ? host : `${host}:${port}`;
}

/**
 * Whether a URI is the address of the request, query and fragment left aside (RFC 9449, section 4.3).
 *
 * Shape: compared after normalization by RFC 3986, sections 6.2.2 and 6.2.3: case of scheme and host, default port,
 * percent-encoding, dot segments, empty path; where the configuration keeps an ambiguous spelling of the path, as
 * written.
 * Safety: the scheme is that of the client's connection and the authority what its Host field says, behind a trusted
 * proxy as that proxy passes them on.
 */
export function isTargetOf(htu: string, ctx: RequestContext): boolean {
  if (htu.length > MAX_URI_CHARS) return false;
  const [, scheme, authority, rest] = URI.exec(htu) ?? [];
  if (scheme === undefined || authority === undefined || rest === undefined) return false;
  if (scheme.toLowerCase() !== (ctx.secure ? 'https' : 'http')) return false;
  const named = authorityOf(authority, ctx.secure);
  if (named === null || named !== authorityOf(ctx.authority, ctx.secure)) return false;
  const path = rest === '' ? '/' : rest;
  const query = ctx.rawTarget.indexOf('?');
  if (path === (query < 0 ? ctx.rawTarget : ctx.rawTarget.slice(0, query))) return true;
  const target = parseTarget('GET', path);
  return target.ok && target.path === ctx.path;
}
