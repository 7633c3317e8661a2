import type { Bytes } from '../bytes.ts';
import type { Complain } from './source.ts';

/** An item of a list of variables or actions: `name` or `name:value`. */
export interface Pair {
  readonly name: Bytes;
  /** null without a colon; what stood in single quotes without them. */
  readonly value: Bytes | null;
}

const SPACE = /[\t\n\v\f\r ]/;
const isSpace = (char: string | undefined): boolean => char !== undefined && SPACE.test(char);
const isSeparator = (char: string | undefined): boolean => char === ',' || char === '|';

/**
 * Parses the one grammar of variables and actions: items between `,`, `|` or blanks; a value is in single quotes, in which
 * `\'` and `\\` are the only escapes, or ends at the next separator.
 *
 * Shape: `readsPatterns` lets a value that begins with `/` hold separators up to a `/` behind which the item ends, so that
 * `ARGS:/a|b/` is one variable; ModSecurity 2 wants quotes there and refuses it without.
 * Errors: complaints; then null.
 */
export function parsePairs(text: Bytes, complain: Complain, readsPatterns: boolean): Pair[] | null {
  const cursor: Cursor = { text, at: 0, complain, readsPatterns };
  const pairs: Pair[] = [];
  for (;;) {
    skipSeparators(cursor);
    if (cursor.at >= text.length) return pairs;
    const pair = parsePair(cursor);
    if (pair === null) return null;
    pairs.push(pair);
  }
}

interface Cursor {
  readonly text: Bytes;
  at: number;
  readonly complain: Complain;
  readonly readsPatterns: boolean;
}

function skipSeparators(cursor: Cursor): void {
  const { text } = cursor;
  while (isSpace(text[cursor.at]) || isSeparator(text[cursor.at])) cursor.at++;
}

function parsePair(cursor: Cursor): Pair | null {
  const { text } = cursor;
  const start = cursor.at;
  while (cursor.at < text.length && text[cursor.at] !== ':' && !endsItem(text[cursor.at])) cursor.at++;
  const name = text.slice(start, cursor.at);
  if (text[cursor.at] !== ':') return hasEnded(cursor, name) ? { name, value: null } : null;
  cursor.at++;
  if (text[cursor.at] === "'") return parseQuoted(cursor, name);
  const from = cursor.at;
  cursor.at = endOfValue(cursor, from);
  return { name, value: text.slice(from, cursor.at) };
}

/** Whether a name without a value is followed by a separator or nothing: blanks alone do not separate it. */
function hasEnded({ text, at, complain }: Cursor, name: Bytes): boolean {
  let next = at;
  while (isSpace(text[next])) next++;
  if (next >= text.length || isSeparator(text[next])) return true;
  complain(name, `Behind ${name} stands something else without a comma between; add one.`);
  return false;
}

const endsItem = (char: string | undefined): boolean =>
  char === undefined || isSpace(char) || isSeparator(char);

function endOfValue({ text, readsPatterns }: Cursor, from: number): number {
  if (readsPatterns && text[from] === '/') {
    const end = endOfPattern(text, from);
    if (end > 0) return end;
  }
  let at = from;
  while (!endsItem(text[at])) at++;
  return at;
}

/** Where a pattern between slashes is over; 0 when no slash ends it. */
function endOfPattern(text: Bytes, from: number): number {
  for (let at = from + 1; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === '/' && endsItem(text[at + 1])) return at + 1;
  }
  return 0;
}

function parseQuoted(cursor: Cursor, name: Bytes): Pair | null {
  const { text, complain } = cursor;
  let value = '';
  for (cursor.at++; text[cursor.at] !== "'"; cursor.at++) {
    if (cursor.at >= text.length) {
      complain(
        `${name}:'`,
        `The value of ${name} begins with ' and does not end with it; add ' where it ends.`,
      );
      return null;
    }
    if (text[cursor.at] === '\\') {
      const escaped = text[cursor.at + 1];
      if (escaped !== "'" && escaped !== '\\') {
        complain(
          text.slice(cursor.at, cursor.at + 2),
          `In quotes a backslash stands before ' or another backslash only; write \\\\\\\\ for one (twice, because the file is unescaped first).`,
        );
        return null;
      }
      cursor.at++;
    }
    value += text[cursor.at];
  }
  cursor.at++;
  return { name, value };
}
