import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BodyReader } from './body-reader.ts';
import { CHUNKED, type Framing, UNTIL_CLOSE } from './framing.ts';

const LIMITS = { startLineBytes: 0, fieldBytes: 40, fieldCount: 3 };

/** What a body was read as; `end` counts the bytes that belong to it. */
interface Seen {
  readonly data: string;
  readonly isComplete: boolean;
  readonly fault: string;
  readonly trailers: string[];
  readonly end: number;
}

function readWith(reader: BodyReader, framing: Framing, pieces: readonly Buffer[]): Seen {
  reader.begin(framing);
  let data = '';
  let end = 0;
  for (const bytes of pieces) {
    let at = 0;
    while (at < bytes.length && !reader.isComplete && reader.fault === '') {
      const next = reader.next(bytes, at);
      expect(next).toBeGreaterThan(at);
      expect(reader.dataStart).toBeGreaterThanOrEqual(at);
      expect(reader.dataEnd).toBeLessThanOrEqual(next);
      data += bytes.toString('latin1', reader.dataStart, reader.dataEnd);
      end += next - at;
      at = next;
    }
  }
  const { isComplete, fault, trailers } = reader;
  return { data, isComplete, fault, end, trailers: isComplete && trailers ? trailers.rawNames.slice() : [] };
}

function read(framing: Framing, pieces: readonly string[]): Seen {
  return readWith(
    new BodyReader(LIMITS),
    framing,
    pieces.map((piece) => Buffer.from(piece, 'latin1')),
  );
}

/** Reads whole, byte by byte and cut at every place, and expects the same of each. */
function readEveryWay(framing: Framing, text: string): Seen {
  const whole = read(framing, [text]);
  const expected = whole.fault === '' ? whole : { ...whole, end: expect.any(Number) };
  expect(read(framing, [...text])).toEqual(expected);
  for (let cut = 0; cut <= text.length; cut++)
    expect(read(framing, [text.slice(0, cut), text.slice(cut)]), `cut at ${cut}`).toEqual(expected);
  return whole;
}

describe('a whole body', () => {
  const rows: [Framing, string, string, string[]][] = [
    [5, 'hello', 'hello', []],
    [1, '\0', '\0', []],
    [4, '\r\n\xff\x80', '\r\n\xff\x80', []],
    [CHUNKED, '0\r\n\r\n', '', []],
    [CHUNKED, '000;a=b\r\n\r\n', '', []],
    [CHUNKED, '5\r\nhello\r\n0\r\n\r\n', 'hello', []],
    [CHUNKED, '1\r\nh\r\n4;a="\\""\r\nello\r\n0\r\n\r\n', 'hello', []],
    [CHUNKED, '7\r\n0\r\n\r\n\r\n\r\n0\r\n\r\n', '0\r\n\r\n\r\n', []],
    [CHUNKED, 'A\r\n0123456789\r\n00\r\n\r\n', '0123456789', []],
    [CHUNKED, '1\r\na\r\n0\r\nX-T: 1\r\nx-t:2\r\n\r\n', 'a', ['X-T', 'x-t']],
    [CHUNKED, '0\r\nExpires: 0\r\n\r\n', '', ['Expires']],
    [CHUNKED, `0\r\nX:${'a'.repeat(36)}\r\n\r\n`, '', ['X']],
    [CHUNKED, '0\r\nX:\r\nX:\r\nX:\r\n\r\n', '', ['X', 'X', 'X']],
  ];
  test.each(rows)('framing %i, %j', (framing, text, data, trailers) => {
    const expected = { data, trailers, isComplete: true, fault: '', end: text.length };
    expect(readEveryWay(framing, text)).toEqual(expected);
    expect(readEveryWay(framing, `${text}\r\nGET / HTTP/1.1\r\n`)).toEqual(expected);
  });
});

test('a body without bytes is complete at once', () => {
  const reader = new BodyReader(LIMITS);
  expect(reader.isComplete).toBe(true);
  reader.begin(0);
  expect(reader).toMatchObject({ isComplete: true, fault: '', trailers: null });
});

test.each([
  [5, 'hell', 'hell'],
  [Number.MAX_SAFE_INTEGER, 'hello', 'hello'],
  [CHUNKED, '5', ''],
  [CHUNKED, '5\r\nhello', 'hello'],
  [CHUNKED, 'fffffffffffff\r\nhello', 'hello'],
  [CHUNKED, '5\r\nhello\r\n0\r\n', 'hello'],
  [CHUNKED, '5\r\nhello\r\n0\r\nX: a\r\n', 'hello'],
  [CHUNKED, '5\r\nhello\r\n0\r\n\r', 'hello'],
])('framing %i, %j is not whole', (framing, text, data) => {
  const expected = { data, isComplete: false, fault: '', trailers: [], end: text.length };
  expect(readEveryWay(framing, text)).toEqual(expected);
});

