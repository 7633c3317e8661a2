import { type SqlTokens, TOKEN } from './tokens.ts';
import { WORD } from './words.ts';

/** What an operand is made of: nothing but constants, a name, or something that only SQL says. */
export const OPERAND = { none: 0, constant: 1, name: 2, call: 3, strong: 4 } as const;

/** So that text made of nothing but signs and brackets is not looked at again from each of its tokens. */
const MOST_PREFIXES = 12;
const MOST_TERMS = 8;

/** An operand found by `readOperand`. One instance is used again and again. */
export class Operand {
  kind = 0;
  /** Index of the token behind it. */
  end = 0;

  /** Reads the operand at a token: brackets, signs, a term, and terms joined by arithmetic. */
  read(tokens: SqlTokens, from: number): number {
    this.kind = OPERAND.none;
    let at = from;
    for (let terms = 0; terms < MOST_TERMS; terms++) {
      at = this.#readTerm(tokens, at);
      if (this.kind === OPERAND.none) break;
      if (tokens.kinds[at] !== TOKEN.math && tokens.words[at] !== WORD.math) break;
      if (!startsOperand(tokens, at + 1)) break;
      at++;
    }
    this.end = at;
    return this.kind;
  }

  #raise(kind: number): void {
    if (kind > this.kind) this.kind = kind;
  }

  #readTerm(tokens: SqlTokens, from: number): number {
    const at = skipPrefixes(tokens, from);
    switch (tokens.kinds[at]) {
      case TOKEN.number:
      case TOKEN.string:
        this.#raise(OPERAND.constant);
        return skipClosers(tokens, at + 1);
      case TOKEN.variable:
        this.#raise(tokens.ends[at]! - tokens.starts[at]! > 1 ? OPERAND.call : OPERAND.constant);
        return skipClosers(tokens, at + 1);
      case TOKEN.word:
        return this.#readName(tokens, at);
      default:
        return at;
    }
  }

  #readName(tokens: SqlTokens, from: number): number {
    const word = tokens.words[from];
    if (word === WORD.constant) this.#raise(OPERAND.constant);
    else if (word === WORD.select || word === WORD.strongFunction || word === WORD.catalogue) {
      this.#raise(from > 0 || isCall(tokens, from) ? OPERAND.strong : OPERAND.name);
    } else this.#raise(OPERAND.name);
    let at = from + 1;
    while (tokens.kinds[at] === TOKEN.dot && tokens.kinds[at + 1] === TOKEN.word) {
      if (isCall(tokens, at + 1)) this.#raise(OPERAND.call);
      at += 2;
    }
    if (tokens.kinds[at] !== TOKEN.open) return skipClosers(tokens, at);
    if (isFunction(word)) this.#raise(OPERAND.call);
    return skipClosers(tokens, Math.min(tokens.count, tokens.partners[at]! + 1));
  }
}

export function isFunction(word: number | undefined): boolean {
  return word === WORD.function || word === WORD.strongFunction || word === WORD.ifWord;
}

/** Whether a word is called: its bracket follows. */
export function isCall(tokens: SqlTokens, at: number): boolean {
  return tokens.kinds[at] === TOKEN.word && tokens.kinds[at + 1] === TOKEN.open;
}

/** Whether an operand can begin at a token. */
export function startsOperand(tokens: SqlTokens, at: number): boolean {
  const kind = tokens.kinds[at];
  return (
    kind === TOKEN.number ||
    kind === TOKEN.string ||
    kind === TOKEN.variable ||
    kind === TOKEN.open ||
    kind === TOKEN.word ||
    kind === TOKEN.math
  );
}

/** Behind opening brackets, signs and words such as `not`. */
export function skipPrefixes(tokens: SqlTokens, from: number): number {
  let at = from;
  for (let n = 0; n < MOST_PREFIXES; n++) {
    const kind = tokens.kinds[at];
    if (kind !== TOKEN.open && kind !== TOKEN.math && tokens.words[at] !== WORD.unary) break;
    at++;
  }
  return at;
}

