/** The head of an HTTP/2 request in the terms of HTTP/1. */
export interface Http2Head {
  readonly method: string;
  /** The `:path`; the whole URI where `:scheme` is not that of the connection, so that reading can judge it. */
  readonly target: string;
  readonly authority: string | null;
  /** Flat names and values without pseudo-fields. */
  readonly fields: readonly string[];
}

/**
 * Splits the fields of a head that the HTTP/2 layer found well-formed: pseudo-fields first, none of them twice.
 *
 * Shape: `raw` is flat; `scheme` is what the connection speaks.
 */
export function splitHttp2Head(raw: readonly string[], scheme: 'http' | 'https'): Http2Head {
  let method = '';
  let path = '';
  let authority: string | null = null;
  let named: string = scheme;
  let at = 0;
  for (; at + 1 < raw.length && (raw[at] as string).charCodeAt(0) === 0x3a; at += 2) {
    const value = raw[at + 1] as string;
    if (raw[at] === ':method') method = value;
    else if (raw[at] === ':path') path = value;
    else if (raw[at] === ':authority') authority = value;
    else if (raw[at] === ':scheme') named = value.toLowerCase();
  }
  const target = named === scheme ? path : `${named}://${authority ?? ''}${path}`;
  return { method, target, authority, fields: joinCookies(raw, at) };
}

/** The fields from `from` on; cookie crumbs become one field before they leave HTTP/2 (RFC 9113, 8.2.3). */
function joinCookies(raw: readonly string[], from: number): readonly string[] {
  let crumbs = 0;
  for (let i = from; i + 1 < raw.length; i += 2) if (raw[i] === 'cookie') crumbs++;
  if (crumbs < 2) return raw.slice(from);
  const kept: string[] = [];
  const values: string[] = [];
  for (let i = from; i + 1 < raw.length; i += 2) {
    if (raw[i] === 'cookie') values.push(raw[i + 1] as string);
    else kept.push(raw[i] as string, raw[i + 1] as string);
  }
  kept.push('cookie', values.join('; '));
  return kept;
}
