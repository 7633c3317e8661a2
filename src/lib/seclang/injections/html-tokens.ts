import type { Bytes } from '../bytes.ts';
import {
  BANG,
  DASH,
  EQUALS,
  GT,
  type HtmlContext,
  isBlank,
  isLetter,
  QUOTES,
  SLASH,
  START,
  type State,
} from './html-states.ts';

/** What a browser of the tolerant kind takes a stretch of HTML for. */
export type HtmlTokenKind =
  | 'text'
  | 'tag-name'
  | 'tag-end'
  | 'close-tag'
  | 'attribute-name'
  | 'attribute-value'
  | 'comment'
  | 'doctype';

/**
 * Reads bytes as HTML, token by token, as tolerantly as browsers ever have.
 *
 * Cost: one pass. `next` is false at the end; the fields hold the token after it was true.
 */
export class HtmlTokens {
  kind: HtmlTokenKind = 'text';
  from = 0;
  to = 0;
  readonly #text: Bytes;
  #at = 0;
  #state: State;
  /** Whether the name that is read is that of a closing tag. */
  #isClosing = false;

  constructor(text: Bytes, context: HtmlContext) {
    this.#text = text;
    this.#state = START[context];
  }

  next(): boolean {
    switch (this.#state) {
      case 'data':
        return this.#data();
      case 'end':
        return false;
      case 'after-tag-name':
        return this.#tagEnd();
      case 'self-closing':
        return this.#selfClosing();
      case 'before-attribute-name':
        return this.#beforeAttributeName();
      case 'after-attribute-name':
        return this.#afterAttributeName();
      case 'before-attribute-value':
        return this.#beforeAttributeValue();
      case 'after-quoted-value':
        return this.#afterQuotedValue();
      default:
        return this.#quotedValue(QUOTES[this.#state]);
    }
  }

