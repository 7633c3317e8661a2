import { parseHost } from '../http/host.ts';
import { escapedByte } from './escapes.ts';
import { normalizePath } from './path.ts';
import { type PathProblem, refuse, STRICT_POLICY, type TargetFault, type TargetPolicy } from './policy.ts';

export { canonicalPath } from './path.ts';
export { STRICT_POLICY, type TargetFault, type TargetPolicy } from './policy.ts';

/** The canonical target of a request. */
export interface Target {
  readonly ok: true;
  readonly form: 'origin' | 'absolute' | 'asterisk';
  /** Starts with a slash, or is `*`. */
  readonly path: string;
  /** As received, without the question mark; '' when absent. */
  readonly query: string;
  readonly hasQuery: boolean;
  /** As received, from the absolute form only. */
  readonly authority: string | null;
  /** Lower-case, from the absolute form only. */
  readonly scheme: string | null;
}

/** Why a target is refused. */
export type TargetProblem = PathProblem;

/** Longest target that is looked at; listeners have lower limits of their own. */
export const MAX_TARGET_LENGTH = 65_536;

const SLASH = 0x2f;
const DOT = 0x2e;
const QUERY = 0x3f;
const PLAIN = 1;
const IN_QUERY = 2;
const CLASSES = classes();

/** Marks what can stand in a canonical path, and what a query needs no second look at. */
function classes(): Uint8Array {
  const table = new Uint8Array(128);
  for (let code = 0x21; code < 0x7f; code++) if (code !== 0x23 && code !== 0x25) table[code] = IN_QUERY;
  const plain = "/.-_~!$&'()*+,=:@0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  for (const char of plain) table[char.charCodeAt(0)] = PLAIN | IN_QUERY;
  return table;
}

/**
 * Reads a request target (RFC 9112, 3.2) into the one form that router, stages, journal and upstream see.
 *
 * Cost: a target of plain characters is one scan; path and query are slices.
 * Safety: whatever two readers could understand differently is refused, see `TargetFault`. `authority-form` also stands
 * for every other form that the method does not take.
 */
export function parseTarget(
  method: string,
  raw: string,
  policy: TargetPolicy = STRICT_POLICY,
): Target | TargetProblem {
  if (raw.length === 0) return refuse('empty');
  if (raw.length > MAX_TARGET_LENGTH) return refuse('too-long');
  if (method === 'CONNECT') return refuse('authority-form');
  if (raw.charCodeAt(0) === SLASH) return parsePathAndQuery('origin', null, null, raw, policy);
  if (raw === '*' && method === 'OPTIONS') return targetOf('asterisk', null, null, '*', '', false);
  return parseAbsolute(raw, policy);
}

/** One place that makes targets, so that all have one shape. */
function targetOf(
  form: Target['form'],
  scheme: string | null,
  authority: string | null,
  path: string,
  query: string,
  hasQuery: boolean,
): Target {
  return { ok: true, form, path, query, hasQuery, authority, scheme };
}

/** Reads what follows the authority; it starts with a slash. */
function parsePathAndQuery(
  form: Target['form'],
  scheme: string | null,
  authority: string | null,
  raw: string,
  policy: TargetPolicy,
): Target | TargetProblem {
  const plainEnd = scanPlainPath(raw);
  if (plainEnd === raw.length) return targetOf(form, scheme, authority, raw, '', false);
  const mark = plainEnd >= 0 ? plainEnd : raw.indexOf('?');
  const end = mark < 0 ? raw.length : mark;
  let path = raw.slice(0, end);
  if (plainEnd < 0) {
    const normal = normalizePath(path, policy);
    if (!normal.ok) return normal;
    path = normal.path;
  }
  if (end === raw.length) return targetOf(form, scheme, authority, path, '', false);
  const fault = queryFault(raw, end + 1);
  return fault === null ? targetOf(form, scheme, authority, path, raw.slice(end + 1), true) : refuse(fault);
}

/**
 * Finds where a path that is canonical as it stands ends; -1 when it has to be looked at more closely.
 *
 * Safety: a missed canonical path only costs time, so every dot next to a slash counts as one that is not.
 */
function scanPlainPath(raw: string): number {
  let before = 0;
  for (let i = 0; i < raw.length; i++) {
    const code = raw.charCodeAt(i);
    if (code === SLASH) {
      if (before === SLASH || before === DOT) return -1;
    } else if (code === DOT) {
      if (before === SLASH) return -1;
    } else if (code === QUERY) {
      return i;
    } else if (code > 0x7e || ((CLASSES[code] as number) & PLAIN) === 0) {
      return -1;
    }
    before = code;
  }
  return raw.length;
}

/** Looks over a query: visible ASCII and whole escapes; nothing is decoded. */
function queryFault(raw: string, from: number): TargetFault | null {
  for (let i = from; i < raw.length; i++) {
    const code = raw.charCodeAt(i);
    if (code <= 0x7e && ((CLASSES[code] as number) & IN_QUERY) !== 0) continue;
    if (code === 0x23) return 'fragment';
    if (code !== 0x25) return 'characters';
    if (escapedByte(raw, i) < 0) return 'percent';
    i += 2;
  }
  return null;
}

/** Reads an absolute form with a scheme of http or https and no user information. */
function parseAbsolute(raw: string, policy: TargetPolicy): Target | TargetProblem {
  const start = /^[A-Za-z][A-Za-z0-9+.-]*:\/\//.exec(raw);
  if (start === null) return refuse('authority-form');
  const from = start[0].length;
  const scheme = raw.slice(0, from - 3).toLowerCase();
  if (scheme !== 'http' && scheme !== 'https') return refuse('scheme');

  const length = raw.slice(from).search(/[/?#\\]/);
  const end = length < 0 ? raw.length : from + length;
  const authority = raw.slice(from, end);
  if (authority.includes('@')) return refuse('userinfo');
  if (raw.charCodeAt(end) === 0x5c) return refuse('backslash'); // some readers end the authority there, some do not
  if (parseHost(authority) === null) return refuse('characters');
  const rest = raw.slice(end);
  // RFC 9110, 4.2.3: an empty path is the same as "/"
  return parsePathAndQuery('absolute', scheme, authority, rest.startsWith('/') ? rest : `/${rest}`, policy);
}
