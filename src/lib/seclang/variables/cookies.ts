import { type Bytes, isSpace } from '../bytes.ts';
import { NamedValues } from './named-values.ts';

/** Reads the field `Cookie`. Format 0 is how browsers write it, 1 that of RFC 2109. */
export function parseCookies(field: Bytes, format: 0 | 1): NamedValues {
  return format === 0 ? parsePlain(field) : parseQuoted(field);
}

/**
 * Cookies between semicolons, spaces before a name apart as written. Commas separate where there is no semicolon and
 * a space stands behind the first of them, as where fields were joined.
 */
function parsePlain(field: Bytes): NamedValues {
  const cookies = new NamedValues();
  const comma = field.indexOf(',');
  const separator = comma >= 0 && field[comma + 1] === ' ' && !field.includes(';') ? ',' : ';';
  for (const piece of field.split(separator)) {
    const start = afterSpace(piece, 0);
    const equals = piece.indexOf('=', start);
    const name = piece.slice(start, equals < 0 ? piece.length : equals);
    if (name !== '') cookies.add(name, equals < 0 ? '' : piece.slice(equals + 1));
  }
  return cookies;
}

/** Cookies between semicolons or commas, values perhaps in quotes; `$Path` belongs to the cookie before it. */
function parseQuoted(field: Bytes): NamedValues {
  const cookies = new NamedValues();
  let owner = '';
  let at = 0;
  while (at < field.length) {
    const start = afterSpace(field, at);
    const nameEnd = endOf(field, start, NAME_ENDS);
    let name = withoutTrailingSpace(field.slice(start, nameEnd));
    let value = '';
    at = nameEnd + 1;
    if (field[nameEnd] === '=') {
      const from = afterSpace(field, at);
      const isQuoted = field[from] === '"';
      const valueStart = isQuoted ? from + 1 : from;
      const valueEnd = endOf(field, valueStart, isQuoted ? QUOTED_ENDS : VALUE_ENDS);
      value = field.slice(valueStart, valueEnd);
      if (!isQuoted) value = withoutTrailingSpace(value);
      at = valueEnd + 1;
    }
    if (name !== '') {
      if (name[0] !== '$') owner = name;
      else if (owner !== '') name = `$${owner}_${name.slice(1)}`;
      cookies.add(name, value);
    }
    at = afterSeparators(field, at);
  }
  return cookies;
}

const NAME_ENDS = /[=;,]/g;
const VALUE_ENDS = /[;,]/g;
const QUOTED_ENDS = /"/g;

/** Where the first of some characters stands from `at`; the length where none does. */
function endOf(text: Bytes, at: number, ends: RegExp): number {
  ends.lastIndex = at;
  const found = ends.exec(text);
  return found === null ? text.length : found.index;
}

function afterSpace(text: Bytes, at: number): number {
  let end = at;
  while (end < text.length && isSpace(text.charCodeAt(end))) end++;
  return end;
}

function afterSeparators(text: Bytes, at: number): number {
  let end = at;
  while (end < text.length && (text[end] === ';' || text[end] === ',' || isSpace(text.charCodeAt(end)))) {
    end++;
  }
  return end;
}

function withoutTrailingSpace(text: Bytes): Bytes {
  let end = text.length;
  while (end > 0 && isSpace(text.charCodeAt(end - 1))) end--;
  return text.slice(0, end);
}
