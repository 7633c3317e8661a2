import { Buffer } from 'node:buffer';
import type { Bytes } from '../bytes.ts';

/** Names (XML 1.0, 2.3); which characters above ASCII are letters is not looked at. */
export const NAME = /[A-Za-z_:\x80-\xff][\w:.\-\x80-\xff]*/y;
export const SPACES = /[\t\n\r ]*/y;

/** What no document may hold: controls, U+FFFE and U+FFFF (XML 1.0, 2.2). */
const FORBIDDEN = /[\0-\x08\v\f\x0e-\x1f]|\xef\xbf[\xbe\xbf]/;

/** The first byte of U+FFFE and U+FFFF. */
export const FIRST_OF_FORBIDDEN = 0xef;

const PREDEFINED: ReadonlyMap<string, Bytes> = new Map([
  ['lt', '<'],
  ['gt', '>'],
  ['amp', '&'],
  ['quot', '"'],
  ['apos', "'"],
]);

/** White space of XML: TAB, LF, CR and SP. */
export function isXmlSpace(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x09 || code === 0x0d;
}

/** Whether characters stand in a text that no document may hold. */
export function isForbidden(text: Bytes): boolean {
  return FORBIDDEN.test(text);
}

/** Whether the value of an attribute is what stands in the document. */
export function isPlainValue(raw: Bytes): boolean {
  return !/[<&\0-\x1f\xef]/.test(raw);
}

/** Line ends as readers hand them on (XML 1.0, 2.11). */
export function withPlainBreaks(text: Bytes): Bytes {
  return text.includes('\r') ? text.replace(/\r\n?/g, '\n') : text;
}

/** Characters that `&#65;`, `&#x41;` and the five named references of XML stand for; null for any other name. */
export function referredCharacter(name: Bytes): Bytes | null {
  const number = /^#(?:x([0-9A-Fa-f]+)|([0-9]+))$/.exec(name);
  if (number === null) return PREDEFINED.get(name) ?? null;
  const point = number[1] === undefined ? Number(number[2]) : Number.parseInt(number[1], 16);
  if (!(point <= 0x10ffff) || (point >= 0xd800 && point <= 0xdfff)) return null;
  const character = Buffer.from(String.fromCodePoint(point), 'utf8').toString('latin1');
  return isForbidden(character) ? null : character;
}
