import type { Bytes } from '../../seclang/bytes.ts';
import { decodePercent, withDecoded } from '../decode.ts';
import { type Finding, found, surer } from '../finding.ts';
import { judgeTokens } from './judge.ts';
import { SqlTokens } from './tokens.ts';
import { SqlVerdict } from './verdict.ts';

const tokens = new SqlTokens();
const verdict = new SqlVerdict(tokens);

/**
 * SQL in a value: tokens of the value as it stands, and as it reads inside single and double quotes, in which figures of
 * grammar are looked for.
 */
export function findSqlInjection(value: Bytes): Finding | null {
  if (!mayHoldSql(value)) return null;
  // Escapes look like arithmetic: a value that is escaped throughout is read once they are undone.
  return withDecoded(/[\s'"]/.test(value) ? value : decodePercent(value, true), findInText);
}

/** A statement needs something that separates words, or a quote that is ended. */
function mayHoldSql(value: Bytes): boolean {
  if (value.length < 3) return false;
  for (let at = 0; at < value.length; at++) {
    const code = value.charCodeAt(at);
    if (code <= 0x2b && code !== 0x21 && code !== 0x24) return true;
    if (
      code === 0x5c ||
      code === 0x60 ||
      code === 0x7c ||
      code === 0xa0 ||
      (code === 0x2d && value.charCodeAt(at + 1) === 0x2d)
    )
      return true;
  }
  return value.includes('/*') || value.includes('@@') || value.includes(';') || value.includes('--');
}

function findInText(text: Bytes): Finding | null {
  const finding = findInContexts(text);
  if (finding?.certainty === 'sure' || !text.includes('\n') || !text.includes('#')) return finding;
  return surer(finding, findInContexts(withoutHashComments(text)));
}

/** MySQL reads a `#` and the rest of its line as white space. */
function withoutHashComments(text: Bytes): Bytes {
  return text
    .split('\n')
    .map((line) => (line.includes('#') ? line.slice(0, line.indexOf('#')) : line))
    .join('\n');
}

function findInContexts(text: Bytes): Finding | null {
  let finding = judgeIn(text, '');
  if (finding?.certainty === 'sure') return finding;
  if (text.includes("'")) finding = surer(finding, judgeIn(text, "'"));
  if (finding?.certainty === 'sure') return finding;
  if (text.includes('"')) finding = surer(finding, judgeIn(text, '"'));
  if (finding?.certainty === 'sure') return finding;
  return text.includes('`') ? surer(finding, judgeIn(text, '`')) : finding;
}

/** Piece by piece, where a text has more tokens than are looked at together. */
function judgeIn(text: Bytes, quote: '' | "'" | '"' | '`'): Finding | null {
  let finding: Finding | null = null;
  let from = 0;
  let within = quote;
  while (from < text.length && finding?.certainty !== 'sure') {
    const end = tokens.read(text, within, from);
    judgeTokens(verdict, within !== '');
    if (verdict.certainty !== null) {
      finding = surer(
        finding,
        found(verdict.certainty, verdict.kind, text, tokens.starts[verdict.at]!, text.length),
      );
    }
    from = end;
    within = '';
  }
  return finding;
}
