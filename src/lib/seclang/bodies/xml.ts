import type { Bytes } from '../bytes.ts';
import { NamedValues } from '../variables/named-values.ts';
import type { BodyReader } from './body-reader.ts';
import { AttributeNames } from './xml-attribute-names.ts';
import {
  FIRST_OF_FORBIDDEN,
  isForbidden,
  isPlainValue,
  isXmlSpace,
  NAME,
  referredCharacter,
  withPlainBreaks,
} from './xml-chars.ts';
import { DoctypeReader } from './xml-doctype.ts';
import { decodeXml } from './xml-encoding.ts';
import { MAX_ENTITY_DEPTH, XmlEntityTexts } from './xml-entity-texts.ts';
import type { XmlSource } from './xml-source.ts';

/** How deep elements may stand in each other, as libxml2 has it. */
const MAX_DEPTH = 256;
/** Attributes that a document may have. */
const MAX_ATTRIBUTES = 100_000;
/** Bytes of a value in which something has to be replaced. */
const MAX_REPLACED_BYTES = 131_072;
/** Bytes that entities together may stand for beyond those of the body. */
const SPARE_ENTITY_BYTES = 65_536;

const LESS = 0x3c;
const AMPERSAND = 0x26;
const BRACKET = 0x5d;
const CR = 0x0d;
const RUN_BYTES = 32_768;

/**
 * An XML body (XML 1.0), read strictly and without recursion: the text of its root element, and the values of all attributes.
 *
 * What was read before a mistake stays. Entities that the document declares are put in their places within a budget; nothing is ever
 * fetched, so that what stands elsewhere is empty.
 */
export class XmlReader implements BodyReader {
  readonly values = new NamedValues();
  readonly attributes: Bytes[] = [];
  error: Bytes = '';
  readonly #texts: Bytes[] = [];
  #rootTexts: readonly Bytes[] = [];
  readonly #open: Bytes[] = [];
  #sources: XmlSource[] = [];
  #source: XmlSource = { text: '', at: 0, depth: 0, entity: '' };
  readonly #entities: XmlEntityTexts;
  #hasDoctype = false;
  #hasRoot = false;
  /** Where the CDATA section that is being read ends; -1 outside of one. */
  #cdataEnd = -1;
  #isOver = false;

  constructor(body: Bytes) {
    this.#entities = new XmlEntityTexts(SPARE_ENTITY_BYTES + body.length);
    const decoded = decodeXml(body);
    if (decoded.ok) this.#source = { text: decoded.text, at: 0, depth: 0, entity: '' };
    else this.#fail(decoded.problem);
  }

  /** The text of the root element, alone in a list; nothing where there is none. */
  get rootTexts(): readonly Bytes[] {
    if (this.#hasRoot && this.#rootTexts.length === 0) this.#rootTexts = [this.#texts.join('')];
    return this.#rootTexts;
  }

  step(bytes: number): boolean {
    let left = bytes;
    while (!this.#isOver && left > 0) {
      const source = this.#source;
      const start = source.at;
      this.#construct(source);
      left -= Math.max(1, source.at - start);
    }
    return this.#isOver;
  }

  #fail(problem: string): false {
    if (this.error === '') this.error = `XML parsing error: ${problem}`;
    this.#isOver = true;
    return false;
  }

