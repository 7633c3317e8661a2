import type { Bytes } from '../bytes.ts';
import { isForbidden, referredCharacter, withPlainBreaks } from './xml-chars.ts';
import type { XmlEntities } from './xml-doctype.ts';

/** How deep entities may stand in each other. */
export const MAX_ENTITY_DEPTH = 40;

/** What the entities of one document stand for, within a budget of bytes. */
export class XmlEntityTexts {
  #entities: XmlEntities = new Map();
  #isExternal = false;
  #bytesLeft: number;

  constructor(bytes: number) {
    this.#bytesLeft = bytes;
  }

  /** `isExternal`: others may be declared in a file that is not read. */
  declare(entities: XmlEntities, isExternal: boolean): void {
    this.#entities = entities;
    this.#isExternal = isExternal;
  }

  /** The text of an entity in the content of an element; undefined where none is declared. What would have to be fetched is empty. */
  find(name: Bytes): Bytes | undefined {
    const text = this.#entities.get(name);
    return text === null || (text === undefined && this.#isExternal) ? '' : text;
  }

  /** Takes a text from the budget; false where too little is left. */
  spend(text: Bytes): boolean {
    this.#bytesLeft -= text.length + 1;
    return this.#bytesLeft >= 0;
  }

  /** The value of an attribute with its references replaced; null where it is malformed or stands for too much. */
  attributeValue(raw: Bytes): Bytes | null {
    return this.#replace(raw, []);
  }

  /** `within`: entities in whose text it stands. */
  #replace(raw: Bytes, within: readonly Bytes[]): Bytes | null {
    if (raw.includes('<') || isForbidden(raw)) return null;
    const plain = withPlainBreaks(raw).replace(/[\t\n]/g, ' ');
    let isMalformed = /&(?![^&;]+;)/.test(plain);
    const value = plain.replace(/&([^&;]+);/g, (_reference: string, name: string) => {
      const text = isMalformed ? '' : (referredCharacter(name) ?? this.#valueOf(name, within));
      if (text === null) isMalformed = true;
      return text ?? '';
    });
    return isMalformed ? null : value;
  }

  #valueOf(name: Bytes, within: readonly Bytes[]): Bytes | null {
    const isEndless = within.length >= MAX_ENTITY_DEPTH || within.includes(name);
    // A text that would have to be fetched may not stand in an attribute (XML 1.0, 3.1).
    const text = this.#entities.get(name) === null ? undefined : this.find(name);
    if (text === undefined || name.startsWith('#') || isEndless || !this.spend(text)) return null;
    return this.#replace(text, [...within, name]);
  }
}
