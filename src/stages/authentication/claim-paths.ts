import { NO_CLAIMS } from '../../core/principal.ts';
import type { JsonObject } from './jwt-token.ts';

const MAX_NAME_CHARS = 256;
const CONTROL = /[\x00-\x1f\x7f]/;

/** Member names from the top of the claims. */
export type ClaimPath = readonly string[];

/** Reads a claim's name, or a JSON pointer to it (RFC 6901). */
export function parseClaimPath(text: string): ClaimPath {
  if (!text.startsWith('/')) return [text];
  const names = text.slice(1).split('/');
  return names.map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** The value at a path; undefined where there is none. */
export function readClaim(claims: JsonObject, path: ClaimPath): unknown {
  let value: unknown = claims;
  for (const name of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as JsonObject)[name];
  }
  return value;
}

/** The texts of a list; one text is a list of itself; whatever else grants nothing. */
export function toTexts(value: unknown): readonly string[] {
  if (typeof value === 'string') return value === '' ? [] : [value];
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string' && item !== '') : [];
}

/** Scopes: a list, or words between spaces. */
export function toScopes(value: unknown): readonly string[] {
  return typeof value === 'string' ? toTexts(value.split(' ')) : toTexts(value);
}

/** A claim that is kept for a route, by the name or pointer that the route uses. */
export type KeptClaim = readonly [name: string, path: ClaimPath];

/**
 * The claims of a token that routes ask for, as text.
 *
 * Safety: a claim that is no text of 1 to 256 characters without control characters, no finite number and no boolean is absent.
 */
export function keepClaims(claims: JsonObject, kept: readonly KeptClaim[]): ReadonlyMap<string, string> {
  if (kept.length === 0) return NO_CLAIMS;
  const found = new Map<string, string>();
  for (const [name, path] of kept) {
    const value = readClaim(claims, path);
    const text = typeof value === 'number' || typeof value === 'boolean' ? String(value) : toName(value);
    if (text !== '') found.set(name, text);
  }
  return found;
}

/** Text of 1 to 256 characters without control characters; '' for whatever else. */
export function toName(value: unknown): string {
  return typeof value === 'string' && value.length <= MAX_NAME_CHARS && !CONTROL.test(value) ? value : '';
}