  get #isInRoot(): boolean {
    return this.#open.length > 0;
  }

  #construct(source: XmlSource): void {
    const { text, at } = source;
    if (this.#cdataEnd >= 0) this.#cdataRun(source);
    else if (at >= text.length) this.#endSource(source);
    else if (text.charCodeAt(at) === AMPERSAND) this.#reference(source);
    else if (text.charCodeAt(at) !== LESS) this.#characters(source);
    else {
      const next = text[at + 1];
      if (next === '/') this.#endTag(source);
      else if (next === '?') this.#instruction(source);
      else if (next !== '!') this.#startTag(source);
      else if (text.startsWith('<!--', at)) this.#comment(source);
      else if (text.startsWith('<![CDATA[', at)) this.#cdata(source);
      else if (text.startsWith('<!DOCTYPE', at)) this.#doctype(source);
      else this.#fail('a tag has no name');
    }
  }

  #endSource(source: XmlSource): void {
    if (this.#open.length !== source.depth) this.#fail('an element has no end');
    else if (source.entity === '') {
      this.#isOver = true;
      if (!this.#hasRoot) this.#fail('there is no element');
    } else this.#source = this.#sources.pop() as XmlSource;
  }

  #characters(source: XmlSource): void {
    const { text, at } = source;
    let end = at;
    let isPlain = true;
    let before = 0;
    for (; end < text.length; end++) {
      const code = text.charCodeAt(end);
      if (code === LESS || code === AMPERSAND) break;
      // A long text is taken in runs that cut no line end and no `]]>`, nor a character.
      if (end - at >= RUN_BYTES && before !== CR && before !== BRACKET && code < 0x80) break;
      before = code;
      if (code < 0x20 || code === BRACKET || code === FIRST_OF_FORBIDDEN) isPlain = false;
    }
    source.at = end;
    const run = text.slice(at, end);
    if (!this.#isInRoot) {
      if (/[^\t\n\r ]/.test(run)) this.#fail('text stands outside of the root element');
    } else if (isPlain) this.#texts.push(run);
    else if (isForbidden(run)) this.#fail('a character stands in the text that may not');
    else if (run.includes(']]>')) this.#fail('the end of a CDATA section has no beginning');
    else this.#texts.push(withPlainBreaks(run));
  }

  #cdata(source: XmlSource): void {
    source.at += '<![CDATA['.length;
    this.#cdataEnd = source.text.indexOf(']]>', source.at);
    if (this.#cdataEnd < 0 || !this.#isInRoot) this.#fail('a CDATA section is malformed');
  }

  /** Takes a run of a CDATA section, which cuts no line end. */
  #cdataRun(source: XmlSource): void {
    const { text, at } = source;
    let end = Math.min(at + RUN_BYTES, this.#cdataEnd);
    if (end < this.#cdataEnd && text.charCodeAt(end - 1) === CR) end--;
    // The bytes of a character may be in two runs: what is forbidden is looked for a little further back.
    if (isForbidden(text.slice(Math.max(0, at - 2), end))) this.#fail('a CDATA section is malformed');
    this.#texts.push(withPlainBreaks(text.slice(at, end)));
    source.at = end;
    if (end === this.#cdataEnd) {
      source.at = end + 3;
      this.#cdataEnd = -1;
    }
  }

  #comment(source: XmlSource): void {
    const start = source.at + 4;
    const end = source.text.indexOf('--', start);
    const isWhole = end >= 0 && source.text[end + 2] === '>';
    if (!isWhole || isForbidden(source.text.slice(start, end))) this.#fail('a comment is malformed');
    source.at = end + 3;
  }

  #instruction(source: XmlSource): void {
    const end = source.text.indexOf('?>', source.at + 2);
    const name = this.#match(NAME, source, source.at + 2);
    const next = source.text[source.at + 2 + name.length] ?? '';
    const isNamed = name !== '' && name.toLowerCase() !== 'xml' && /[\t\n\r ?]/.test(next);
    if (end < 0 || !isNamed || isForbidden(source.text.slice(source.at, end))) {
      this.#fail('a processing instruction is malformed');
    }
    source.at = end + 2;
  }

  #doctype(source: XmlSource): void {
    if (this.#hasDoctype || this.#hasRoot || source.entity !== '') {
      this.#fail('a document type declaration stands where it may not');
      return;
    }
    this.#hasDoctype = true;
    const reader = new DoctypeReader(source.text, source.at + '<!DOCTYPE'.length);
    if (!reader.read()) this.#fail(reader.problem);
    source.at = reader.at;
    this.#entities.declare(reader.entities, reader.isExternal);
  }

  /** What a sticky pattern matches at a place; '' for nothing. */
  #match(pattern: RegExp, { text }: XmlSource, at: number): Bytes {
    pattern.lastIndex = at;
    return pattern.test(text) ? text.slice(at, pattern.lastIndex) : '';
  }

  #afterSpaces({ text }: XmlSource, at: number): number {
    let end = at;
    while (isXmlSpace(text.charCodeAt(end))) end++;
    return end;
  }

  #endTag(source: XmlSource): void {
    const name = this.#match(NAME, source, source.at + 2);
    const at = this.#afterSpaces(source, source.at + 2 + name.length);
    const isBalanced = this.#open.length > source.depth && this.#open.at(-1) === name;
    if (!isBalanced || source.text[at] !== '>') this.#fail('an end tag does not fit');
    this.#open.pop();
    source.at = at + 1;
  }

  #startTag(source: XmlSource): void {
    const name = this.#match(NAME, source, source.at + 1);
    if (name === '' || (!this.#isInRoot && this.#hasRoot)) {
      this.#fail(name === '' ? 'a tag has no name' : 'there are several root elements');
      return;
    }
    this.#hasRoot = true;
    source.at += 1 + name.length;
    const seen = new AttributeNames();
    for (;;) {
      const at = source.at;
      source.at = this.#afterSpaces(source, at);
      if (source.text[source.at] === '>') {
        source.at++;
        this.#open.push(name);
        if (this.#open.length > MAX_DEPTH) this.#fail('elements stand too deep in each other');
        return;
      }
      if (source.text.startsWith('/>', source.at)) {
        source.at += 2;
        return;
      }
      if (source.at === at || !this.#attribute(source, seen)) {
        this.#fail('a tag is malformed');
        return;
      }
    }
  }

  #attribute(source: XmlSource, seen: AttributeNames): boolean {
    const name = this.#match(NAME, source, source.at);
    source.at = this.#afterSpaces(source, source.at + name.length);
    if (seen.isFull || this.attributes.length >= MAX_ATTRIBUTES) {
      return this.#fail('there are too many attributes');
    }
    if (name === '' || !seen.add(name) || source.text[source.at] !== '=') return false;
    source.at = this.#afterSpaces(source, source.at + 1);
    const quote = source.text[source.at];
    if (quote !== '"' && quote !== "'") return false;
    const end = source.text.indexOf(quote, source.at + 1);
    if (end < 0) return false;
    const raw = source.text.slice(source.at + 1, end);
    const isPlain = isPlainValue(raw);
    if (!isPlain && raw.length > MAX_REPLACED_BYTES)
      return this.#fail('the value of an attribute is too long');
    const value = isPlain ? raw : this.#entities.attributeValue(raw);
    source.at = end + 1;
    // Declarations of namespaces are no attributes.
    if (value !== null && name !== 'xmlns' && !name.startsWith('xmlns:')) this.attributes.push(value);
    return value !== null;
  }

  #reference(source: XmlSource): void {
    const end = source.text.indexOf(';', source.at);
    const name = end < 0 ? '' : source.text.slice(source.at + 1, end);
    const isNumber = /^#(?:x[0-9A-Fa-f]+|[0-9]+)$/.test(name);
    if (
      !this.#isInRoot ||
      (!isNumber && (name === '' || this.#match(NAME, source, source.at + 1) !== name))
    ) {
      this.#fail('a reference is malformed');
      return;
    }
    source.at = end + 1;
    const character = referredCharacter(name);
    if (character !== null) {
      this.#texts.push(character);
      return;
    }
    const text = this.#entities.find(name);
    const isOpen =
      this.#sources.length >= MAX_ENTITY_DEPTH ||
      source.entity === name ||
      this.#sources.some(({ entity }) => entity === name);
    if (isNumber || isOpen || text === undefined) this.#fail('a reference stands for nothing');
    else if (!this.#entities.spend(text)) this.#fail('entities stand for far more than the text');
    else {
      this.#sources.push(source);
      this.#source = { text, at: 0, depth: this.#open.length, entity: name };
    }
  }
}
