import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type HeadLimits, HeadReader, type StartLine } from './head-reader.ts';
import { REQUEST_LINE } from './request-line.ts';
import { STATUS_LINE } from './status-line.ts';

const LIMITS: HeadLimits = { startLineBytes: 200, fieldBytes: 200, fieldCount: 8 };

/** All of what a head was read as. */
function seen<T>(reader: HeadReader<T>, end: number) {
  const { start, lines, fault, isComplete } = reader;
  return {
    start,
    rawNames: lines.rawNames,
    names: lines.names,
    values: lines.values,
    fault,
    isComplete,
    end,
  };
}

function bytesOf(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}

function read<T>(pieces: readonly string[], startLine: StartLine<T> | null, limits = LIMITS) {
  const reader = new HeadReader(startLine, limits);
  let before = 0;
  for (const piece of pieces) {
    const bytes = bytesOf(piece);
    for (let at = 0; at < bytes.length; ) {
      const end = reader.read(bytes, at);
      if (reader.isComplete || reader.fault !== '') return seen(reader, before + end);
      expect(end).toBeGreaterThan(at);
      at = end;
    }
    before += bytes.length;
  }
  return seen(reader, before);
}

/** Reads a request whole, byte by byte, cut at every place and from within a text, and expects the same of each. */
function readEveryWay(text: string, limits = LIMITS) {
  const whole = read([text], REQUEST_LINE, limits);
  // Where a broken head is known to be broken depends on the pieces, and nobody looks.
  const expected = whole.fault === '' ? whole : { ...whole, end: expect.any(Number) };
  expect(read([...text], REQUEST_LINE, limits)).toEqual(expected);
  for (let cut = 0; cut <= text.length; cut++) {
    expect(read([text.slice(0, cut), text.slice(cut)], REQUEST_LINE, limits), `cut at ${cut}`).toEqual(
      expected,
    );
    const reader = new HeadReader(REQUEST_LINE, limits);
    reader.read(bytesOf(`???${text.slice(0, cut)}`), 3);
    if (reader.isComplete || reader.fault !== '') continue;
    const end = reader.read(bytesOf(`????${text.slice(cut)}`), 4);
    expect(seen(reader, end - 4 + cut), `cut at ${cut}, from within`).toEqual(expected);
  }
  return whole;
}

const LINE = 'GET /t HTTP/1.1\r\n';

test('names, order and duplicates are kept as they come', () => {
  const text = `${LINE}Host: a.test\r\nX-B: 1\r\nx-b: 2\r\nX-b: 1\r\n__proto__: p\r\nHOST: b\r\n\r\n`;
  expect(readEveryWay(`${text}GET`)).toEqual({
    start: { method: 'GET', target: '/t', version: '1.1' },
    rawNames: ['Host', 'X-B', 'x-b', 'X-b', '__proto__', 'HOST'],
    names: ['host', 'x-b', 'x-b', 'x-b', '__proto__', 'host'],
    values: ['a.test', '1', '2', '1', 'p', 'b'],
    fault: '',
    isComplete: true,
    end: text.length,
  });
});

test.each([
  ['X:a', 'a'],
  ['X: a', 'a'],
  ['X:  a  ', 'a'],
  ['X:\ta\t', 'a'],
  ['X: \t a \t ', 'a'],
  ['X:\t\t a\tb c \t\t', 'a\tb c'],
  ['X:', ''],
  ['X: ', ''],
  ['X:\t', ''],
  ['X: \t \t', ''],
  ['X::', ':'],
  ['X: : a:b', ': a:b'],
  ['X: a\x80\xff\xa0', 'a\x80\xff\xa0'],
  ['X:\xa0a\x85', '\xa0a\x85'],
  ['X: "a\\"b", (c)', '"a\\"b", (c)'],
  ["!#$%&'*+-.^_`|~09azAZ: a", 'a'],
  ['Content-Length:  5  ', '5'],
  ['Transfer-Encoding:chunked ', 'chunked'],
  ['Content-Lengths:\t5', '5'],
])('the value of %j is %j', (line, value) => {
  expect(readEveryWay(`${LINE}${line}\r\n\r\n`)).toMatchObject({
    values: [value],
    isComplete: true,
    fault: '',
  });
});

test('no fields, with and without an empty line before', () => {
  for (const before of ['', '\r\n']) {
    const text = `${before}${LINE}\r\n`;
    expect(readEveryWay(text)).toMatchObject({ rawNames: [], isComplete: true, end: text.length });
  }
  expect(read(['\r\n'], STATUS_LINE).fault).toBe('empty-lines');
});

