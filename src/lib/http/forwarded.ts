import { type Ip, parseIp } from '../ip/address.ts';
import { parseQuoted, skipBlanks, tokenEnd, trimBlanks } from './fields.ts';

/** What one proxy says about the hop before it. */
export interface ForwardedHop {
  /** Null when absent, unknown, obfuscated or not an address. */
  readonly for: Ip | null;
  /** Lower-case. */
  readonly proto: string | null;
  /** As written; read it with `parseHost`. */
  readonly host: string | null;
}

/** Reads an X-Forwarded-For field, nearest hop last; an entry that is not an address is null at its place. */
export function parseXForwardedFor(value: string): (Ip | null)[] {
  return trimBlanks(value) === '' ? [] : value.split(',').map((entry) => parseNode(trimBlanks(entry)));
}

/** Reads an address with or without port; IPv6 may, and with a port must, be in brackets. */
function parseNode(text: string): Ip | null {
  if (text.startsWith('[')) {
    const end = text.indexOf(']');
    const literal = text.slice(1, end);
    return end > 0 && literal.includes(':') && isPortSuffix(text.slice(end + 1)) ? parseIp(literal) : null;
  }
  const colon = text.indexOf(':');
  if (colon < 0 || text.indexOf(':', colon + 1) >= 0) return parseIp(text);
  return isPortSuffix(text.slice(colon)) ? parseIp(text.slice(0, colon)) : null;
}

/** RFC 7239, 6.3: a port is a number or obfuscated. */
function isPortSuffix(text: string): boolean {
  return text === '' || /^:(?:[0-9]{1,5}|_[A-Za-z0-9._-]+)$/.test(text);
}

/**
 * Reads a Forwarded field (RFC 7239, 4), nearest hop last; null when it does not follow the grammar.
 *
 * Safety: null must refuse the request, not fall back to the peer: the far end of the field is the client's to write. A
 * node that is not an address only makes its own `for` null. Blanks around `;` are let through, as proxies write them.
 */
export function parseForwarded(value: string): ForwardedHop[] | null {
  const hops: ForwardedHop[] = [];
  let i = skipBlanks(value, 0);
  while (i < value.length) {
    if (value.charCodeAt(i) === 0x2c) {
      i = skipBlanks(value, i + 1);
      continue;
    }
    const pairs = new Map<string, string>();
    i = parseElement(value, i, pairs);
    if (i < 0) return null;
    hops.push(hopOf(pairs));
  }
  return hops;
}

/** Collects the pairs of the element that starts at `from`; returns where its comma or the end is, -1 if malformed. */
function parseElement(value: string, from: number, pairs: Map<string, string>): number {
  let i = from;
  for (;;) {
    const nameEnd = tokenEnd(value, i);
    if (nameEnd > i) {
      const name = value.slice(i, nameEnd).toLowerCase();
      if (value.charCodeAt(nameEnd) !== 0x3d || pairs.has(name)) return -1;
      const start = nameEnd + 1;
      const quoted = parseQuoted(value, start);
      i = quoted === null ? tokenEnd(value, start) : quoted.end;
      if (i === start) return -1;
      pairs.set(name, quoted === null ? value.slice(start, i) : quoted.text);
    }
    i = skipBlanks(value, i);
    if (i === value.length || value.charCodeAt(i) === 0x2c) return i;
    if (value.charCodeAt(i) !== 0x3b) return -1;
    i = skipBlanks(value, i + 1);
  }
}

function hopOf(pairs: ReadonlyMap<string, string>): ForwardedHop {
  const node = pairs.get('for');
  const proto = pairs.get('proto');
  return {
    for: node === undefined ? null : parseNode(node),
    proto: proto === undefined || !/^[A-Za-z][A-Za-z0-9+.-]*$/.test(proto) ? null : proto.toLowerCase(),
    host: pairs.get('host') ?? null,
  };
}

/**
 * Finds the client behind trusted proxies: from the peer leftwards along the chain while the hop at hand is trusted.
 *
 * Safety: only what a trusted hop wrote is believed; at an entry that is not an address the walk stops at the hop that
 * wrote it, so that the worst a client can do with rubbish is to be taken for that proxy.
 */
export function clientFrom(chain: readonly (Ip | null)[], peer: Ip, isTrusted: (ip: Ip) => boolean): Ip {
  let hop = peer;
  for (let i = chain.length - 1; i >= 0 && isTrusted(hop); i--) {
    const before = chain[i] as Ip | null;
    if (before === null) return hop;
    hop = before;
  }
  return hop;
}
