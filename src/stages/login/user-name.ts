import type { RequestContext } from '../../core/context.ts';
import { parseMediaType } from '../../lib/http/media-type.ts';
import { checkJson } from '../../lib/text/json-depth.ts';
import { firstNonUtf8 } from '../../lib/text/utf8.ts';

const JSON_LIMITS = { maxDepth: 16 };
const FORM = 'application/x-www-form-urlencoded';
const PHP_SEPARATORS = /[ .]/g;
/** A question mark at the start, or where it is once a byte order mark is taken away. */
const QUERY_MARK = /^\uFEFF?\?/;

/** Where a login names its user. */
export interface UserNamePlace {
  /** Name of the form field; null when forms are not taken. */
  readonly field: string | null;
  /** Steps from the outermost JSON value to the user name. */
  readonly steps: readonly string[];
}

/**
 * Reads the user name of a login; null when there is none or readers could disagree about it.
 *
 * Shape: compatibility forms, capitals and outer blanks make no difference, because few upstreams tell `Alice` and `alice` apart.
 * Safety: a name counts as given twice when some reader takes one for the other: names are compared as one does who
 * ignores case and takes `user.name` and `user_name[0]` for `user_name`; and the query may not give one beside the body.
 */
export function readUserName(ctx: RequestContext, place: UserNamePlace): string | null {
  const { body, headers } = ctx;
  if (body === null || firstNonUtf8(body) >= 0 || headers.has('content-encoding')) return null;
  const media = parseMediaType(headers.joined('content-type') ?? '');
  if (media === null) return null;
  const charset = media.parameters.get('charset') ?? 'utf-8';
  if (!/^utf-?8$/i.test(charset) || media.parameters.has('charset*')) return null;
  const name = place.field ?? (place.steps.at(-1) as string);
  if (findFields(ctx.query, name)?.length !== 0) return null;
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8');
  const found =
    media.type === FORM ? fromForm(text, place) : isJson(media.type) ? fromJson(body, text, place) : null;
  return found === null ? null : found.normalize('NFKC').trim().toLowerCase();
}

function isJson(type: string): boolean {
  return type === 'application/json' || type.endsWith('+json');
}

function fromForm(text: string, { field }: UserNamePlace): string | null {
  const found = field === null ? null : findFields(text, field);
  return found?.length === 1 ? (found[0] as string) : null;
}

/**
 * The values of every field that some reader takes for the named one; null when something cannot be decoded.
 *
 * Safety: `URLSearchParams` and others drop a question mark in front, and so see a first field that nobody else sees.
 */
function findFields(text: string, name: string): string[] | null {
  if (QUERY_MARK.test(text)) return null;
  const wanted = fold(name);
  const found: string[] = [];
  for (const pair of text.split('&')) {
    const equals = pair.indexOf('=');
    const key = decode(equals < 0 ? pair : pair.slice(0, equals));
    if (key === null) return null;
    if (fold(key) !== wanted) continue;
    const value = decode(equals < 0 ? '' : pair.slice(equals + 1));
    if (value === null) return null;
    found.push(value);
  }
  return found;
}

function decode(text: string): string | null {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return null;
  }
}

/** What the most lenient reader makes of the name of a field. */
function fold(name: string): string {
  const bracket = name.indexOf('[', 1);
  const plain = (bracket < 0 ? name : name.slice(0, bracket)).trim().replace(PHP_SEPARATORS, '_');
  return foldCase(plain);
}

/** Both ways, because some letters have two small or two capital forms. */
function foldCase(text: string): string {
  return text.toUpperCase().toLowerCase();
}

function fromJson(body: Uint8Array, text: string, { steps }: UserNamePlace): string | null {
  if (!checkJson(body, JSON_LIMITS).ok) return null;
  let value: unknown = JSON.parse(text);
  for (const step of steps) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
    const wanted = foldCase(step);
    const members = Object.entries(value).filter(([key]) => foldCase(key) === wanted);
    if (members.length !== 1) return null;
    value = members[0]?.[1];
  }
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' ? value : null;
}