  #give(kind: HtmlTokenKind, from: number, to: number, next: number, state: State): true {
    this.kind = kind;
    this.from = from;
    this.to = to;
    this.#at = next;
    this.#state = state;
    return true;
  }

  #rest(kind: HtmlTokenKind): true {
    const { length } = this.#text;
    return this.#give(kind, this.#at, length, length, 'end');
  }

  #data(): boolean {
    const from = this.#at;
    const at = this.#text.indexOf('<', from);
    if (at < 0) {
      this.#rest('text');
      return this.to > from;
    }
    if (at === from) {
      this.#at = at + 1;
      return this.#tagOpen();
    }
    // The bracket is looked at when the text before it was told.
    return this.#give('text', from, at, at, 'data');
  }

  #tagOpen(): boolean {
    if (this.#at >= this.#text.length) return this.#finish();
    const code = this.#text.charCodeAt(this.#at);
    if (code === BANG) {
      this.#at++;
      return this.#declaration();
    }
    if (code === SLASH) {
      this.#at++;
      return this.#closeTagOpen();
    }
    if (code === 63) {
      this.#at++;
      return this.#bogusComment('>');
    }
    if (code === 37) {
      this.#at++;
      return this.#bogusComment('%>');
    }
    if (isLetter(code) || code === 0) return this.#tagName();
    return this.#give('text', this.#at - 1, this.#at, this.#at, 'data');
  }

  #finish(): false {
    this.#state = 'end';
    return false;
  }

  #closeTagOpen(): boolean {
    if (this.#at >= this.#text.length) return this.#finish();
    const code = this.#text.charCodeAt(this.#at);
    this.#isClosing = true;
    if (code === GT) return this.#data();
    if (isLetter(code)) return this.#tagName();
    this.#isClosing = false;
    return this.#bogusComment('>');
  }

  #tagName(): boolean {
    const text = this.#text;
    const from = this.#at;
    for (let at = from; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code === 0) continue;
      if (isBlank(code)) return this.#give('tag-name', from, at, at + 1, 'before-attribute-name');
      if (code === SLASH) return this.#give('tag-name', from, at, at + 1, 'self-closing');
      if (code !== GT) continue;
      if (!this.#isClosing) return this.#give('tag-name', from, at, at, 'after-tag-name');
      this.#isClosing = false;
      return this.#give('close-tag', from, at, at + 1, 'data');
    }
    return this.#rest('tag-name');
  }

  #tagEnd(): boolean {
    this.#isClosing = false;
    const at = this.#at;
    return this.#give('tag-end', at, at + 1, at + 1, at + 1 < this.#text.length ? 'data' : 'end');
  }

  #selfClosing(): boolean {
    if (this.#at >= this.#text.length) return this.#finish();
    if (this.#text.charCodeAt(this.#at) !== GT) return this.#beforeAttributeName();
    return this.#give('tag-end', this.#at, this.#at + 1, this.#at + 1, 'data');
  }

  /** The first byte that is no blank; -1 at the end. */
  #skipBlanks(): number {
    const text = this.#text;
    while (this.#at < text.length && isBlank(text.charCodeAt(this.#at))) this.#at++;
    return this.#at < text.length ? text.charCodeAt(this.#at) : -1;
  }

  #beforeAttributeName(): boolean {
    const code = this.#skipBlanks();
    if (code < 0) return this.#finish();
    if (code === SLASH) {
      this.#at++;
      return this.#selfClosing();
    }
    if (code === GT) return this.#give('tag-end', this.#at, this.#at + 1, this.#at + 1, 'data');
    return this.#attributeName();
  }

  #attributeName(): boolean {
    const text = this.#text;
    const from = this.#at;
    for (let at = from + 1; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (isBlank(code)) return this.#give('attribute-name', from, at, at + 1, 'after-attribute-name');
      if (code === SLASH) return this.#give('attribute-name', from, at, at + 1, 'self-closing');
      if (code === EQUALS) return this.#give('attribute-name', from, at, at + 1, 'before-attribute-value');
      if (code === GT) return this.#give('attribute-name', from, at, at, 'after-tag-name');
    }
    return this.#rest('attribute-name');
  }

  #afterAttributeName(): boolean {
    const code = this.#skipBlanks();
    if (code < 0) return this.#finish();
    if (code === SLASH) {
      this.#at++;
      return this.#selfClosing();
    }
    if (code === EQUALS) {
      this.#at++;
      return this.#beforeAttributeValue();
    }
    return code === GT ? this.#tagEnd() : this.#attributeName();
  }

  #beforeAttributeValue(): boolean {
    const code = this.#skipBlanks();
    if (code < 0) return this.#finish();
    if (code === 34) return this.#quotedValue('"');
    if (code === 39) return this.#quotedValue("'");
    return code === 96 ? this.#quotedValue('`') : this.#unquotedValue();
  }

  #quotedValue(quote: string): boolean {
    // A value that begins inside of a quoted one has no quote in front.
    if (this.#at > 0) this.#at++;
    const at = this.#text.indexOf(quote, this.#at);
    if (at < 0) return this.#rest('attribute-value');
    return this.#give('attribute-value', this.#at, at, at + 1, 'after-quoted-value');
  }

  #unquotedValue(): boolean {
    const text = this.#text;
    const from = this.#at;
    for (let at = from; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (isBlank(code)) return this.#give('attribute-value', from, at, at + 1, 'before-attribute-name');
      if (code === GT) return this.#give('attribute-value', from, at, at, 'after-tag-name');
    }
    return this.#rest('attribute-value');
  }

  #afterQuotedValue(): boolean {
    if (this.#at >= this.#text.length) return this.#finish();
    const code = this.#text.charCodeAt(this.#at);
    if (isBlank(code)) this.#at++;
    else if (code === SLASH) {
      this.#at++;
      return this.#selfClosing();
    }
    return this.#beforeAttributeName();
  }

  #declaration(): boolean {
    const text = this.#text;
    const at = this.#at;
    if (text.slice(at, at + 7).toUpperCase() === 'DOCTYPE') return this.#upTo('doctype', '>');
    if (text.startsWith('[CDATA[', at)) {
      this.#at += 7;
      return this.#upTo('text', ']]>');
    }
    if (!text.startsWith('--', at)) return this.#bogusComment('>');
    this.#at += 2;
    return this.#comment();
  }

  #upTo(kind: HtmlTokenKind, end: string): boolean {
    const at = this.#text.indexOf(end, this.#at);
    return at < 0 ? this.#rest(kind) : this.#give(kind, this.#at, at, at + end.length, 'data');
  }

  #bogusComment(end: string): boolean {
    return this.#upTo('comment', end);
  }

  /** Ends with `-->` or `-!>`, with any number of NULs behind the first dash. */
  #comment(): boolean {
    const text = this.#text;
    for (
      let at = text.indexOf('-', this.#at);
      at >= 0 && at <= text.length - 3;
      at = text.indexOf('-', at + 1)
    ) {
      let end = at + 1;
      while (text.charCodeAt(end) === 0) end++;
      const second = text.charCodeAt(end);
      if ((second === DASH || second === BANG) && text.charCodeAt(end + 1) === GT)
        return this.#give('comment', this.#at, at, end + 2, 'data');
    }
    return this.#rest('comment');
  }
}
