import { decodeEscapes } from './escapes.ts';
import { type PathResult, refuse, STRICT_POLICY, type TargetFault, type TargetPolicy } from './policy.ts';

/** The canonical spelling of a path written in the configuration, or null where a request could never have it. */
export function canonicalPath(text: string, policy: TargetPolicy = STRICT_POLICY): string | null {
  if (!text.startsWith('/') || text.includes('?')) return null;
  const result = normalizePath(text, policy);
  return result.ok ? result.path : null;
}

/**
 * Brings a path to its one spelling: escapes decoded once where they stand for unreserved characters, otherwise in
 * upper case; dot segments removed; runs of slashes made one.
 *
 * Safety: decoding comes before the dot segments, so that `%2e%2e` counts; slashes are merged before `..` is resolved,
 * so that `/a//../b` is `/b` as nginx reads it, and `//..` climbs above the root and is refused.
 */
export function normalizePath(raw: string, policy: TargetPolicy): PathResult {
  const decoded = decodeEscapes(raw, policy);
  if (!decoded.ok) return decoded;
  const segments: string[] = [];
  const parts = decoded.path.split('/');
  for (let i = 1; i < parts.length; i++) {
    const part = parts[i] as string;
    if (part === '..') {
      if (segments.pop() === undefined) return refuse('above-root');
    } else if (part !== '' && part !== '.') {
      const hidden = hiddenDots(part);
      if (hidden !== null) return refuse(hidden);
      segments.push(part);
    }
  }
  const last = parts[parts.length - 1];
  const open = last === '' || last === '.' || last === '..';
  const joined = `/${segments.join('/')}`;
  return { ok: true, path: open && segments.length > 0 ? `${joined}/` : joined };
}

/**
 * Finds dot segments that only appear when an upstream decodes `%2F` once more or cuts segments at `;`.
 *
 * Safety: matters only where the policy keeps those; a segment such as `..;x` or `a%2F..` has no honest use.
 */
function hiddenDots(segment: string): TargetFault | null {
  for (const piece of segment.split('%2F')) {
    if (piece === '.' || piece === '..') return 'encoded-slash';
    if (/^\.{0,2}(?:;|%3B)/.test(piece)) return 'semicolon';
  }
  return null;
}
