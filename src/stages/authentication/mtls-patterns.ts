import type { AlternativeNames } from '../../lib/x509/extensions.ts';

export type NameKind = keyof AlternativeNames;

/** A name of subjectAltName, or several that an asterisk stands for. */
export interface NamePattern {
  readonly kind: NameKind;
  matches(name: string): boolean;
}

const VISIBLE = /^[\x21-\x7e]{1,512}$/;
const LABEL = /^[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?$/;
/** What an asterisk stands for in a URI: a segment that means the same to every reader (as in SPIFFE IDs). */
const SEGMENT = /^(?!\.{1,2}$)[A-Za-z0-9._~-]+$/;
const LOCAL_PART = /^[\x21-\x3f\x41-\x7e]+$/;
/** Scheme, nothing, authority: segments of a URI in front of its path. */
const BEFORE_PATH = 3;

/** What a pattern is for: URIs have a colon, addresses an at sign, host names neither. */
function kindOf(text: string): NameKind {
  if (text.includes(':')) return 'uri';
  return text.includes('@') ? 'email' : 'dns';
}

/** What is wrong with a pattern, as a sentence; '' when nothing is. */
export function namePatternProblem(text: string): string {
  if (!VISIBLE.test(text)) return 'A name has 1 to 512 visible ASCII characters.';
  const stars = text.split('*').length - 1;
  switch (kindOf(text)) {
    case 'uri':
      return uriProblem(text, stars);
    case 'email': {
      const [local = '', domain = '', more] = text.split('@');
      const isGood =
        more === undefined && isHostName(domain) && (local === '*' || (stars === 0 && local !== ''));
      return isGood ? '' : 'Write an address, or `*@` before a domain.';
    }
    case 'dns': {
      const rest = text.startsWith('*.') ? text.slice(2) : text;
      return isHostName(rest) ? '' : 'Write a host name, or `*.` before one, for one whole label.';
    }
  }
}

function uriProblem(text: string, stars: number): string {
  if (stars === 0) return URL.canParse(text) ? '' : 'Write a URI, such as spiffe://company/service.';
  const segments = text.split('/');
  const isWhole = segments.every(
    (segment, at) => !segment.includes('*') || (segment === '*' && at >= BEFORE_PATH),
  );
  return isWhole ? '' : 'An asterisk stands for one whole segment of the path: spiffe://company/partner/*.';
}

function isHostName(text: string): boolean {
  return text.length <= 253 && text.split('.').every((label) => LABEL.test(label));
}

/** Compiles a pattern without problems. */
export function compileNamePattern(text: string): NamePattern {
  const kind = kindOf(text);
  switch (kind) {
    case 'uri':
      return { kind, matches: uriMatcher(text) };
    case 'email':
      return { kind, matches: emailMatcher(text) };
    case 'dns':
      return { kind, matches: dnsMatcher(text) };
  }
}

function uriMatcher(pattern: string): (name: string) => boolean {
  const wanted = pattern.split('/');
  if (!wanted.includes('*')) return (name) => name === pattern;
  return (name) => {
    const segments = name.split('/');
    return (
      segments.length === wanted.length &&
      segments.every((segment, at) => (wanted[at] === '*' ? SEGMENT.test(segment) : segment === wanted[at]))
    );
  };
}

/** RFC 5280, 7.5: the local part is compared as it is, the domain without case. */
function emailMatcher(pattern: string): (name: string) => boolean {
  const [local, domain = ''] = pattern.split('@') as [string, string?];
  const wanted = domain.toLowerCase();
  return (name) => {
    const at = name.indexOf('@');
    if (at < 1 || name.slice(at + 1).toLowerCase() !== wanted) return false;
    return local === '*' ? LOCAL_PART.test(name.slice(0, at)) : name.slice(0, at) === local;
  };
}

/** A certificate whose own name has an asterisk stands for no host in particular, so that no asterisk stands for it. */
function dnsMatcher(pattern: string): (name: string) => boolean {
  const wanted = pattern.toLowerCase();
  if (!wanted.startsWith('*.')) return (name) => name.toLowerCase() === wanted;
  return (name) => {
    const dot = name.indexOf('.');
    return dot > 0 && name.slice(dot).toLowerCase() === wanted.slice(1) && LABEL.test(name.slice(0, dot));
  };
}

/** What is wrong with a subject as it is written, as a sentence; '' when nothing is. */
export function subjectProblem(text: string): string {
  if (text.length < 3 || text.length > 1024) return 'A subject has 3 to 1024 characters.';
  const parts = text.split(/(?<!\\)[,+]/);
  if (parts.some((part) => !/^(?:[A-Za-z][A-Za-z0-9-]*|\d+(?:\.\d+)+)=/.test(part))) {
    return 'Write it as RFC 4514 does, the name first and without spaces after commas: CN=partner,O=Company,C=DE.';
  }
  return '';
}

/** A SHA-256 thumbprint as lower-case hexadecimal; null when the text is none. */
export function parseThumbprint(text: string): string | null {
  const hex = text.replaceAll(':', '');
  if (/^[0-9A-Fa-f]{64}$/.test(hex)) return hex.toLowerCase();
  if (!/^[A-Za-z0-9_-]{43}$/.test(text)) return null;
  const bytes = Buffer.from(text, 'base64url');
  return bytes.length === 32 && bytes.toString('base64url') === text ? bytes.toString('hex') : null;
}