test('a body until the end of the connection is complete there, others are not', () => {
  const bytes = Buffer.from('0\r\n\r\n');
  for (const [framing, ends] of [
    [UNTIL_CLOSE, true],
    [6, false],
    [5, true],
    [CHUNKED, true],
  ] as const) {
    const reader = new BodyReader(LIMITS);
    const seen = readWith(reader, framing, [bytes]);
    expect(seen.isComplete).toBe(ends && framing !== UNTIL_CLOSE);
    expect(reader.endsHere()).toBe(ends);
    expect(reader.isComplete).toBe(ends);
  }
  expect(read(UNTIL_CLOSE, ['']).isComplete).toBe(false);
});

describe('limits of trailers', () => {
  test.each([
    [`X:${'a'.repeat(37)}\r\n\r\n`, 'field-bytes'],
    [`X:${'a'.repeat(20)}\r\nY:${'a'.repeat(13)}\r\n\r\n`, 'field-bytes'],
    [`X:${'a'.repeat(1_000)}`, 'field-bytes'],
    ['X:\r\nX:\r\nX:\r\nX:\r\n\r\n', 'field-count'],
  ])('%j: %s', (lines, fault) => {
    expect(readEveryWay(CHUNKED, `0\r\n${lines}`).fault).toBe(fault);
  });

  test('do not depend on what follows them in the same bytes', () => {
    const text = `0\r\nX:${'a'.repeat(36)}\r\n\r\n`;
    expect(read(CHUNKED, [text + 'b'.repeat(10_000)])).toMatchObject({ isComplete: true, end: text.length });
  });
});

test('one reader reads one body after the other, also behind a broken one', () => {
  const reader = new BodyReader(LIMITS);
  const next = (framing: Framing, text: string) => readWith(reader, framing, [Buffer.from(text, 'latin1')]);
  expect(next(CHUNKED, '3\r\nabc\r\n0\r\nX: a\r\n\r\n')).toMatchObject({ data: 'abc', trailers: ['X'] });
  expect(next(2, 'de')).toMatchObject({ data: 'de', trailers: [], isComplete: true });
  expect(reader.trailers).toBeNull();
  expect(next(CHUNKED, '3;a\r\nab')).toMatchObject({ data: 'ab', isComplete: false });
  expect(next(CHUNKED, '1\r\nf\r\n0\r\n\r\n')).toMatchObject({ data: 'f', isComplete: true });
  expect(next(CHUNKED, '1\r\nfX')).toMatchObject({ fault: 'chunk-end' });
  expect(next(CHUNKED, '0\r\nY: b\r\nContent-Length: 0\r\n\r\n')).toMatchObject({
    fault: 'trailer-field',
    trailers: [],
  });
  expect(next(CHUNKED, '0\r\n\r\n')).toMatchObject({ fault: '', isComplete: true, trailers: [] });
  expect(next(UNTIL_CLOSE, 'g')).toMatchObject({ data: 'g', isComplete: false });
  expect(next(1, 'h')).toMatchObject({ data: 'h', isComplete: true });
});

test('a written body comes back, whatever its chunks hold and wherever it is cut', () => {
  const chunk = fc
    .uint8Array({ minLength: 1, maxLength: 40 })
    .map((bytes) => Buffer.from(bytes).toString('latin1'));
  const cuts = fc.array(fc.nat({ max: 300 }), { maxLength: 6 });
  fc.assert(
    fc.property(
      fc.array(chunk, { maxLength: 5 }),
      cuts,
      fc.constantFrom('', 'X: a\r\n'),
      (chunks, places, trailer) => {
        const lines = chunks.map((data) => `${data.length.toString(16)}\r\n${data}\r\n`);
        const text = `${lines.join('')}0\r\n${trailer}\r\n`;
        const sorted = places.filter((place) => place < text.length).sort((a, b) => a - b);
        const pieces = [0, ...sorted].map((from, i) => text.slice(from, sorted[i] ?? text.length));
        pieces[pieces.length - 1] += 'NEXT';
        const expected = { data: chunks.join(''), isComplete: true, fault: '', end: text.length };
        expect(read(CHUNKED, pieces)).toMatchObject(expected);
      },
    ),
  );
});
