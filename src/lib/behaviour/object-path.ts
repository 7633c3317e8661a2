/** Which object a request asks for, as far as its target tells. */
export interface SeenObject {
  /** Hash of the path with identifiers taken out. */
  template: number;
  /** Hash of the identifiers; 0 where there is none. */
  object: number;
  /** The last identifier that is or ends with a whole number; -1 where there is none. */
  ordinal: number;
}

const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;
/** Stands for an identifier in the hash of a template: no path has it. */
const HOLE = 1;
const MAX_PARAMETERS = 16;
const MAX_DIGITS = 15;

const ZERO = 48;
const NINE = 57;

function isDigit(code: number): boolean {
  return code >= ZERO && code <= NINE;
}

function isLetter(code: number): boolean {
  return (code | 32) >= 97 && (code | 32) <= 122;
}

function add(hash: number, code: number): number {
  return Math.imul(hash ^ code, FNV_PRIME);
}

/** Where the digits at the end of a stretch begin. */
function digitsFrom(text: string, from: number, to: number): number {
  let at = to;
  while (at > from && isDigit(text.charCodeAt(at - 1))) at--;
  return at;
}

/**
 * Whether a segment names one of many: a number, a number behind a short word (`ord_1001`, `inv-7`), a UUID, or 16 and more
 * letters and digits mixed, as keys of databases look.
 */
function isIdentifier(text: string, from: number, to: number): boolean {
  const length = to - from;
  if (length === 0 || length > 128) return false;
  let digits = 0;
  let letters = 0;
  for (let at = from; at < to; at++) {
    const code = text.charCodeAt(at);
    if (isDigit(code)) digits++;
    else if (isLetter(code)) letters++;
    else if (code !== 45 && code !== 95) return false;
  }
  if (digits === 0) return false;
  if (letters === 0) return true;
  if (length >= 16 && digits >= 3) return true;
  // Versions such as `v1` are names of many things, not one of many.
  const start = digitsFrom(text, from, to);
  return start < to && start - from >= 2 && start - from <= 12;
}

function ordinalOf(text: string, from: number, to: number): number {
  const start = digitsFrom(text, from, to);
  return start === to || to - start > MAX_DIGITS ? -1 : Number(text.slice(start, to));
}

/** Whether a parameter of a query names an object: `id`, `userId`, `order_id`. */
function isIdName(text: string, from: number, to: number): boolean {
  if (to - from < 2 || to - from > 64) return false;
  const isId = (text.charCodeAt(to - 2) | 32) === 105 && (text.charCodeAt(to - 1) | 32) === 100;
  if (!isId) return false;
  if (to - from === 2) return true;
  const before = text.charCodeAt(to - 3);
  return before === 95 || before === 45 || text.charCodeAt(to - 2) === 73;
}

function addIdentifier(seen: SeenObject, text: string, from: number, to: number): void {
  let hash = seen.object === 0 ? FNV_OFFSET : seen.object;
  for (let at = from; at < to; at++) hash = add(hash, text.charCodeAt(at));
  seen.object = add(hash, HOLE) || 1;
  const ordinal = ordinalOf(text, from, to);
  if (ordinal >= 0) seen.ordinal = ordinal;
}

function lookAtPath(path: string, seen: SeenObject): void {
  for (let from = 0; from <= path.length; ) {
    let to = path.indexOf('/', from);
    if (to < 0) to = path.length;
    if (isIdentifier(path, from, to)) {
      addIdentifier(seen, path, from, to);
      seen.template = add(seen.template, HOLE);
    } else {
      for (let at = from; at < to; at++) seen.template = add(seen.template, path.charCodeAt(at) | 0);
    }
    seen.template = add(seen.template, 47);
    from = to + 1;
  }
}

function lookAtQuery(query: string, seen: SeenObject): void {
  let from = 0;
  for (let parameter = 0; parameter < MAX_PARAMETERS && from < query.length; parameter++) {
    let to = query.indexOf('&', from);
    if (to < 0) to = query.length;
    const equals = query.indexOf('=', from);
    if (equals > from && equals < to && isIdName(query, from, equals) && equals + 1 < to) {
      for (let at = from; at < equals; at++) seen.template = add(seen.template, query.charCodeAt(at));
      addIdentifier(seen, query, equals + 1, to);
    }
    from = to + 1;
  }
}

/**
 * Tells from path and query which object a request asks for, into `seen`.
 *
 * Cost: one pass, no allocation but the number.
 */
export function lookAtTarget(path: string, query: string, seen: SeenObject): void {
  seen.template = FNV_OFFSET;
  seen.object = 0;
  seen.ordinal = -1;
  lookAtPath(path, seen);
  if (query !== '') lookAtQuery(query, seen);
}
