import { decodePercent } from '../bodies/percent.ts';
import type { Bytes } from '../bytes.ts';

/** A target taken apart. */
export interface TargetParts {
  /** null where an absolute or authority form has none. */
  readonly path: Bytes | null;
  /** What stands behind the first `?`; null where there is none. */
  readonly query: Bytes | null;
  /** Of an absolute form; null of the others. */
  readonly authority: Bytes | null;
}

/** Takes a target apart as it was received. Slashes before the path are one; a fragment stays where it stands. */
export function parseTarget(target: Bytes, method: Bytes): TargetParts {
  if (method === 'CONNECT') return { path: null, query: null, authority: target };
  const absolute = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)/i.exec(target);
  const rest = absolute === null ? target.replace(/^\/{2,}/, '/') : target.slice(absolute[0].length);
  const mark = rest.indexOf('?');
  const path = mark < 0 ? rest : rest.slice(0, mark);
  return {
    path: path === '' ? null : path,
    query: mark < 0 ? null : rest.slice(mark + 1),
    authority: absolute?.[1] ?? null,
  };
}

/**
 * The path as rules of phase 2 and later see it: dot segments and repeated slashes are gone, escapes decoded once.
 *
 * Safety: what a server would not serve, a path with a slash, a NUL or nothing behind its escapes or one that climbs above the
 * root, stays as it was received; rules decode it themselves.
 */
export function decodePath(path: Bytes): Bytes {
  if (/%(?:2f|00|(?![0-9a-f]{2}))/i.test(path)) return path;
  const dotted = path.includes('%2') ? path.replaceAll(/%2e/gi, '.') : path;
  const normal = /\/(?:\/|\.{1,2}(?:\/|$))/.test(dotted) ? withoutDots(dotted) : dotted;
  return normal === null ? path : decodePercent(normal).text;
}

/** A path without dot segments and empty ones; null where it climbs above the root. */
function withoutDots(path: Bytes): Bytes | null {
  const kept: Bytes[] = [];
  const segments = path.split('/');
  for (let i = 1; i < segments.length; i++) {
    const segment = segments[i] as Bytes;
    if (segment === '..') {
      if (kept.pop() === undefined) return null;
    } else if (segment !== '' && segment !== '.') kept.push(segment);
  }
  const isOpen = /(?:^|\/)\.{0,2}$/.test(path) && kept.length > 0;
  return `/${kept.join('/')}${isOpen ? '/' : ''}`;
}

/** What stands behind the last slash or backslash. */
export function baseName(path: Bytes): Bytes {
  return path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
}
