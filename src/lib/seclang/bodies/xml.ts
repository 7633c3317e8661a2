import type { Bytes } from '../bytes.ts';
import { NamedValues } from '../variables/named-values.ts';
import type { BodyReader } from './body-reader.ts';
import { isForbidden, NAME, referredCharacter, SPACES, withPlainBreaks } from './xml-chars.ts';
import { DoctypeReader, type XmlEntities } from './xml-doctype.ts';
import { decodeXml } from './xml-encoding.ts';

/** How deep elements may stand in each other, as libxml2 has it. */
const MAX_DEPTH = 256;
/** How deep entities may stand in each other. */
const MAX_ENTITY_DEPTH = 40;
/** Bytes that entities together may stand for beyond those of the body. */
const SPARE_ENTITY_BYTES = 65_536;

/** A text that is being read: the document, or an entity in it. */
interface Source {
  readonly text: Bytes;
  at: number;
  /** Elements that were open when it began. */
  readonly depth: number;
  /** '' for the document. */
  readonly entity: Bytes;
}

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
  #sources: Source[] = [];
  #source: Source = { text: '', at: 0, depth: 0, entity: '' };
  #entities: XmlEntities = new Map();
  #isExternal = false;
  #hasDoctype = false;
  #hasRoot = false;
  #isOver = false;
  #entityBytes: number;

  constructor(body: Bytes) {
    this.#entityBytes = SPARE_ENTITY_BYTES + body.length;
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

  #construct(source: Source): void {
    const { text, at } = source;
    if (at >= text.length) this.#endSource(source);
    else if (text[at] === '&') this.#reference(source);
    else if (text[at] !== '<') this.#characters(source);
    else if (text.startsWith('<!--', at)) this.#comment(source);
    else if (text.startsWith('<![CDATA[', at)) this.#cdata(source);
    else if (text.startsWith('<!DOCTYPE', at)) this.#doctype(source);
    else if (text[at + 1] === '?') this.#instruction(source);
    else if (text[at + 1] === '/') this.#endTag(source);
    else this.#startTag(source);
  }

  #endSource(source: Source): void {
    if (this.#open.length !== source.depth) this.#fail('an element has no end');
    else if (source.entity === '') {
      this.#isOver = true;
      if (!this.#hasRoot) this.#fail('there is no element');
    } else this.#source = this.#sources.pop() as Source;
  }

  #characters(source: Source): void {
    const { text, at } = source;
    const markup = /[<&]/g;
    markup.lastIndex = at;
    source.at = markup.exec(text)?.index ?? text.length;
    const run = text.slice(at, source.at);
    if (!this.#isInRoot) {
      if (/[^\t\n\r ]/.test(run)) this.#fail('text stands outside of the root element');
    } else if (isForbidden(run)) this.#fail('a character stands in the text that may not');
    else if (run.includes(']]>')) this.#fail('the end of a CDATA section has no beginning');
    else this.#texts.push(withPlainBreaks(run));
  }

  #cdata(source: Source): void {
    const start = source.at + '<![CDATA['.length;
    const end = source.text.indexOf(']]>', start);
    const data = source.text.slice(start, end);
    if (end < 0 || !this.#isInRoot || isForbidden(data)) this.#fail('a CDATA section is malformed');
    this.#texts.push(withPlainBreaks(data));
    source.at = end + 3;
  }

  #comment(source: Source): void {
    const start = source.at + 4;
    const end = source.text.indexOf('--', start);
    const isWhole = end >= 0 && source.text[end + 2] === '>';
    if (!isWhole || isForbidden(source.text.slice(start, end))) this.#fail('a comment is malformed');
    source.at = end + 3;
  }

  #instruction(source: Source): void {
    const end = source.text.indexOf('?>', source.at + 2);
    const name = this.#match(NAME, source, source.at + 2);
    const next = source.text[source.at + 2 + name.length] ?? '';
    const isNamed = name !== '' && name.toLowerCase() !== 'xml' && /[\t\n\r ?]/.test(next);
    if (end < 0 || !isNamed || isForbidden(source.text.slice(source.at, end))) {
      this.#fail('a processing instruction is malformed');
    }
    source.at = end + 2;
  }

  #doctype(source: Source): void {
    if (this.#hasDoctype || this.#hasRoot || source.entity !== '') {
      this.#fail('a document type declaration stands where it may not');
      return;
    }
    this.#hasDoctype = true;
    const reader = new DoctypeReader(source.text, source.at + '<!DOCTYPE'.length);
    if (!reader.read()) this.#fail(reader.problem);
    source.at = reader.at;
    this.#entities = reader.entities;
    this.#isExternal = reader.isExternal;
  }

  /** What a sticky pattern matches at a place; '' for nothing. */
  #match(pattern: RegExp, { text }: Source, at: number): Bytes {
    pattern.lastIndex = at;
    return pattern.exec(text)?.[0] ?? '';
  }

  #endTag(source: Source): void {
    const name = this.#match(NAME, source, source.at + 2);
    let at = source.at + 2 + name.length;
    at += this.#match(SPACES, source, at).length;
    const isBalanced = this.#open.length > source.depth && this.#open.at(-1) === name;
    if (!isBalanced || source.text[at] !== '>') this.#fail('an end tag does not fit');
    this.#open.pop();
    source.at = at + 1;
  }

  #startTag(source: Source): void {
    const name = this.#match(NAME, source, source.at + 1);
    if (name === '' || (!this.#isInRoot && this.#hasRoot)) {
      this.#fail(name === '' ? 'a tag has no name' : 'there are several root elements');
      return;
    }
    this.#hasRoot = true;
    source.at += 1 + name.length;
    const seen = new Set<Bytes>();
    for (;;) {
      const spaces = this.#match(SPACES, source, source.at).length;
      source.at += spaces;
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
      if (spaces === 0 || !this.#attribute(source, seen)) {
        this.#fail('a tag is malformed');
        return;
      }
    }
  }

  #attribute(source: Source, seen: Set<Bytes>): boolean {
    const name = this.#match(NAME, source, source.at);
    source.at += name.length;
    source.at += this.#match(SPACES, source, source.at).length;
    if (name === '' || seen.has(name) || source.text[source.at] !== '=') return false;
    seen.add(name);
    source.at += 1 + this.#match(SPACES, source, source.at + 1).length;
    const quote = source.text[source.at];
    if (quote !== '"' && quote !== "'") return false;
    const end = source.text.indexOf(quote, source.at + 1);
    if (end < 0) return false;
    const value = this.#attributeValue(source.text.slice(source.at + 1, end), []);
    source.at = end + 1;
    // Declarations of namespaces are no attributes.
    if (value !== null && name !== 'xmlns' && !name.startsWith('xmlns:')) this.attributes.push(value);
    return value !== null;
  }

  /** A value with its references replaced; null where it is malformed. `within`: entities it stands in. */
  #attributeValue(raw: Bytes, within: readonly Bytes[]): Bytes | null {
    if (raw.includes('<') || isForbidden(raw)) return null;
    const plain = withPlainBreaks(raw).replace(/[\t\n]/g, ' ');
    let isMalformed = /&(?![^&;]+;)/.test(plain);
    const value = plain.replace(/&([^&;]+);/g, (reference: string, name: string) => {
      const character = referredCharacter(name);
      if (character !== null || isMalformed) return character ?? '';
      const text = this.#entities.get(name);
      const isOpen = within.includes(name) || within.length >= MAX_ENTITY_DEPTH;
      const isUsable = typeof text === 'string' && !isOpen && this.#spend(text);
      const expanded = isUsable ? this.#attributeValue(text as Bytes, [...within, name]) : null;
      const isUnknown = text === undefined && this.#isExternal && !reference.startsWith('&#');
      if (expanded === null && !isUnknown) isMalformed = true;
      return expanded ?? '';
    });
    return isMalformed ? null : value;
  }

  /** Takes the bytes of an entity from the budget; false where too little is left. */
  #spend(text: Bytes): boolean {
    this.#entityBytes -= text.length + 1;
    return this.#entityBytes >= 0 || this.#fail('entities stand for far more than the text');
  }

  #reference(source: Source): void {
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
    const text = this.#entities.get(name);
    const isOpen =
      this.#sources.length >= MAX_ENTITY_DEPTH ||
      source.entity === name ||
      this.#sources.some(({ entity }) => entity === name);
    if (isNumber || isOpen || (text === undefined && !this.#isExternal)) {
      this.#fail('a reference stands for nothing');
    } else if (typeof text === 'string' && this.#spend(text)) {
      this.#sources.push(source);
      this.#source = { text, at: 0, depth: this.#open.length, entity: name };
    }
  }
}
