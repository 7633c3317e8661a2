import type { Bytes } from '../bytes.ts';
import { isForbidden, NAME, referredCharacter, SPACES } from './xml-chars.ts';

/** A general entity: its text, or null for one whose text would have to be fetched. */
export type XmlEntities = Map<Bytes, Bytes | null>;

const EXTERNAL = /(?:SYSTEM|PUBLIC[\t\n\r ]+(?:"[^"<>&]*"|'[^'<>&]*'))[\t\n\r ]+(?:"[^"]*"|'[^']*')/y;
const ENTITY_VALUE = /"([^"]*)"|'([^']*)'/y;
const PLAIN = /[^"'<>]*/y;
const NOTATION_DATA = /[\t\n\r ]+NDATA[\t\n\r ]+[A-Za-z_:\x80-\xff][\w:.\-\x80-\xff]*/y;

/** Bytes that declarations in a document may have. */
const MAX_SUBSET_BYTES = 65_536;

/**
 * Reads a document type declaration: the entities that it declares are taken, everything else is passed over.
 *
 * Safety: nothing is ever fetched. A reference to a parameter entity is refused, because declarations could hide in it.
 */
export class DoctypeReader {
  readonly entities: XmlEntities = new Map();
  /** Whether declarations stand in a file that is not read, so that names may be declared there. */
  isExternal = false;
  problem = '';
  at: number;
  readonly #text: Bytes;

  /** Begins behind `<!DOCTYPE`. */
  constructor(text: Bytes, at: number) {
    this.#text = text;
    this.at = at;
  }

  /** Reads to behind the closing `>`; false where it is malformed. */
  read(): boolean {
    if (!this.#spaces() || this.#match(NAME) === null) return this.#fail();
    const isSpaced = this.#spaces();
    if (isSpaced && this.#match(EXTERNAL) !== null) this.isExternal = true;
    this.#spaces();
    if (this.#text[this.at] === '[') {
      this.at++;
      if (!this.#subset()) return this.#fail();
      this.#spaces();
    }
    if (this.#text[this.at] !== '>') return this.#fail();
    this.at++;
    return true;
  }

  #fail(): false {
    if (this.problem === '') this.problem = 'a document type declaration is malformed';
    return false;
  }

  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.at;
    const match = pattern.exec(this.#text);
    if (match !== null) this.at = pattern.lastIndex;
    return match;
  }

  #spaces(): boolean {
    const start = this.at;
    this.#match(SPACES);
    return this.at > start;
  }

  /** Moves behind the next `end`. */
  #skipTo(end: string): boolean {
    const found = this.#text.indexOf(end, this.at);
    if (found < 0) return false;
    this.at = found + end.length;
    return true;
  }

  #subset(): boolean {
    const start = this.at;
    for (;;) {
      this.#spaces();
      const text = this.#text;
      if (this.at - start > MAX_SUBSET_BYTES) return false;
      if (text[this.at] === ']') {
        this.at++;
        return true;
      }
      if (text[this.at] === '%') this.problem = 'parameter entities are not followed';
      let isRead = false;
      if (text.startsWith('<!--', this.at)) isRead = this.#comment();
      else if (text.startsWith('<?', this.at)) isRead = this.#skipTo('?>');
      else if (text.startsWith('<!ENTITY', this.at)) isRead = this.#entity();
      else if (/^<!(?:ELEMENT|ATTLIST|NOTATION)[\t\n\r ]/.test(text.slice(this.at, this.at + 11))) {
        isRead = this.#declaration();
      }
      if (!isRead) return false;
    }
  }

  #comment(): boolean {
    this.at += 4;
    const end = this.#text.indexOf('--', this.at);
    if (end < 0 || this.#text[end + 2] !== '>') return false;
    this.at = end + 3;
    return true;
  }

  /** A declaration that is passed over: its end is the first `>` outside of quotes. */
  #declaration(): boolean {
    this.at += 2;
    for (;;) {
      this.#match(PLAIN);
      const char = this.#text[this.at++];
      if (char === '>') return true;
      if ((char !== '"' && char !== "'") || !this.#skipTo(char)) return false;
    }
  }

  #entity(): boolean {
    this.at += '<!ENTITY'.length;
    if (!this.#spaces()) return false;
    const isParameter = this.#text[this.at] === '%';
    if (isParameter) this.at++;
    if (isParameter && !this.#spaces()) return false;
    const name = this.#match(NAME)?.[0];
    if (name === undefined || !this.#spaces()) return false;
    const value = this.#match(ENTITY_VALUE);
    const text = value === null ? null : this.#entityText((value[1] ?? value[2]) as Bytes);
    if (value === null && this.#match(EXTERNAL) === null) return false;
    const isUnparsed = value === null && this.#match(NOTATION_DATA) !== null;
    this.#spaces();
    if (this.#text[this.at] !== '>' || this.problem !== '') return false;
    this.at++;
    // The first declaration of a name counts (XML 1.0, 4.2).
    if (!isParameter && !isUnparsed && !this.entities.has(name)) this.entities.set(name, text);
    return true;
  }

  /** The text of an entity: references to characters are replaced, those to entities stay (XML 1.0, 4.4). */
  #entityText(value: Bytes): Bytes {
    if (value.includes('%') || isForbidden(value)) this.problem = 'parameter entities are not followed';
    return value.replace(/&(#[^;]*);/g, (reference: string, name: string) => {
      const character = referredCharacter(name);
      if (character === null) this.problem = 'a reference to a character is none';
      return character ?? reference;
    });
  }
}
