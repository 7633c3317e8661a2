import { parseIp } from '../../lib/ip/address.ts';
import { type Origin, parseOrigin } from './origin.ts';

/** What an entry of `cors.origins` stands for. */
export type OriginPattern =
  | { readonly kind: 'any' }
  | { readonly kind: 'null' }
  | { readonly kind: 'exact'; readonly origin: Origin }
  /** One or more labels in front of the parent; never the parent itself. */
  | { readonly kind: 'subdomains'; readonly parent: Origin };

const WILDCARD = '://*.';

/** Reads an entry: an origin, `https://*.company.com`, `*` or `null`; null when it is none of them. */
export function parseOriginPattern(text: string): OriginPattern | null {
  const found = examine(text);
  return typeof found === 'string' ? null : found;
}

/** Says in one sentence why an entry is not taken and what to write instead; null when it is. */
export function originPatternProblem(text: string): string | null {
  const found = examine(text);
  return typeof found === 'string' ? found : null;
}

/** Whether the origin is one that the entry stands for. */
export function matchesOrigin(pattern: OriginPattern, origin: Origin): boolean {
  if (pattern.kind === 'any') return true;
  if (pattern.kind === 'null') return false;
  if (pattern.kind === 'exact') return pattern.origin.text === origin.text;
  const { scheme, host, port } = pattern.parent;
  if (origin.scheme !== scheme || origin.port !== port) return false;
  // The dot makes evilcompany.com another name; parseOrigin made sure that only labels stand before it.
  const start = origin.host.length - host.length;
  return start > 1 && origin.host.charCodeAt(start - 1) === 0x2e && origin.host.endsWith(host);
}

function examine(text: string): OriginPattern | string {
  if (text === '*') return { kind: 'any' };
  if (text === 'null') return { kind: 'null' };
  if (!text.includes('://')) {
    const origin = parseOrigin(`https://${text}`);
    const advice = origin === null ? 'such as "https://app.company.com"' : `such as "${origin.text}"`;
    return `"${text}" lacks a scheme; write the origin as browsers send it, ${advice}.`;
  }
  if (text.includes('*')) return examineWildcard(text);
  const origin = parseOrigin(text);
  return origin === null ? originProblem(text) : { kind: 'exact', origin };
}

function examineWildcard(text: string): OriginPattern | string {
  const parent = parseOrigin(text.replace(WILDCARD, '://'));
  if (parent === null || !text.includes(WILDCARD)) {
    return `"${text}" is not an origin: a "*" stands only for the labels in front of a domain, as in "https://*.company.com".`;
  }
  const { host } = parent;
  if (host.startsWith('[') || parseIp(host) !== null) {
    return `"${text}" has a "*" before an address, which has no subdomains; write the origin "${parent.text}".`;
  }
  if (!host.includes('.') && host !== 'localhost') {
    return `"${text}" stands for every site under ".${host}"; name a domain of your own, as in "https://*.company.${host}".`;
  }
  return { kind: 'subdomains', parent };
}

/** Cost: builds a URL object; configuration only. */
function originProblem(text: string): string {
  const quoted = JSON.stringify(text);
  const meant = URL.canParse(text) ? new URL(text) : null;
  const origin =
    meant === null ? null : parseOrigin(`${meant.protocol}//${meant.host.replace(/\.(?=:|$)/, '')}`);
  if (origin === null)
    return `${quoted} is not an origin; write scheme and host, as in "https://app.company.com".`;
  return `${quoted} is not an origin as browsers send it; write "${origin.text}".`;
}
