import { answer, type Decision } from '../../core/decision.ts';
import type { CorsConfig } from './cors.schema.ts';
import { MAX_ORIGIN_LENGTH, type Origin, parseOrigin } from './origin.ts';
import { matchesOrigin, type OriginPattern, parseOriginPattern } from './origin-pattern.ts';

/** What an allowed origin gets, ready to send. */
export interface OriginGrant {
  /** Flat header fields of every answer. */
  readonly headers: readonly string[];
  /** The answer to a preflight that passed. */
  readonly preflight: Decision;
}

/** Spellings of origins behind a wildcard that are remembered. */
const MAX_REMEMBERED = 1024;

/**
 * Finds what an origin is granted.
 *
 * Cost: one look into a map for origins as browsers write them; others are parsed.
 * Safety: an answer only ever names the canonical origin, never what the client wrote.
 */
export class OriginGrants {
  readonly #config: CorsConfig;
  readonly #exact = new Map<string, OriginGrant>();
  readonly #patterns: readonly OriginPattern[];
  readonly #remembered = new Map<string, OriginGrant>();
  readonly #anyOrigin: OriginGrant | null;

  constructor(config: CorsConfig) {
    this.#config = config;
    const patterns = config.origins.map((text) => parseOriginPattern(text) as OriginPattern);
    this.#patterns = patterns.filter(({ kind }) => kind === 'any' || kind === 'subdomains');
    this.#anyOrigin = patterns.some(({ kind }) => kind === 'any') ? grantOf('*', config) : null;
    for (const pattern of patterns) {
      if (pattern.kind === 'exact')
        this.#exact.set(pattern.origin.text, grantOf(pattern.origin.text, config));
      // Fetch, 3.2.5: a "*" also covers the opaque origin
      if (pattern.kind === 'null') this.#exact.set('null', grantOf('null', config));
      if (pattern.kind === 'any') this.#exact.set('null', this.#anyOrigin as OriginGrant);
    }
  }

  /** The grant of the origin that an Origin field names, or null. */
  find(text: string): OriginGrant | null {
    if (text.length > MAX_ORIGIN_LENGTH) return null;
    return this.#exact.get(text) ?? this.#remembered.get(text) ?? this.#search(text);
  }

  #search(text: string): OriginGrant | null {
    const origin = parseOrigin(text);
    if (origin === null) return null;
    const exact = this.#exact.get(origin.text);
    if (exact !== undefined) return exact;
    if (!this.#matches(origin)) return null;
    const grant = this.#anyOrigin ?? grantOf(origin.text, this.#config);
    if (this.#remembered.size >= MAX_REMEMBERED) this.#remembered.clear();
    this.#remembered.set(text, grant);
    return grant;
  }

  #matches(origin: Origin): boolean {
    for (let i = 0; i < this.#patterns.length; i++) {
      if (matchesOrigin(this.#patterns[i] as OriginPattern, origin)) return true;
    }
    return false;
  }
}

/** `allowed` is the value of Access-Control-Allow-Origin. */
function grantOf(allowed: string, config: CorsConfig): OriginGrant {
  const headers = ['Access-Control-Allow-Origin', allowed];
  if (config.credentials) headers.push('Access-Control-Allow-Credentials', 'true');
  const preflight = [...headers, 'Access-Control-Allow-Methods', methodsOf(config).join(', ')];
  if (config.headers.length > 0) preflight.push('Access-Control-Allow-Headers', config.headers.join(', '));
  preflight.push('Access-Control-Max-Age', String(config.maxAgeS));
  if (config.exposedHeaders.length > 0) {
    headers.push('Access-Control-Expose-Headers', config.exposedHeaders.join(', '));
  }
  return { headers, preflight: answer('cors.preflight', preflight) };
}

/** The methods of cross-origin requests, HEAD among them. */
export function methodsOf(config: CorsConfig): readonly string[] {
  return config.methods.includes('HEAD') ? config.methods : [...config.methods, 'HEAD'];
}