test('a section without a start line', () => {
  const section = (text: string) => read([text], null);
  expect(section('\r\n')).toMatchObject({ start: null, names: [], isComplete: true, end: 2 });
  expect(section('X: a\r\nY: b\r\n\r\n0')).toMatchObject({ names: ['x', 'y'], isComplete: true, end: 14 });
  expect(section('X: a\r\n')).toMatchObject({ names: ['x'], isComplete: false });
});

describe('limits hold to the byte', () => {
  const target = (bytes: number): string =>
    `GET /${'a'.repeat(bytes - 'GET / HTTP/1.1\r\n'.length)} HTTP/1.1\r\n`;
  const field = (bytes: number): string => `X:${'a'.repeat(bytes - 4)}\r\n`;
  const rows: [name: string, text: string, fault: string][] = [
    ['a start line at its limit', `${target(200)}\r\n`, ''],
    ['a start line beyond it', `${target(201)}\r\n`, 'request-line-size'],
    ['an empty line and a start line at its limit', `\r\n${target(200)}\r\n`, ''],
    ['one field line at the limit', `${LINE}${field(200)}\r\n`, ''],
    ['one field line beyond it', `${LINE}${field(201)}\r\n`, 'field-bytes'],
    ['two field lines at the limit', `${LINE}${field(150)}${field(50)}\r\n`, ''],
    ['two field lines beyond it', `${LINE}${field(150)}${field(51)}\r\n`, 'field-bytes'],
    ['both at their limits', `${target(200)}${field(200)}\r\n`, ''],
    ['blanks count', `${LINE}X:${' '.repeat(197)}\r\n\r\n`, 'field-bytes'],
    ['as many fields as may be', `${LINE}${'X:\r\n'.repeat(8)}\r\n`, ''],
    ['one field more', `${LINE}${'X:\r\n'.repeat(9)}\r\n`, 'field-count'],
    ['a field beyond both limits', `${LINE}${'X:\r\n'.repeat(8)}${field(169)}\r\n`, 'field-bytes'],
    ['a fault behind the limit', `${LINE}${field(150)}${field(90).slice(0, -2)}\0`, 'field-bytes'],
    ['a fault at the limit', `${LINE}X:${'a'.repeat(198)}\0`, 'field-value'],
    ['a CR behind the limit', `${LINE}X:${'a'.repeat(198)}\rX`, 'field-bytes'],
    ['a CR at the limit', `${LINE}X:${'a'.repeat(197)}\rX`, 'bare-cr'],
  ];
  test.each(rows)('%s', (_name, text, fault) => {
    const head = readEveryWay(text);
    expect(head.fault).toBe(fault);
    expect(head.isComplete).toBe(fault === '');
  });
});

test('a line that never ends is refused once it is too long, not later', () => {
  const reader = new HeadReader(REQUEST_LINE, LIMITS);
  reader.read(Buffer.from(`GET /${'a'.repeat(195)}`), 0);
  expect(reader.fault).toBe('');
  reader.read(Buffer.from('a'), 0);
  expect(reader.fault).toBe('request-line-size');
});

test('a head of many thousand bytes, cut anywhere', () => {
  const limits = { startLineBytes: 8_192, fieldBytes: 16_384, fieldCount: 100 };
  const line = `GET /${'t'.repeat(5_000)} HTTP/1.1\r\n`;
  const names = Array.from({ length: 12 }, (_, i) => `X-${i}`);
  const text = `${line}${names.map((name, i) => `${name}: ${'v'.repeat(100 * i)}\r\n`).join('')}\r\n`;
  const whole = read([`${text}GET`], REQUEST_LINE, limits);
  expect(whole).toMatchObject({ rawNames: names, isComplete: true, end: text.length });
  expect(whole.values.map(({ length }) => length)).toEqual(names.map((_, i) => 100 * i));
  for (let cut = 1; cut < text.length; cut += cut % 4_096 > 4_090 || cut % 4_096 < 5 ? 1 : 37)
    expect(read([text.slice(0, cut), text.slice(cut)], REQUEST_LINE, limits), `cut at ${cut}`).toEqual(whole);
  const body = 'b'.repeat(70_000);
  expect(read([text + body], REQUEST_LINE, limits)).toEqual(whole);
});

