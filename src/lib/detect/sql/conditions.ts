import { isCall, isFunction, isOver, isPlainWord, OPERAND, skipPrefixes } from './grammar.ts';
import { TOKEN } from './tokens.ts';
import type { SqlVerdict } from './verdict.ts';
import { WORD } from './words.ts';

/** `and`, `or` and what follows: at `from` begins the left side. */
export function judgeCondition(verdict: SqlVerdict, at: number, from: number): void {
  const { tokens } = verdict;
  const first = skipPrefixes(tokens, from);
  const left = verdict.left.read(tokens, from);
  if (left === OPERAND.none) return;
  const next = verdict.left.end;
  if (left >= OPERAND.call) return judgeCalled(verdict, at, first, left);
  if (tokens.kinds[next] === TOKEN.compare) return judgeComparison(verdict, at, left, next);
  if (!verdict.isQuoted) {
    const isStart = at === 0 || isConstantStart(verdict, at);
    if (left === OPERAND.constant && tokens.kinds[next] === TOKEN.comment && isStart) {
      verdict.find('sure', 'constant condition, rest cut off', at);
    }
    return;
  }
  if (tokens.kinds[next] === TOKEN.comment && (left === OPERAND.constant || next === first + 1)) {
    verdict.find(left === OPERAND.constant ? 'sure' : 'likely', 'condition, rest cut off', at);
  } else if (left === OPERAND.constant && isOver(tokens, next) && at === 1) {
    const isBare = tokens.ends[0] === 1 && tokens.kinds[first] === TOKEN.string;
    verdict.find(isBare ? 'sure' : 'likely', 'constant condition', at);
  }
}

/** Whether what stands before a condition is one constant, in brackets or not. */
function isConstantStart(verdict: SqlVerdict, at: number): boolean {
  return verdict.right.read(verdict.tokens, 0) === OPERAND.constant && verdict.right.end === at;
}

function judgeCalled(verdict: SqlVerdict, at: number, first: number, left: number): void {
  const { tokens } = verdict;
  if (left === OPERAND.strong) return verdict.findUnlessProse('condition with a telling word', at);
  const isSqlCall = isCall(tokens, first) && isFunction(tokens.words[first]);
  if (verdict.isQuoted || (isSqlCall && tokens.kinds[verdict.left.end] === TOKEN.compare)) {
    verdict.findUnlessProse('condition with a call', at);
  } else if (isSqlCall) verdict.find('likely', 'condition with a call', at);
}

/** Whether a comparison of numbers stands before `and`: people write `1 < 2 and 2 < 3`. */
function isChained(verdict: SqlVerdict, at: number): boolean {
  const { tokens } = verdict;
  const before = at > 1 ? tokens.kinds[at - 2] : TOKEN.end;
  return !verdict.isQuoted && before === TOKEN.compare && tokens.kinds[at + 1] === TOKEN.number && at === 3;
}

function judgeComparison(verdict: SqlVerdict, at: number, left: number, compare: number): void {
  const { tokens } = verdict;
  const isWord = tokens.words[compare] === WORD.compare;
  let from = compare + 1;
  if (isWord && tokens.words[from] === WORD.by) from++;
  const right = verdict.right.read(tokens, from);
  if (right === OPERAND.none) return;
  if (right >= OPERAND.call) return verdict.findUnlessProse('comparison with a call', at);
  if (right === OPERAND.constant && left === OPERAND.constant) {
    return verdict.find(isChained(verdict, at) ? 'likely' : 'sure', 'constant condition', at);
  }
  const isCut = tokens.kinds[verdict.right.end] === TOKEN.comment || tokens.isOpen;
  if (verdict.isQuoted && (!isWord || right === OPERAND.constant)) {
    if (isPlainWord(tokens, verdict.right.end)) return;
    // An apostrophe has a word behind it, a string that was ended has none.
    const isEnded = !isPlainWord(tokens, 1);
    verdict.find(isEnded && (at <= 3 || isCut) ? 'sure' : 'likely', 'condition', at);
  } else if (!verdict.isQuoted && right === OPERAND.constant && isConstantStart(verdict, at)) {
    verdict.find('sure', 'condition', at);
  } else if (!verdict.isQuoted && isCut && !isWord && tokens.kinds[verdict.right.end] === TOKEN.comment) {
    verdict.find('likely', 'condition, rest cut off', at);
  }
}

/** `where` and `having` with a comparison that no column takes part in. */
export function judgeClause(verdict: SqlVerdict, at: number): void {
  const { tokens } = verdict;
  const isAnchored = verdict.isQuoted
    ? at === 1 || tokens.kinds[at - 1] === TOKEN.close
    : verdict.isAfterNumber(at);
  const left = verdict.left.read(tokens, at + 1);
  if (left === OPERAND.none || tokens.kinds[verdict.left.end] !== TOKEN.compare) return;
  const right = verdict.right.read(tokens, verdict.left.end + 1);
  if (left === OPERAND.constant && right === OPERAND.constant) verdict.find('sure', 'constant condition', at);
  else if (left >= OPERAND.call || right >= OPERAND.call)
    verdict.findUnlessProse('condition with a call', at);
  else if (isAnchored && right !== OPERAND.none) verdict.find('sure', 'condition', at);
}

/** `(1=2)*3`: what a comparison is worth is reckoned with. */
export function judgeFactor(verdict: SqlVerdict, at: number): void {
  const { tokens } = verdict;
  if (tokens.kinds[at + 2] !== TOKEN.compare || tokens.kinds[at + 3] !== TOKEN.number) return;
  const isReckoned = tokens.kinds[at + 4] === TOKEN.close && tokens.kinds[at + 5] === TOKEN.math;
  verdict.find(isReckoned ? 'sure' : 'likely', 'constant comparison', at);
}
