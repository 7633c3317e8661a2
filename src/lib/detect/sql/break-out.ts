import { isCall, isOver, isPlainWord, OPERAND, skipClosers } from './grammar.ts';
import { LOOKS, looksLikeStatement } from './statements.ts';
import { TOKEN } from './tokens.ts';
import type { SqlVerdict } from './verdict.ts';
import { WORD } from './words.ts';

/** What a value does first once it has ended the string that it stands in. */
export function judgeBreakOut(verdict: SqlVerdict): void {
  const { tokens } = verdict;
  const at = skipClosers(tokens, 1);
  const next = tokens.kinds[at];
  if (next === TOKEN.comment) return judgeCut(verdict, at);
  const looks = looksLikeStatement(tokens, at);
  if (looks !== LOOKS.unlike)
    return verdict.find(looks === LOOKS.plainly ? 'sure' : 'likely', 'statement', at);
  if (next === TOKEN.compare) return judgeBrokenComparison(verdict, at);
  if (tokens.words[at] === WORD.limit && tokens.kinds[at + 1] === TOKEN.number && isOver(tokens, at + 2)) {
    verdict.find('sure', 'limit', at);
  }
  if ((next === TOKEN.math || next === TOKEN.logic) && tokens.count === at + 2 && tokens.isOpen) {
    // Nothing but a sign between single quotes is what tries a login form; double quotes also mark what is searched for.
    const isBare = /^\s{0,4}'\s{0,4}[^\w\s'"]{1,2}\s{0,4}'\s{0,4}$/.test(tokens.text);
    verdict.find(isBare ? 'sure' : 'likely', 'operator between quotes', at);
  }
}

function judgeBrokenComparison(verdict: SqlVerdict, at: number): void {
  const { tokens } = verdict;
  const right = verdict.right.read(tokens, at + 1);
  if (right === OPERAND.none) {
    if (
      tokens.words[at + 1] === WORD.plain &&
      /^boolean$/i.test(tokens.text.slice(tokens.starts[at + 1], tokens.ends[at + 1]))
    ) {
      verdict.find('sure', 'in boolean mode', at);
    }
    return;
  }
  const isOpenEnd = verdict.right.end === tokens.count && tokens.isOpen;
  if (right >= OPERAND.call) return verdict.find('sure', 'comparison with a call', at);
  if (
    tokens.words[at] === WORD.compare &&
    /^in$/i.test(tokens.text.slice(tokens.starts[at], tokens.ends[at]))
  ) {
    const word = tokens.text.slice(tokens.starts[at + 1], tokens.ends[at + 1]).toLowerCase();
    if (word === 'boolean') verdict.find('sure', 'in boolean mode', at);
    return;
  }
  if (right === OPERAND.constant && (isOpenEnd || tokens.kinds[verdict.right.end] === TOKEN.comment)) {
    const isShort = !tokens.text.slice(0, tokens.ends[0]).includes(' ');
    verdict.find(
      isShort && tokens.words[at] !== WORD.compare ? 'sure' : 'likely',
      'comparison of quotes',
      at,
    );
  }
}

/** A comment right behind the quote. Inches and apostrophes are followed by dashes in prose too. */
function judgeCut(verdict: SqlVerdict, at: number): void {
  const { tokens } = verdict;
  const before = tokens.text.slice(0, tokens.ends[0]! - 1);
  const isTight = tokens.starts[at]! - tokens.ends[at - 1]! <= 1;
  const sign = tokens.text[tokens.starts[at]!];
  const rest = tokens.text.slice(sign === '-' ? tokens.starts[at]! + 2 : tokens.starts[at]! + 1).trim();
  const isOneWord = !/\s/.test(before) && before !== '';
  const isBare = rest.length <= 1 || (sign === '-' && /^[-+*/#\w]{0,12}$/.test(rest));
  if (isBare && isTight && (isOneWord || (before === '' && at > 1) || (before === '' && sign === '-'))) {
    verdict.find('sure', 'rest cut off', at);
  } else if (isBare || at > 2) verdict.find('likely', 'rest cut off', at);
}

/** Whether what follows the quote is an expression without names that a comment ends: `',1,2)--`. */
export function isCutExpression(verdict: SqlVerdict, from: number): boolean {
  const { tokens } = verdict;
  let signs = 0;
  for (let at = from; at < tokens.count && at < from + 64; at++) {
    const kind = tokens.kinds[at];
    if (kind === TOKEN.comment) return signs > 0 && at > from && isOver(tokens, at + 1);
    if (isPlainWord(tokens, at) && !isCall(tokens, at)) return false;
    if (kind === TOKEN.other || kind === TOKEN.semicolon || kind === TOKEN.dot) return false;
    if (kind === TOKEN.comma || kind === TOKEN.close || kind === TOKEN.logic || kind === TOKEN.compare)
      signs++;
  }
  return false;
}

/** What begins a value that stands in no quotes: brackets that end what it stands in. */
export function judgeStart(verdict: SqlVerdict): void {
  const { tokens } = verdict;
  if (tokens.kinds[0] === TOKEN.open && isCutExpression(verdict, 0)) verdict.find('sure', 'rest cut off', 0);
  const at = skipClosers(tokens, 1);
  if (tokens.kinds[0] !== TOKEN.number || at < 2) return;
  if (tokens.kinds[at] === TOKEN.comment && isOver(tokens, at + 1)) verdict.find('sure', 'rest cut off', at);
}