test('it tells whether a head is begun, and reads the next one when it was reset', () => {
  const reader = new HeadReader(REQUEST_LINE, LIMITS);
  expect(reader.isBegun).toBe(false);
  reader.read(Buffer.from('\r\n'), 0);
  expect(reader.isBegun).toBe(false);
  for (const piece of ['G', 'ET /1 HTTP/1.1\r\n', 'X: a', '\r\n']) {
    reader.read(Buffer.from(piece), 0);
    expect(reader.isBegun).toBe(true);
  }
  const two = Buffer.from('\r\nGET /2 HTTP/1.0\r\nY: b\r\n\r\n');
  expect(reader.read(two, 0)).toBe(2);
  const { lines } = reader;
  reader.reset();
  expect(reader.isBegun).toBe(false);
  expect(reader.read(two, 2)).toBe(two.length);
  expect(seen(reader, 0)).toMatchObject({
    start: { target: '/2', version: '1.0' },
    rawNames: ['Y'],
    values: ['b'],
  });
  expect(lines.rawNames).toEqual(['X']);
});

/** Text of the pieces that heads are made of, and of what they must not hold. */
const anyHead = fc
  .array(
    fc.constantFrom(
      ...[
        LINE,
        'X: a\r\n',
        'Host:b\r\n',
        '\r\n',
        '\r',
        '\n',
        ' ',
        '\t',
        ':',
        '\0',
        '\x7f',
        '\xff',
        'a',
        'HTTP/1.1',
      ],
      ...['Transfer-Encoding:', 'Content-Length', 'GET ', '/', 'a'.repeat(50), 'POST /t HTTP/1.0\r\n'],
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join(''));

test('whatever the text is, the pieces that it comes in make no difference', () => {
  const cuts = fc.array(fc.nat({ max: 400 }), { maxLength: 6 });
  const limits = fc.constantFrom(LIMITS, { startLineBytes: 90, fieldBytes: 60, fieldCount: 2 });
  fc.assert(
    fc.property(anyHead, cuts, limits, (text, places, bounds) => {
      const sorted = places.filter((place) => place < text.length).sort((a, b) => a - b);
      const pieces = [0, ...sorted].map((from, i) => text.slice(from, sorted[i] ?? text.length));
      const { end, ...whole } = read([text], REQUEST_LINE, bounds);
      for (const way of [pieces, [...text]]) {
        const other = read(way, REQUEST_LINE, bounds);
        expect(other).toMatchObject(whole);
        if (whole.fault === '') expect(other.end).toBe(end);
      }
    }),
    { numRuns: 1_000 },
  );
});

test('what is accepted is what the grammar says', () => {
  const line = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+:[\\t -~\\x80-\\xff]*\\r\\n";
  const head = new RegExp(
    `^(?:\\r\\n)?[A-Za-z-]{1,64} [!-~\\x80-\\xff]+ HTTP/1\\.[01]\\r\\n(?:${line})*\\r\\n`,
  );
  // The tab is the one thing that a value may have and that is refused around some.
  const tabbed = /^(?:Transfer-Encoding|Content-Length):(?:[ ]*\t|[^\r]*\t[ ]*\r)/im;
  fc.assert(
    fc.property(anyHead, (text) => {
      const match = head.exec(text);
      const isGood = match !== null && !tabbed.test(match[0]);
      const { isComplete, end } = read([text], REQUEST_LINE, { ...LIMITS, fieldBytes: 1e4, fieldCount: 100 });
      expect(isComplete).toBe(isGood);
      if (match !== null && isComplete) expect(end).toBe(match[0].length);
    }),
    { numRuns: 2_000 },
  );
});

test('what the heads before had makes no difference', () => {
  const name = fc.constantFrom(
    'X',
    'x',
    'XX',
    'X-',
    'Content-Length',
    'content-length',
    'Content-Lengt',
    'Content-Lengths',
  );
  const line = fc.tuple(
    name,
    fc.constantFrom(':', ': a', ':X:', ':\t5', ' : a', '', '\0:', ':Content-Length: 5'),
  );
  const section = fc
    .array(line, { maxLength: 4 })
    .map((lines) => lines.map((parts) => `${parts.join('')}\r\n`));
  const head = section.map((lines) => `${LINE}${lines.join('')}\r\n`);
  fc.assert(
    fc.property(fc.array(head, { minLength: 2, maxLength: 5 }), (heads) => {
      const reader = new HeadReader(REQUEST_LINE, LIMITS);
      for (const text of heads) {
        reader.reset();
        const end = reader.read(bytesOf(text), 0);
        expect(seen(reader, end)).toEqual(read([text], REQUEST_LINE));
      }
    }),
    { numRuns: 1_000 },
  );
});
