import { CHARS, TOKEN } from './chars.ts';

/** Whether the text is a token: a method, a field name, a parameter name. */
export function isToken(text: string): boolean {
  return text.length > 0 && tokenEnd(text, 0) === text.length;
}

/** Where the token that starts at `from` ends; `from` itself when there is none. */
export function tokenEnd(text: string, from: number): number {
  let i = from;
  while (i < text.length && ((CHARS[text.charCodeAt(i)] as number) & TOKEN) !== 0) i++;
  return i;
}

/** Whether the text holds only visible ASCII, SP, HTAB and obs-text; does not look at whitespace around it. */
export function isFieldValue(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 0xff || CHARS[code] === 0) return false;
  }
  return true;
}

/** Where spaces and tabs that start at `from` end. */
export function skipBlanks(text: string, from: number): number {
  let i = from;
  while (i < text.length && isBlank(text.charCodeAt(i))) i++;
  return i;
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

/** Cuts spaces and tabs off both ends, and nothing else (`String.trim` also cuts what HTTP does not call whitespace). */
export function trimBlanks(text: string): string {
  const start = skipBlanks(text, 0);
  let end = text.length;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

/**
 * Reads a Content-Length: up to 16 digits, at most 2^53-1.
 *
 * Safety: no sign, list, whitespace or exponent, because two readers that disagree about a length smuggle requests.
 */
export function parseContentLength(value: string): number | null {
  if (value.length === 0 || value.length > 16) return null;
  let length = 0;
  for (let i = 0; i < value.length; i++) {
    const digit = value.charCodeAt(i) - 0x30;
    if (digit < 0 || digit > 9) return null;
    length = length * 10 + digit;
  }
  return length <= Number.MAX_SAFE_INTEGER ? length : null;
}

/** Reads a comma-separated list of tokens; empty elements are skipped (RFC 9110, 5.6.1.2). */
export function parseListTokens(value: string): string[] | null {
  const tokens: string[] = [];
  let i = 0;
  while (i < value.length) {
    const start = skipBlanks(value, i);
    const end = tokenEnd(value, start);
    if (end > start) tokens.push(value.slice(start, end));
    i = skipBlanks(value, end);
    if (i < value.length && value.charCodeAt(i) !== 0x2c) return null;
    i++;
  }
  return tokens;
}

/** Reads a Connection field: the lower-case names of its options. */
export function parseConnectionOptions(value: string): string[] | null {
  return parseListTokens(value)?.map((option) => option.toLowerCase()) ?? null;
}

/** A quoted string without its quotes, and where the text goes on after it. */
export interface Quoted {
  readonly text: string;
  readonly end: number;
}

/** Reads the quoted string (RFC 9110, 5.6.4) that starts at `from`. */
export function parseQuoted(value: string, from: number): Quoted | null {
  if (value.charCodeAt(from) !== 0x22) return null;
  let text = '';
  let start = from + 1;
  for (let i = start; i < value.length; i++) {
    const code = value.charCodeAt(i);
    if (code === 0x22) return { text: text + value.slice(start, i), end: i + 1 };
    if (code === 0x5c) {
      text += value.slice(start, i);
      start = ++i; // the next character stands for itself
    }
    const meant = value.charCodeAt(i);
    if (!(meant <= 0xff) || CHARS[meant] === 0) return null;
  }
  return null;
}
