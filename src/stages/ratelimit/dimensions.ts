import { hash } from 'node:crypto';
import type { RequestContext } from '../../core/context.ts';
import type { Principal } from '../../core/principal.ts';
import { formatIp, type Ip, prefixOf } from '../../lib/ip/address.ts';
import {
  type ByConfig,
  type DimensionConfig,
  dimensionsOf,
  type PlainDimension,
} from './dimension.schema.ts';

/** Which requests one counter may hold: those of a route, of an API, or of all APIs. */
export type Reach = 'route' | 'api' | 'global';

/**
 * Whose requests are counted together.
 *
 * Safety: two callers that differ in any part have different clients, whatever bytes the parts hold: each part begins
 * with a letter for its kind, what is long or secret is hashed under a letter of its own, and the parts of a combination
 * carry their lengths. What is missing never makes a counter of its own: see the description of `by`.
 */
export interface Dimension {
  /** As the journal names it. */
  readonly name: string;
  /** The same of a request without a principal. */
  readonly strangerName: string;
  /** Tells dimensions apart in scopes. */
  readonly id: string;
  readonly reach: Reach;
  /** Whether it tells callers apart at all. */
  readonly isShared: boolean;
  /** Whether a caller chooses its counter, by what it sends in a header field. */
  readonly isClaimed: boolean;
  /** The counter of a request within a scope; at most about 600 characters. */
  clientOf(ctx: RequestContext): string;
}

/** Where a limit is written. */
export interface LimitPlace {
  readonly apiId: string;
  readonly endpointId: string;
}

/** The scope of a limit for all requests that its dimension counts together. */
export function scopeOf(kind: string, dimension: Dimension, place: LimitPlace): string {
  const { reach, id } = dimension;
  const api = reach === 'global' ? '' : place.apiId;
  const endpoint = reach !== 'route' || place.endpointId === '' ? '' : `/${place.endpointId}`;
  return `${kind}/${id}/${api}${endpoint}`;
}

const LONGEST = 128;
/** One counter for all that lack something. */
const MISSING = '-';
const CAPITALS = /[A-Z]+/g;
const lower = (text: string): string => text.toLowerCase();

type Part = (ctx: RequestContext) => string;

/** A part of a kind; what is long is hashed, under the capital of the letter so that no text can be written like a hash. */
function partOf(letter: string, value: string): string {
  if (value.length <= LONGEST && value.isWellFormed()) return letter + value;
  return letter.toUpperCase() + hash('sha256', Buffer.from(value, 'utf16le'), 'base64url');
}

/** IPv4 whole, IPv6 by its prefix. */
function addressPart(ip: Ip, ipv6Prefix: number): string {
  return `a${ip.family === 4 ? formatIp(ip) : prefixOf(ip, ipv6Prefix)}`;
}

function principalPart({ counterKey }: Principal): string {
  return partOf('p', counterKey);
}

/** Subjects are unique within their issuer only (OpenID Connect Core, section 2). */
function userPart(principal: Principal): string {
  const { issuer, subject } = principal;
  return subject === '' ? principalPart(principal) : partOf('u', `${issuer.length}:${issuer}${subject}`);
}

/**
 * Cost: a hash each time.
 * Safety: hashed whatever its length, for it may be a secret. Upstreams may ignore case, so case makes no difference.
 */
function headerPart(ctx: RequestContext, name: string): string {
  const { names, values } = ctx.headers;
  const at = names.indexOf(name);
  if (at < 0 || names.indexOf(name, at + 1) >= 0) return MISSING;
  const value = (values[at] as string).replace(CAPITALS, lower);
  return value === '' ? MISSING : `H${hash('sha256', value, 'base64url')}`;
}

function valuePart(letter: string, value: string | undefined): string {
  return value === undefined || value === '' ? MISSING : partOf(letter, value);
}

/** How each word reads the principal. */
const OF_PRINCIPAL: Readonly<Partial<Record<PlainDimension, (principal: Principal) => string>>> = {
  principal: principalPart,
  key: (principal) => (principal.keyId === '' ? principalPart(principal) : partOf('k', principal.keyId)),
  user: userPart,
  client: ({ clientId }) => valuePart('c', clientId),
  tenant: ({ attributes }) => valuePart('t', attributes.tenant),
};

/** What tells callers apart in one dimension; null where nothing does. */
function compilePart(dimension: DimensionConfig, ipv6Prefix: number): Part | null {
  if (dimension === 'address') return (ctx) => addressPart(ctx.client, ipv6Prefix);
  if (typeof dimension === 'object' && 'header' in dimension) {
    const name = dimension.header.toLowerCase();
    return (ctx) => headerPart(ctx, name);
  }
  const read =
    typeof dimension === 'string'
      ? OF_PRINCIPAL[dimension]
      : ({ claims }: Principal) => valuePart('m', claims.get(dimension.claim));
  if (read === undefined) return null;
  return ({ principal, client }) => (principal === null ? addressPart(client, ipv6Prefix) : read(principal));
}

function nameOf(dimension: DimensionConfig): string {
  if (typeof dimension === 'string') return dimension;
  return 'header' in dimension ? `header ${dimension.header.toLowerCase()}` : `claim ${dimension.claim}`;
}

function strangerNameOf(dimension: DimensionConfig): string {
  const isOfPrincipal = typeof dimension === 'string' ? dimension in OF_PRINCIPAL : 'claim' in dimension;
  return isOfPrincipal ? 'address' : nameOf(dimension);
}

/** One part as it is, several each behind its length. */
function combine(parts: readonly Part[]): Part {
  const [first] = parts;
  if (first === undefined) return () => '';
  if (parts.length === 1) return first;
  return (ctx) => {
    let text = '';
    for (let i = 0; i < parts.length; i++) {
      const part = (parts[i] as Part)(ctx);
      text += `${part.length}:${part}`;
    }
    return text;
  };
}

/** Compiles a `by`. */
export function compileDimension(by: ByConfig, ipv6Prefix: number): Dimension {
  const list = dimensionsOf(by);
  const parts = list.map((one) => compilePart(one, ipv6Prefix)).filter((part) => part !== null);
  const names = list.map(nameOf);
  return {
    name: names.join(' and '),
    strangerName: [...new Set(list.map(strangerNameOf))].join(' and '),
    id: names.map((name) => encodeURIComponent(name.toWellFormed())).join('+'),
    reach: list.includes('global') ? 'global' : list.includes('api') ? 'api' : 'route',
    isShared: parts.length === 0,
    isClaimed: list.some((one) => typeof one === 'object' && 'header' in one),
    clientOf: combine(parts),
  };
}
