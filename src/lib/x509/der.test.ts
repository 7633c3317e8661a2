import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Der, TAG } from './der.ts';
import {
  readBoolean,
  readInteger,
  readNamedBits,
  readOid,
  readSmallInteger,
  readTime,
} from './der-values.ts';

const bytes = (hex: string) => new Uint8Array(Buffer.from(hex, 'hex'));
const first = (hex: string): Der => Der.over(bytes(hex)).next();

function encoded(tag: number, content: Uint8Array): Uint8Array {
  const { length } = content;
  const size =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return new Uint8Array([tag, ...size, ...content]);
}

const ascii = (tag: number, text: string) =>
  first(Buffer.from(encoded(tag, Buffer.from(text))).toString('hex'));

describe('Der', () => {
  test.each([
    ['an indefinite length', '3080020101 0000'],
    ['a length in more bytes than it needs', '308103020101'],
    ['a length with a leading zero', '30820003020101'],
    ['a length past the end', '3004020101'],
    ['a length without its bytes', '3082'],
    ['no length', '30'],
    ['a tag of several bytes', '3f8101020101'],
    ['an end of contents', '0000'],
    ['nothing', ''],
    ['a length of five bytes', `30850000000003020101`],
  ])('%s is broken', (_what, hex) => {
    const der = Der.over(bytes(hex.replaceAll(' ', '')));
    der.next();
    expect(der.isBroken).toBe(true);
  });

  test('elements are read one after the other, with what belongs to each', () => {
    const outer = Der.over(bytes('3006020105040161'));
    const sequence = outer.next(TAG.sequence);
    expect(sequence.nextTag).toBe(TAG.integer);
    expect(sequence.nextIf(TAG.boolean)).toBeNull();
    expect(readSmallInteger(sequence.next(TAG.integer))).toBe(5);
    const text = sequence.next(TAG.octetString);
    expect([...text.content]).toEqual([0x61]);
    expect([...text.element]).toEqual([0x04, 0x01, 0x61]);
    sequence.end();
    outer.end();
    expect(outer.isBroken).toBe(false);
  });

  test('what is left over, and what has another tag, breaks all of it', () => {
    const left = Der.over(bytes('3006020105040161'));
    const sequence = left.next();
    sequence.next();
    sequence.end();
    expect([left.isBroken, sequence.isAtEnd, sequence.content.length]).toEqual([true, true, 0]);
    const other = Der.over(bytes('020105'));
    expect(other.next(TAG.boolean).content).toHaveLength(0);
    expect(other.isBroken).toBe(true);
  });

  test('any bytes: reads to an end, and what it takes for an element is there', () => {
    const walk = (der: Der, depth: number): number => {
      let count = 0;
      while (!der.isAtEnd && depth < 20) {
        const element = der.next();
        if (element.isBroken) break;
        count += 1 + ((element.tag & 0x20) === 0 ? 0 : walk(element, depth + 1));
      }
      return count;
    };
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (input) => {
        expect(walk(Der.over(input), 0)).toBeLessThanOrEqual(input.length);
      }),
    );
  });

  test('what is encoded is read', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 400 }), { maxLength: 8 }), (parts) => {
        const inner = Buffer.concat(parts.map((part) => encoded(TAG.octetString, part)));
        const der = Der.over(encoded(TAG.sequence, inner));
        const sequence = der.next(TAG.sequence);
        for (const part of parts) expect(sequence.next(TAG.octetString).content).toEqual(part);
        sequence.end();
        der.end();
        expect(der.isBroken).toBe(false);
      }),
    );
  });
});

describe('values', () => {
  test.each([
    ['060355040a', '2.5.4.10'],
    ['06092a864886f70d01010b', '1.2.840.113549.1.1.11'],
    ['060127', '0.39'],
    ['06028837', '2.999'],
    ['0600', ''],
    ['06028001', ''],
    ['060181', ''],
    ['02012a', ''],
  ])('object identifier %s', (hex, text) => {
    const der = first(hex);
    expect(readOid(der)).toBe(text);
    expect(der.isBroken).toBe(text === '');
  });

  test.each([
    ['020100', '00'],
    ['02020080', '0080'],
    ['0201ff', 'ff'],
    ['02020001', ''],
    ['0202ff80', ''],
    ['0200', ''],
  ])('integer %s', (hex, text) => {
    expect(readInteger(first(hex))).toBe(text);
  });

  test.each([
    ['02047fffffff', 0x7fffffff],
    ['02050080000000', -1],
    ['0201ff', -1],
    ['020105', 5],
  ])('small integer %s', (hex, value) => {
    const der = first(hex);
    expect(readSmallInteger(der)).toBe(value);
    expect(der.isBroken).toBe(value < 0);
  });

  test.each([
    ['0101ff', true, false],
    ['010100', false, false],
    ['010101', false, true],
    ['0102ffff', true, true],
  ])('boolean %s', (hex, value, isBroken) => {
    const der = first(hex);
    expect([readBoolean(der), der.isBroken]).toEqual([value, isBroken]);
  });

  test.each([
    ['03020700', 0, false],
    ['03020106', (1 << 5) | (1 << 6), false],
    ['03020107', 0, true],
    ['03020780', 1, false],
    ['030100', 0, false],
    ['030107', 0, true],
    ['0300', 0, true],
  ])('named bits %s', (hex, bits, isBroken) => {
    const der = first(hex);
    const found = readNamedBits(der);
    expect(der.isBroken).toBe(isBroken);
    if (!isBroken) expect(found).toBe(bits);
  });

  test.each([
    [TAG.utcTime, '491231235959Z', Date.UTC(2049, 11, 31, 23, 59, 59)],
    [TAG.utcTime, '500101000000Z', Date.UTC(1950, 0, 1)],
    [TAG.generalizedTime, '20500101000000Z', Date.UTC(2050, 0, 1)],
    [TAG.generalizedTime, '99991231235959Z', Date.UTC(9999, 11, 31, 23, 59, 59)],
    [TAG.utcTime, '4912312359Z', null],
    [TAG.utcTime, '491231235959+0100', null],
    [TAG.generalizedTime, '20500101000000.5Z', null],
    [TAG.generalizedTime, '20250229000000Z', null],
    [TAG.generalizedTime, '20251301000000Z', null],
    [TAG.generalizedTime, '20250101240000Z', null],
    [TAG.generalizedTime, '20250101000060Z', null],
    [TAG.utcTime, '20500101000000Z', null],
    [TAG.ia5, '491231235959Z', null],
  ])('time %i %s', (tag, text, value) => {
    const der = ascii(tag, text);
    const found = readTime(der);
    expect(der.isBroken).toBe(value === null);
    if (value !== null) expect(found).toBe(value);
  });
});
