import { type Der, TAG } from './der.ts';
import { hexOf, readOid } from './der-values.ts';

/** What attribute types are called (RFC 4514, section 3, and the registered descriptors that certificates use). */
const ATTRIBUTE_NAMES = new Map([
  ['2.5.4.3', 'CN'],
  ['2.5.4.4', 'SN'],
  ['2.5.4.5', 'serialNumber'],
  ['2.5.4.6', 'C'],
  ['2.5.4.7', 'L'],
  ['2.5.4.8', 'ST'],
  ['2.5.4.9', 'STREET'],
  ['2.5.4.10', 'O'],
  ['2.5.4.11', 'OU'],
  ['2.5.4.12', 'title'],
  ['2.5.4.42', 'GN'],
  ['0.9.2342.19200300.100.1.1', 'UID'],
  ['0.9.2342.19200300.100.1.25', 'DC'],
  ['1.2.840.113549.1.9.1', 'emailAddress'],
]);
const COMMON_NAME = '2.5.4.3';
const MAX_PARTS = 64;

/** A distinguished name. */
export interface DistinguishedName {
  /** RFC 4514: the most specific part first. */
  readonly text: string;
  /** Its common names, unescaped, in the order of `text`. */
  readonly commonNames: readonly string[];
}

/** Reads a name (RFC 5280, 4.1.2.4). Two names have the same text only where they say the same. */
export function readName(der: Der): DistinguishedName {
  const parts: string[] = [];
  const commonNames: string[] = [];
  while (!der.isAtEnd) {
    const set = der.next(TAG.set);
    if (set.isAtEnd) der.fail();
    const attributes: string[] = [];
    while (!set.isAtEnd) {
      const attribute = set.next(TAG.sequence);
      const type = readOid(attribute.next(TAG.oid));
      const value = attribute.next();
      attribute.end();
      const text = stringOf(value);
      if (type === COMMON_NAME && text !== null) commonNames.unshift(text);
      attributes.push(attributeText(type, text, value));
    }
    parts.unshift(attributes.join('+'));
    if (parts.length > MAX_PARTS) der.fail();
  }
  return { text: parts.join(','), commonNames };
}

function attributeText(type: string, text: string | null, value: Der): string {
  const name = ATTRIBUTE_NAMES.get(type);
  // RFC 4514, 2.4: what has no name, or no string form, is written in hexadecimal.
  return name === undefined || text === null
    ? `${name ?? type}=#${hexOf(value.element)}`
    : `${name}=${escaped(text)}`;
}

/** The text of a string; null where its type or bytes leave open which characters are meant. */
function stringOf(value: Der): string | null {
  const { content, tag } = value;
  switch (tag) {
    case TAG.utf8:
      return decoded(content, 'utf-8');
    case TAG.bmp:
      return content.length % 2 === 0 ? decoded(content, 'utf-16be') : null;
    case TAG.printable:
    case TAG.ia5:
    case TAG.numeric:
    case TAG.visible:
    case TAG.teletex:
      return content.every((byte) => byte < 0x80) ? Buffer.from(content).toString('latin1') : null;
    default:
      return null;
  }
}

function decoded(bytes: Uint8Array, encoding: 'utf-8' | 'utf-16be'): string | null {
  try {
    return new TextDecoder(encoding, { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

/** RFC 4514, 2.4. Control characters are escaped too, so that a text is one line. */
function escaped(text: string): string {
  const inner = text.replace(/["+,;<>\\]/g, '\\$&').replace(/[\0-\x1f\x7f]/g, (char) => {
    return `\\${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
  });
  const begun = /^[ #]/.test(inner) ? `\\${inner}` : inner;
  return text.length > 1 && begun.endsWith(' ') ? `${begun.slice(0, -1)}\\ ` : begun;
}
