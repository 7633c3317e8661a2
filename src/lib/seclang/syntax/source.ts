import type { Bytes } from '../bytes.ts';
import type { Position, RuleFileProblem } from './rule.ts';

/** A word of a directive without its quotes, and where it begins in the text of the statement. */
export interface Word {
  readonly text: Bytes;
  readonly offset: number;
}

/** Says that a word of a statement is wrong. */
export type Complain = (token: Bytes, message: string) => void;

/** One directive with all its lines, continuations joined. */
export class Statement {
  readonly at: Position;
  readonly text: Bytes;
  /** Offsets in `text` at which the second and further lines begin. */
  readonly #breaks: readonly number[];

  constructor(at: Position, text: Bytes, breaks: readonly number[]) {
    this.at = at;
    this.text = text;
    this.#breaks = breaks;
  }

  /** The line of the file on which a byte of the statement stands. */
  lineOf(offset: number): number {
    let lines = 0;
    while (lines < this.#breaks.length && (this.#breaks[lines] as number) <= offset) lines++;
    return this.at.line + lines;
  }

  /** A problem with what stands in a word, or behind it where it was unescaped into something else. */
  problem(token: Bytes, message: string, from = 0): RuleFileProblem {
    const found = this.text.indexOf(token, from);
    const line = this.lineOf(found < 0 ? from : found);
    return { at: { file: this.at.file, line }, token, message };
  }
}

/**
 * Cuts a file into statements as Apache does: a backslash at the end of a line joins it with the next one, also in a
 * comment; blank lines and those that begin with `#` say nothing.
 */
export function parseStatements(file: string, text: Bytes): Statement[] {
  const statements: Statement[] = [];
  const lines = text.split('\n');
  for (let index = 0; index < lines.length; ) {
    const first = index;
    const breaks: number[] = [];
    let joined = '';
    for (let goesOn = true; goesOn && index < lines.length; index++) {
      const line = (lines[index] as string).replace(/\r$/, '');
      goesOn = line.endsWith('\\');
      joined += goesOn ? line.slice(0, -1) : line;
      if (goesOn) breaks.push(joined.length);
    }
    const content = joined.replace(/^[\t\v\f\r ]+/, '');
    if (content === '' || content.startsWith('#')) continue;
    const cut = joined.length - content.length;
    statements.push(
      new Statement(
        { file, line: first + 1 },
        content.replace(/[\t\v\f\r ]+$/, ''),
        breaks.map((at) => at - cut),
      ),
    );
  }
  return statements;
}

const SPACE = /[\t\v\f\r ]/;

/**
 * Cuts a statement into words as Apache does: between blanks or in quotes; in quotes a backslash escapes the quote, and
 * everywhere itself.
 *
 * Errors: a quote that does not end is a complaint, and null.
 */
export function parseWords({ text }: Statement, complain: Complain): Word[] | null {
  const words: Word[] = [];
  for (let at = 0; at < text.length; ) {
    const quote = text[at] === '"' || text[at] === "'" ? (text[at] as string) : '';
    const start = quote === '' ? at : at + 1;
    const end = endOfWord(text, start, quote);
    if (quote !== '' && end >= text.length) {
      complain(
        text.slice(at, at + 40),
        `This word begins with ${quote} and does not end with it; add ${quote} where it ends.`,
      );
      return null;
    }
    words.push({ text: unescapeWord(text.slice(start, end), quote), offset: start });
    at = end + (quote === '' ? 0 : 1);
    while (at < text.length && SPACE.test(text[at] as string)) at++;
  }
  return words;
}

function endOfWord(text: Bytes, start: number, quote: string): number {
  let at = start;
  while (at < text.length) {
    const char = text[at] as string;
    if (quote === '' ? SPACE.test(char) : char === quote) return at;
    const next = text[at + 1];
    at += quote !== '' && char === '\\' && (next === quote || next === '\\') ? 2 : 1;
  }
  return Math.min(at, text.length);
}

function unescapeWord(word: Bytes, quote: string): Bytes {
  if (!word.includes('\\')) return word;
  return word.replace(/\\([\s\S])/g, (pair: string, next: string) =>
    next === '\\' || (quote !== '' && next === quote) ? next : pair,
  );
}
