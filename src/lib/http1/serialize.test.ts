import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readRequests } from '../../../test/differential/our-reader.ts';
import { FieldLines } from '../http/field-lines.ts';
import { isToken, trimBlanks } from '../http/fields.ts';
import { chunkLine, fieldSection, fieldValue, HEAD_END, lastChunk, requestLine } from './serialize.ts';

/** One line, as a head is made of. */
const fieldLine = (name: string, value: string): string => fieldSection(FieldLines.fromFlat([name, value]));

/** What must not get into any part: ends of lines, NUL, other control characters, what would be cut down to a byte. */
const FOREIGN = [
  '\r',
  '\n',
  '\r\n',
  '\0',
  '\x0b',
  '\x1b',
  '\x7f',
  '\u0100',
  '\u010d\u010a',
  '\u20ac',
  '\ud83d\ude00',
  '\ud800',
];
const INJECTION = '\r\nX-Injected: 1';

function around(char: string): string[] {
  return [char, `${char}a`, `a${char}`, `a${char}b`];
}

describe('nothing can end the line that it stands in', () => {
  test.each([...FOREIGN, INJECTION, ' ', ':'].flatMap(around))('name %j', (name) => {
    expect(() => fieldLine(name, 'a')).toThrow(TypeError);
    expect(() => new FieldLines().add(name, 'a')).toThrow(TypeError);
  });

  test.each([...FOREIGN, INJECTION].flatMap(around))('value %j', (value) => {
    expect(() => fieldLine('X', value)).toThrow(TypeError);
    expect(() => fieldValue(value)).toThrow(TypeError);
    expect(() => new FieldLines().add('X', value)).toThrow(TypeError);
    expect(() => FieldLines.fromFlat(['X', value])).toThrow(TypeError);
  });

  test.each([...FOREIGN, INJECTION, ' ', '\t', ':', '/', '\xe9'].flatMap(around))('method %j', (method) => {
    expect(() => requestLine(method, '/')).toThrow(TypeError);
  });

  test.each([...FOREIGN, INJECTION, ' ', '\t', '\x80', '\xe9'].flatMap(around))('target %j', (target) => {
    expect(() => requestLine('GET', target)).toThrow(TypeError);
  });

  test.each([() => fieldLine('', 'a'), () => requestLine('', '/'), () => requestLine('GET', '')])(
    '%s',
    (write) => {
      expect(write).toThrow(TypeError);
    },
  );
});

test('lines are written as they were given', () => {
  expect(requestLine('M-SEARCH', '*')).toBe('M-SEARCH * HTTP/1.1');
  expect(requestLine('GET', '/a?b="<>\\^`{|}')).toBe('GET /a?b="<>\\^`{|} HTTP/1.1');
  expect(fieldLine('X-a', '')).toBe('\r\nX-a: ');
  expect(fieldLine('X', 'a\tb \xe9')).toBe('\r\nX: a\tb \xe9');
  const lines = FieldLines.fromFlat(['X-A', '1', 'x-a', '2']);
  expect(fieldSection(lines)).toBe('\r\nX-A: 1\r\nx-a: 2');
  expect(fieldSection(new FieldLines())).toBe('');
});

test('chunks are written with sizes in hexadecimal digits', () => {
  expect([1, 10, 255, 65_536].map(chunkLine)).toEqual(['1\r\n', 'a\r\n', 'ff\r\n', '10000\r\n']);
  expect(lastChunk(undefined)).toBe('0\r\n\r\n');
  expect(lastChunk(FieldLines.fromFlat(['X', 'a']))).toBe('0\r\nX: a\r\n\r\n');
  expect(lastChunk(new FieldLines())).toBe('0\r\n\r\n');
});

const token = fc
  .string({ unit: fc.constantFrom(..."!#$%&'*+-.^_`|~059azAZ"), minLength: 1, maxLength: 12 })
  .filter((name) => !/^(?:content-length|transfer-encoding|host)$/i.test(name));
const target = fc
  .string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 30 })
  .map((text) => text.replaceAll(' ', '+'));
const byte = fc.integer({ min: 0x20, max: 0xff }).filter((code) => code !== 0x7f);
const value = fc
  .array(fc.oneof(byte, fc.constant(9)), { maxLength: 20 })
  .map((codes) => trimBlanks(String.fromCharCode(...codes)));
const fields = fc.array(fc.tuple(token, value), { maxLength: 8 }).map((pairs) => pairs.flat());
const chunks = fc.array(fc.uint8Array({ minLength: 1, maxLength: 300 }), { maxLength: 4 });

test('what is written is read back as it was', () => {
  fc.assert(
    fc.property(token, target, fields, chunks, fields, (method, path, head, body, trailers) => {
      const data = body.map((bytes) => Buffer.from(bytes).toString('latin1'));
      const text = [
        requestLine(method, path),
        fieldSection(FieldLines.fromFlat(head)),
        fieldLine('Transfer-Encoding', 'chunked') + HEAD_END,
        ...data.map((bytes) => `${chunkLine(bytes.length)}${bytes}\r\n`),
        lastChunk(FieldLines.fromFlat(trailers)),
      ].join('');
      const next = requestLine('GET', '/next') + HEAD_END;
      const { messages, ends, fault } = readRequests([Buffer.from(text + next, 'latin1')]);
      expect(fault).toBe('');
      expect(messages[0]).toEqual({
        start: `${method} ${path}`,
        version: '1.1',
        fields: [...head, 'Transfer-Encoding', 'chunked'],
        body: data.join(''),
        trailers,
        isComplete: true,
      });
      expect(ends).toEqual([text.length, text.length + next.length]);
    }),
  );
});

test('whatever the texts are, they make one line or none', () => {
  const any = fc.string({ unit: 'binary', maxLength: 10 });
  const mostly = fc.oneof(any, token, fc.constantFrom(...FOREIGN));
  fc.assert(
    fc.property(mostly, mostly, (name, text) => {
      for (const write of [() => fieldLine(name, text), () => requestLine(name, text)]) {
        let line = '';
        try {
          line = write();
        } catch (error) {
          expect(error).toBeInstanceOf(TypeError);
          continue;
        }
        expect(isToken(name)).toBe(true);
        expect(line).toMatch(/^(?:\r\n)?[^\r\n\0]*$/);
        expect(Buffer.from(line, 'latin1').toString('latin1')).toBe(line);
      }
    }),
  );
});
