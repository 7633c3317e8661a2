import { isCutExpression, judgeBreakOut, judgeStart } from './break-out.ts';
import {
  judgeCase,
  judgeCatalogue,
  judgeIf,
  judgeInto,
  judgeOrder,
  judgeProcedure,
  judgeStacked,
  judgeStatement,
  judgeStrongCall,
  judgeSubquery,
  judgeUnion,
  judgeVariable,
} from './clauses.ts';
import { judgeClause, judgeCondition, judgeFactor } from './conditions.ts';
import { skipClosers } from './grammar.ts';
import { TOKEN } from './tokens.ts';
import type { SqlVerdict } from './verdict.ts';
import { WORD } from './words.ts';

/** Looks for figures of SQL among tokens that were read. */
export function judgeTokens(verdict: SqlVerdict, isQuoted: boolean): void {
  const { tokens } = verdict;
  verdict.begin(isQuoted);
  if (isQuoted) judgeBreakOut(verdict);
  else judgeStart(verdict);
  for (let at = isQuoted ? 1 : 0; at < tokens.count && verdict.certainty !== 'sure'; at++)
    judgeAt(verdict, at);
  if (isQuoted && isCutExpression(verdict, skipClosers(tokens, 1))) verdict.find('sure', 'rest cut off', 1);
  if (tokens.hasConditional && tokens.count > 1) verdict.find('likely', 'conditional comment', 0);
}

function judgeAt(verdict: SqlVerdict, at: number): void {
  const { tokens } = verdict;
  switch (tokens.kinds[at]) {
    case TOKEN.logic:
      return judgeCondition(verdict, at, at + 1);
    case TOKEN.semicolon:
      return judgeStacked(verdict, at);
    case TOKEN.open:
      if (tokens.words[at + 1] === WORD.select) judgeSubquery(verdict, at + 1);
      else if (tokens.kinds[at + 1] === TOKEN.number) judgeFactor(verdict, at);
      return;
    case TOKEN.variable:
      return judgeVariable(verdict, at);
    case TOKEN.word:
      return judgeWord(verdict, at);
  }
}

function judgeWord(verdict: SqlVerdict, at: number): void {
  const { tokens } = verdict;
  switch (tokens.words[at]) {
    case WORD.union:
      return judgeUnion(verdict, at);
    case WORD.select:
    case WORD.statement:
      return judgeStatement(verdict, at);
    case WORD.where:
    case WORD.having:
      return judgeClause(verdict, at);
    case WORD.orderOrGroup:
      return judgeOrder(verdict, at);
    case WORD.into:
      return judgeInto(verdict, at);
    case WORD.caseWord:
      return judgeCase(verdict, at);
    case WORD.ifWord:
      return judgeIf(verdict, at);
    case WORD.strongFunction:
      return judgeStrongCall(verdict, at);
    case WORD.catalogue:
      return judgeCatalogue(verdict, at);
    case WORD.clause:
      return judgeProcedure(verdict, at);
  }
}
