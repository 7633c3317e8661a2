import type { Certainty } from '../finding.ts';
import { Operand } from './grammar.ts';
import { type SqlTokens, TOKEN } from './tokens.ts';

/** More pairs of ordinary words than this, and the text is prose in which SQL is mentioned. */
const PROSE_PAIRS = 6;

/** What was found among the tokens of a text so far. One instance is used again and again. */
export class SqlVerdict {
  readonly tokens: SqlTokens;
  certainty: Certainty | null = null;
  kind = '';
  /** Token at which the figure begins. */
  at = 0;
  /** Whether the first token is the string that the value stands in, and ends. */
  isQuoted = false;
  /** Sides of a comparison, as they are read. */
  readonly left: Operand = new Operand();
  readonly right: Operand = new Operand();

  constructor(tokens: SqlTokens) {
    this.tokens = tokens;
  }

  begin(isQuoted: boolean): void {
    this.certainty = null;
    this.isQuoted = isQuoted;
  }

  find(certainty: Certainty, kind: string, at: number): void {
    if (this.certainty === 'sure' || this.certainty === certainty) return;
    this.certainty = certainty;
    this.kind = kind;
    this.at = at;
  }

  /** What prose might mention is less sure in the midst of prose. */
  findUnlessProse(kind: string, at: number): void {
    this.find(this.tokens.prosePairs > PROSE_PAIRS ? 'likely' : 'sure', kind, at);
  }

  /** Whether nothing but a few numbers stands before a token. */
  isAfterNumber(at: number): boolean {
    if (at === 0 || at > 4) return false;
    for (let before = 0; before < at; before++) {
      const kind = this.tokens.kinds[before];
      if (kind !== TOKEN.number && kind !== TOKEN.math && kind !== TOKEN.comma) return false;
    }
    return this.tokens.kinds[at - 1] === TOKEN.number;
  }
}