/** Behind opening brackets. */
export function skipOpeners(tokens: SqlTokens, from: number): number {
  let at = from;
  while (at < from + MOST_PREFIXES && tokens.kinds[at] === TOKEN.open) at++;
  return at;
}

/** Behind closing brackets. */
export function skipClosers(tokens: SqlTokens, from: number): number {
  let at = from;
  while (at < from + MOST_PREFIXES && tokens.kinds[at] === TOKEN.close) at++;
  return at;
}

/** Whether the text is over at a token, or what follows is cut off. */
export function isOver(tokens: SqlTokens, at: number): boolean {
  return at >= tokens.count || tokens.kinds[at] === TOKEN.comment;
}

/**
 * Whether what follows a `select` is a list of columns and not prose: a constant, a call or a variable first, or a name
 * with a comma, a `from`, a bracket or the end of the statement behind it.
 */
export function isSelectList(tokens: SqlTokens, select: number): boolean {
  const at = skipPrefixes(tokens, skipQuantifier(tokens, select + 1));
  const kind = tokens.kinds[at];
  if (kind === TOKEN.number || kind === TOKEN.string || kind === TOKEN.variable) return true;
  const before = tokens.kinds[at - 1];
  if (before === TOKEN.math) return true;
  const word = tokens.words[at];
  if (word === WORD.constant || word === WORD.caseWord || word === WORD.select || isCall(tokens, at))
    return true;
  if (kind !== TOKEN.word) return false;
  const next = tokens.kinds[at + 1];
  return (
    next === TOKEN.comma ||
    next === TOKEN.dot ||
    next === TOKEN.comment ||
    next === TOKEN.logic ||
    next === TOKEN.close ||
    tokens.words[at + 1] === WORD.from
  );
}

/** Whether the list of columns at a `select` starts as none in prose does: by `*`, a constant, a variable or a call. */
export function isPlainlySelect(tokens: SqlTokens, select: number): boolean {
  const at = skipOpeners(tokens, skipQuantifier(tokens, select + 1));
  const kind = tokens.kinds[at];
  if (kind === TOKEN.math) return !isPlainWord(tokens, at + 1);
  if (kind === TOKEN.string || kind === TOKEN.variable) return true;
  if (kind === TOKEN.number) return !isPlainWord(tokens, at + 1);
  const word = tokens.words[at];
  if (word === WORD.caseWord || word === WORD.select || (isCall(tokens, at) && isFunction(word))) return true;
  return hasTellingItem(tokens, at);
}

/** Longest list of columns that is looked through. */
const LONGEST_LIST = 24;

/** Whether a list of names that ends with `from` has a constant, a variable or a call among them. */
function hasTellingItem(tokens: SqlTokens, from: number): boolean {
  let isTelling = false;
  for (let at = from; at < from + LONGEST_LIST && at < tokens.count; at++) {
    if (tokens.words[at] === WORD.from) return isTelling;
    if (tokens.kinds[at] !== TOKEN.comma) continue;
    const kind = tokens.kinds[at + 1];
    isTelling ||= kind === TOKEN.number || kind === TOKEN.variable || isCall(tokens, at + 1);
  }
  return false;
}

/** Behind `all`, `distinct` and `top 1`. */
function skipQuantifier(tokens: SqlTokens, at: number): number {
  if (tokens.words[at] !== WORD.quantifier) return at;
  const isTop =
    tokens.ends[at]! - tokens.starts[at]! === 3 &&
    (tokens.text.charCodeAt(tokens.starts[at]!) | 0x20) === 0x74;
  return isTop ? at + 2 : at + 1;
}

export function isPlainWord(tokens: SqlTokens, at: number): boolean {
  return tokens.kinds[at] === TOKEN.word && tokens.words[at] === WORD.plain;
}

/** Whether words stand at a token that are no list of arguments: another word follows. */
export function isProseInBrackets(tokens: SqlTokens, at: number): boolean {
  if (tokens.kinds[at] !== TOKEN.word)
    return tokens.kinds[at] === TOKEN.compare && tokens.words[at] === WORD.compare;
  return (
    tokens.words[at] !== WORD.select &&
    (isPlainWord(tokens, at + 1) || tokens.words[at + 1] === WORD.quantifier)
  );
}
