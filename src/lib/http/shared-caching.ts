import type { FieldLines } from './field-lines.ts';

/** How long an answer may be served from memory. */
export interface Freshness {
  /** Milliseconds that it stays fresh, from when the origin made it. */
  readonly lifetimeMs: number;
  /** Milliseconds that had passed when it arrived (RFC 9111, 4.2.3). */
  readonly initialAgeMs: number;
}

/** Fields of an answer that is for one client, or that only another kind of cache can understand. */
const NOT_SHARED = [
  'set-cookie',
  'set-cookie2',
  'www-authenticate',
  'proxy-authenticate',
  'authentication-info',
  'clear-site-data',
  'content-range',
  'pragma',
  'surrogate-control',
  'cdn-cache-control',
];

/** What the gateway itself writes into every request to an upstream: different for each, and known to no key. */
const NEVER_KEYED = new Set([
  '*',
  'x-forwarded-for',
  'x-real-ip',
  'x-request-id',
  'forwarded',
  'via',
  'cookie',
  'authorization',
  'client-cert',
]);

const FORBIDDING = ['no-store', 'no-cache', 'private', 'must-understand'];
const DIRECTIVE = /^([a-z0-9!#$%&'*+.^_`|~-]+)(?:=("[^"\\]*"|[a-z0-9!#$%&'*+.^_`|~-]+))?$/;
const SECONDS = /^[0-9]{1,9}$/;
const HTTP_DATE =
  /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), [0-9]{2} (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2} GMT$/;

/**
 * Tells how long a shared cache may serve an answer of 200 to a request without credentials; null when it may not.
 *
 * Shape: stricter than RFC 9111, 3: freshness must be explicit, and whatever is unclear keeps an answer from being stored.
 * Safety: expects that every field of the request is part of the key; only fields that are not make `Vary` a reason.
 */
export function sharedFreshness(lines: FieldLines, askedAtMs: number, nowMs: number): Freshness | null {
  if (NOT_SHARED.some((name) => lines.has(name)) || !isKeyed(lines.joined('vary'))) return null;
  const dateMs = lines.count('date') > 1 ? null : dateOf(lines.get('date'));
  const directives = directivesOf(lines.joined('cache-control'));
  const ageS = lines.get('age') ?? '0';
  if (directives === null || lines.count('age') > 1 || !SECONDS.test(ageS)) return null;
  if (lines.has('date') && dateMs === null) return null;
  if (FORBIDDING.some((name) => directives.has(name))) return null;
  const lifetimeMs = lifetimeOf(directives, lines, dateMs ?? nowMs);
  const apparentMs = dateMs === null ? 0 : Math.max(0, nowMs - dateMs);
  const initialAgeMs = Math.max(apparentMs, Number(ageS) * 1000 + (nowMs - askedAtMs));
  return lifetimeMs > initialAgeMs ? { lifetimeMs, initialAgeMs } : null;
}

function isKeyed(vary: string | null): boolean {
  return vary === null || !vary.split(',').some((name) => NEVER_KEYED.has(name.trim().toLowerCase()));
}

/** The directives by name; null when there is one twice, or anything that is none. */
function directivesOf(value: string | null): Map<string, string> | null {
  const found = new Map<string, string>();
  for (const part of (value ?? '').toLowerCase().split(',')) {
    const text = part.trim();
    if (text === '') continue;
    const [, name, argument = ''] = DIRECTIVE.exec(text) ?? [];
    if (name === undefined || found.has(name)) return null;
    found.set(name, argument);
  }
  return found;
}

function lifetimeOf(directives: ReadonlyMap<string, string>, lines: FieldLines, dateMs: number): number {
  const seconds = directives.get('s-maxage') ?? directives.get('max-age');
  if (seconds !== undefined) return SECONDS.test(seconds) ? Number(seconds) * 1000 : 0;
  const expiresMs = lines.count('expires') === 1 ? dateOf(lines.get('expires')) : null;
  return expiresMs === null ? 0 : expiresMs - dateMs;
}

function dateOf(value: string | null): number | null {
  if (value === null || !HTTP_DATE.test(value)) return null;
  const ms = Date.parse(value);
  return Number.isNaN(ms) ? null : ms;
}
