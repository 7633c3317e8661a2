import { parseHost } from '../../lib/http/host.ts';

/** A web origin (RFC 6454, 4): scheme, host and port. */
export interface Origin {
  readonly scheme: string;
  /** Lower-case name or address; IPv6 in brackets. */
  readonly host: string;
  /** The scheme's own when the origin names none; 0 where the scheme has none. */
  readonly port: number;
  /** As a browser would write it: lower-case, without the scheme's own port. */
  readonly text: string;
}

/** Longest origin that is looked at: a host name of 253 bytes with scheme and port. */
export const MAX_ORIGIN_LENGTH = 300;

/** The port of a scheme, 0 where it has none. */
function defaultPortOf(scheme: string): number {
  if (scheme === 'https') return 443;
  return scheme === 'http' ? 80 : 0;
}

/**
 * Reads one `scheme://host[:port]` and nothing around it; `null`, lists, paths and user information are no origin here.
 *
 * Safety: a host with a trailing dot is another origin to a browser, so it is refused rather than normalised.
 */
export function parseOrigin(text: string): Origin | null {
  if (text.length > MAX_ORIGIN_LENGTH) return null;
  const colon = text.indexOf('://');
  if (colon <= 0) return null;
  const scheme = text.slice(0, colon).toLowerCase();
  if (!/^[a-z][a-z0-9+.-]*$/.test(scheme)) return null;
  const host = parseHost(text.slice(colon + 3));
  if (host === null || text.endsWith('.') || text.includes('.:')) return null;
  return originOf(scheme, host.host, host.port);
}

function originOf(scheme: string, host: string, writtenPort: number | null): Origin {
  const own = defaultPortOf(scheme);
  const port = writtenPort ?? own;
  return { scheme, host, port, text: port === own ? `${scheme}://${host}` : `${scheme}://${host}:${port}` };
}
