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

/** Text of 1 to 256 characters without control characters; '' for whatever else. */
export function toName(value: unknown): string {
  return typeof value === 'string' && value.length <= MAX_NAME_CHARS && !CONTROL.test(value) ? value : '';
}
