import type { Bytes } from '../../seclang/bytes.ts';

/** What a GraphQL document asks for. */
export interface GraphqlCost {
  /** Deepest nesting of selections. */
  readonly depth: number;
  /** Fields that are given another name. */
  readonly aliases: number;
  readonly fields: number;
  readonly directives: number;
  readonly fragments: number;
  readonly asksForSchema: boolean;
}

const START = /^[\s,\ufeff]*(?:\{|(?:query|mutation|subscription|fragment)\b)/;

/**
 * Counts what a GraphQL document asks for; null for what is none.
 *
 * Cost: linear, one pass, nothing is built.
 * Source: GraphQL specification, October 2021, section 2.1 (tokens) and 2.7 (aliases).
 */
export function countGraphql(text: Bytes): GraphqlCost | null {
  return START.test(text.slice(0, 200)) ? new Counter(text).count() : null;
}

class Counter {
  readonly #text: Bytes;
  #at = 0;
  #depth = 0;
  #brackets = 0;
  readonly #cost = { depth: 0, aliases: 0, fields: 0, directives: 0, fragments: 0, asksForSchema: false };

  constructor(text: Bytes) {
    this.#text = text;
  }

  count(): GraphqlCost {
    while (this.#at < this.#text.length) this.#readToken();
    return this.#cost;
  }

  #readToken(): void {
    switch (this.#text[this.#at]) {
      case '#':
        this.#at = this.#lineEnd();
        return;
      case '"':
        this.#skipString();
        return;
      case '{':
        if (this.#brackets === 0) this.#cost.depth = Math.max(this.#cost.depth, ++this.#depth);
        break;
      case '}':
        if (this.#brackets === 0) this.#depth--;
        break;
      case '(':
        this.#brackets++;
        break;
      case ')':
        this.#brackets--;
        break;
      case '@':
        this.#cost.directives++;
        break;
      case '.':
        if (this.#text.startsWith('...', this.#at)) this.#at += 2;
        break;
      default:
        if (/[_a-z]/i.test(this.#text[this.#at] as string)) {
          this.#readName();
          return;
        }
    }
    this.#at++;
  }

  #readName(): void {
    const start = this.#at;
    while (this.#at < this.#text.length && /\w/.test(this.#text[this.#at] as string)) this.#at++;
    if (this.#brackets > 0) return;
    const name = this.#text.slice(start, this.#at);
    if (name === '__schema' || name === '__type') this.#cost.asksForSchema = true;
    if (name === 'fragment' && this.#depth === 0) this.#cost.fragments++;
    if (this.#depth === 0 || this.#text[start - 1] === '@' || this.#text[start - 1] === '$') return;
    this.#cost.fields++;
    let next = this.#at;
    while (next < this.#text.length && this.#text.charCodeAt(next) <= 0x20) next++;
    if (this.#text[next] === ':') {
      this.#cost.aliases++;
      this.#at = next + 1;
    }
  }

  #skipString(): void {
    const isBlock = this.#text.startsWith('"""', this.#at);
    const quote = isBlock ? '"""' : '"';
    let at = this.#at + quote.length;
    while (at < this.#text.length && !this.#text.startsWith(quote, at)) {
      if (this.#text[at] === '\\') at++;
      else if (!isBlock && this.#text[at] === '\n') break;
      at++;
    }
    this.#at = at + quote.length;
  }

  #lineEnd(): number {
    const end = this.#text.indexOf('\n', this.#at);
    return end < 0 ? this.#text.length : end;
  }
}
