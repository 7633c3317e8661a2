import { judgeCondition } from './conditions.ts';
import {
  isCall,
  isOver,
  isPlainlySelect,
  isProseInBrackets,
  isSelectList,
  OPERAND,
  skipClosers,
  skipOpeners,
  startsOperand,
} from './grammar.ts';
import { LOOKS, looksLikeStatement } from './statements.ts';
import { TOKEN } from './tokens.ts';
import type { SqlVerdict } from './verdict.ts';
import { WORD } from './words.ts';

export function judgeUnion(verdict: SqlVerdict, at: number): void {
  const { tokens } = verdict;
  let select = at + 1;
  if (tokens.words[select] === WORD.quantifier) select++;
  select = skipOpeners(tokens, select);
  if (tokens.words[select] !== WORD.select) return;
  const isAnchored = verdict.isAfterNumber(at) || (verdict.isQuoted && skipClosers(tokens, 1) === at);
  if (isAnchored || isSelectList(tokens, select) || isOver(tokens, select + 1))
    verdict.find('sure', 'union select', at);
}

export function judgeSubquery(verdict: SqlVerdict, select: number): void {
  if (isPlainlySelect(verdict.tokens, select)) verdict.find('sure', 'subquery', select - 1);
  else if (isSelectList(verdict.tokens, select)) verdict.findUnlessProse('subquery', select - 1);
}

export function judgeStacked(verdict: SqlVerdict, at: number): void {
  const looks = looksLikeStatement(verdict.tokens, at + 1);
  if (looks === LOOKS.plainly) verdict.find('sure', 'stacked statement', at);
  else if (looks === LOOKS.like) verdict.findUnlessProse('stacked statement', at);
  else if (verdict.tokens.words[at + 1] === WORD.ifWord && verdict.tokens.kinds[at + 2] === TOKEN.open) {
    judgeCondition(verdict, at, at + 3);
  }
}

/** A statement that does not follow a semicolon. */
export function judgeStatement(verdict: SqlVerdict, at: number): void {
  const { tokens } = verdict;
  const looks = looksLikeStatement(tokens, at);
  if (looks === LOOKS.unlike) return;
  const isAnchored =
    at === 0 ||
    (verdict.isQuoted && at === 1) ||
    tokens.kinds[at - 1] === TOKEN.close ||
    verdict.isAfterNumber(at);
  if (looks === LOOKS.plainly && (isAnchored || tokens.words[at] === WORD.statement)) {
    verdict.findUnlessProse('statement', at);
  } else if (looks === LOOKS.plainly && hasFrom(verdict, at)) verdict.findUnlessProse('statement', at);
  else verdict.find('likely', 'statement', at);
}

/** Whether a `from` with a name follows soon. */
function hasFrom(verdict: SqlVerdict, at: number): boolean {
  const { tokens } = verdict;
  for (let i = at + 1; i < at + 24 && i < tokens.count; i++) {
    if (tokens.words[i] === WORD.from)
      return tokens.kinds[i + 1] === TOKEN.word || tokens.kinds[i + 1] === TOKEN.open;
  }
  return false;
}

export function judgeOrder(verdict: SqlVerdict, at: number): void {
  const { tokens } = verdict;
  if (tokens.words[at + 1] !== WORD.by || at === 0) return;
  const before = tokens.kinds[at - 1];
  const isAnchored = before === TOKEN.close || verdict.isAfterNumber(at) || (verdict.isQuoted && at === 1);
  const column = verdict.left.read(tokens, at + 2);
  if (column === OPERAND.none) return;
  const isCut = isOver(tokens, verdict.left.end);
  const isNumber = column === OPERAND.constant && tokens.kinds[at + 2] === TOKEN.number;
  if (isAnchored && (isNumber || column >= OPERAND.call)) verdict.find('sure', 'order by', at);
  else if (column >= OPERAND.call) verdict.findUnlessProse('order by', at);
  else if (tokens.kinds[verdict.left.end] === TOKEN.comment && isCut && isNumber)
    verdict.find('sure', 'order by', at);
  else if (isAnchored && isCut) verdict.find('likely', 'order by', at);
}

export function judgeInto(verdict: SqlVerdict, at: number): void {
  const { tokens } = verdict;
  const next = tokens.text.slice(tokens.starts[at + 1], tokens.ends[at + 1]).toLowerCase();
  if (next === 'outfile' || next === 'dumpfile') verdict.find('sure', 'into outfile', at);
}

export function judgeProcedure(verdict: SqlVerdict, at: number): void {
  const { tokens } = verdict;
  if (tokens.kinds[at + 2] !== TOKEN.open || tokens.kinds[at + 1] !== TOKEN.word) return;
  if (tokens.text.slice(tokens.starts[at + 1], tokens.ends[at + 1]).toLowerCase() === 'analyse') {
    verdict.find('sure', 'procedure analyse', at);
  }
}

export function judgeCase(verdict: SqlVerdict, at: number): void {
  const { tokens } = verdict;
  let when = at + 1;
  if (tokens.words[when] !== WORD.when) {
    if (verdict.left.read(tokens, when) === OPERAND.none) return;
    when = verdict.left.end;
  }
  if (tokens.words[when] !== WORD.when || verdict.left.read(tokens, when + 1) === OPERAND.none) return;
  let then = verdict.left.end;
  if (tokens.kinds[then] === TOKEN.compare) {
    verdict.right.read(tokens, then + 1);
    then = verdict.right.end;
  }
  if (tokens.words[then] === WORD.thenWord && startsOperand(tokens, then + 1))
    verdict.findUnlessProse('case when', at);
}

/** `if(1=1,…`: other languages put no comma behind the condition. */
export function judgeIf(verdict: SqlVerdict, at: number): void {
  const { tokens } = verdict;
  if (tokens.kinds[at + 1] !== TOKEN.open) return;
  const left = verdict.left.read(tokens, at + 2);
  if (left === OPERAND.none || tokens.kinds[verdict.left.end] !== TOKEN.compare) return;
  const right = verdict.right.read(tokens, verdict.left.end + 1);
  if (tokens.kinds[verdict.right.end] !== TOKEN.comma) return;
  if (left === OPERAND.constant ? right === OPERAND.constant : Math.max(left, right) >= OPERAND.call) {
    verdict.find('sure', 'if', at);
  } else verdict.find('likely', 'if', at);
}

export function judgeStrongCall(verdict: SqlVerdict, at: number): void {
  if (isCall(verdict.tokens, at) && !isProseInBrackets(verdict.tokens, at + 2))
    verdict.findUnlessProse('telling function', at);
}

export function judgeCatalogue(verdict: SqlVerdict, at: number): void {
  const { tokens } = verdict;
  const before = at > 0 ? tokens.words[at - 1] : WORD.plain;
  if (before === WORD.from || before === WORD.into || tokens.kinds[at + 1] === TOKEN.dot) {
    verdict.findUnlessProse('system catalogue', at);
  } else verdict.find('likely', 'system catalogue', at);
}

export function judgeVariable(verdict: SqlVerdict, at: number): void {
  const { tokens } = verdict;
  const start = tokens.starts[at]!;
  if (tokens.text[start + 1] !== '@' || tokens.ends[at]! - start < 5) return;
  const name = tokens.text.slice(start + 2, tokens.ends[at]).toLowerCase();
  if (
    /^(?:version|datadir|hostname|basedir|servername|global|tmpdir|secure_file_priv|identity|language|spid|rowcount|innodb|ver)/.test(
      name,
    )
  ) {
    verdict.findUnlessProse('system variable', at);
  }
}
