import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ChunkReader } from './chunk-reader.ts';
import type { Http1Fault } from './faults.ts';

/** What becomes of a line, given in pieces: its size and where it ends, or its fault; '' while it is not complete. */
function read(
  pieces: readonly string[],
  reader = new ChunkReader(),
): { size: number; end: number } | Http1Fault | '' {
  let before = 0;
  for (const piece of pieces) {
    const end = reader.read(Buffer.from(piece, 'latin1'), 0);
    if (reader.fault !== '') return reader.fault;
    if (end >= 0) return { size: reader.size, end: before + end };
    before += piece.length;
  }
  return '';
}

/** Reads a line whole, byte by byte and cut at every place, and expects the same of each. */
function readEveryWay(line: string): ReturnType<typeof read> {
  const whole = read([line]);
  expect(read([...line])).toEqual(whole);
  for (let cut = 0; cut <= line.length; cut++)
    expect(read([line.slice(0, cut), line.slice(cut)])).toEqual(whole);
  return whole;
}

test.each([
  ['0', 0],
  ['5', 5],
  ['a', 10],
  ['F', 15],
  ['1aF', 431],
  ['0000', 0],
  ['0000000000005', 5],
  ['fffffffffffff', 2 ** 52 - 1],
  ['5;a', 5],
  ['5;a=b', 5],
  ['0;a', 0],
  ['5;a=b;c;d="e"', 5],
  ['5;a=""', 5],
  ['5;a="b;c=d\te\x80\xff "', 5],
  ['5;a="\\"\\\\\\ \\\t\\a"', 5],
  ["5;!#$%&'*+-.^_`|~=!#$%&'*+-.^_`|~", 5],
  ['5;5=5', 5],
])('line %j has size %i', (line, size) => {
  expect(readEveryWay(`${line}\r\nX`)).toEqual({ size, end: line.length + 2 });
});

describe('a line is refused', () => {
  const rows: [string, Http1Fault][] = [
    ['\r\n', 'chunk-size'],
    ['\n', 'chunk-size'],
    [';a\r\n', 'chunk-size'],
    [' 5\r\n', 'chunk-size'],
    ['\t5\r\n', 'chunk-size'],
    ['5 \r\n', 'chunk-size'],
    ['5\t\r\n', 'chunk-size'],
    ['5 ;a\r\n', 'chunk-size'],
    ['0x5\r\n', 'chunk-size'],
    ['x5\r\n', 'chunk-size'],
    ['+5\r\n', 'chunk-size'],
    ['-5\r\n', 'chunk-size'],
    ['5g\r\n', 'chunk-size'],
    ['5_0\r\n', 'chunk-size'],
    ['5,5\r\n', 'chunk-size'],
    ['5.0\r\n', 'chunk-size'],
    ['5\0\r\n', 'chunk-size'],
    ['@\r\n', 'chunk-size'],
    ['`\r\n', 'chunk-size'],
    ['G\r\n', 'chunk-size'],
    ['5\x0b\r\n', 'chunk-size'],
    ['00000000000005\r\n', 'chunk-size'],
    ['10000000000000\r\n', 'chunk-size'],
    ['ffffffffffffffff5\r\n', 'chunk-size'],
    ['5\n', 'chunk-line'],
    ['5\r', 'chunk-line'],
    ['5\r\r\n', 'chunk-line'],
    ['5;a\n', 'chunk-line'],
    ['5;a=b\n', 'chunk-line'],
    ['5;a="b\n"\r\n', 'chunk-line'],
    ['5;a="\\\n"\r\n', 'chunk-line'],
    ['5;a\rb\r\n', 'chunk-line'],
    ['5;\r\n', 'chunk-extension'],
    ['5;;a\r\n', 'chunk-extension'],
    ['5;a;\r\n', 'chunk-extension'],
    ['5; a\r\n', 'chunk-extension'],
    ['5;a \r\n', 'chunk-extension'],
    ['5;a =b\r\n', 'chunk-extension'],
    ['5;a= b\r\n', 'chunk-extension'],
    ['5;a\t\r\n', 'chunk-extension'],
    ['5;=b\r\n', 'chunk-extension'],
    ['5;a=\r\n', 'chunk-extension'],
    ['5;a=;b\r\n', 'chunk-extension'],
    ['5;a=b=c\r\n', 'chunk-extension'],
    ['5;a="b"c\r\n', 'chunk-extension'],
    ['5;a="b" ;c\r\n', 'chunk-extension'],
    ['5;a="b"=c\r\n', 'chunk-extension'],
    ['5;a=b"c"\r\n', 'chunk-extension'],
    ['5;"a"\r\n', 'chunk-extension'],
    ['5;a="\r\n', 'chunk-extension'],
    ['5;a="\\\r\n"\r\n', 'chunk-extension'],
    ['5;a="\0"\r\n', 'chunk-extension'],
    ['5;a="\x7f"\r\n', 'chunk-extension'],
    ['5;a\0\r\n', 'chunk-extension'],
    ['5;a\x80\r\n', 'chunk-extension'],
    ['5;a,b\r\n', 'chunk-extension'],
    ['5;a=(b)\r\n', 'chunk-extension'],
  ];
  test.each(rows)('%j: %s', (line, fault) => {
    expect(readEveryWay(`${line}X`)).toBe(fault);
  });
});

test('extensions have a limit for all lines of a body together', () => {
  // Every byte behind the first semicolon of a line counts, its CR too.
  const longest = `5;${'a'.repeat(4095)}\r\n`;
  expect(read([longest])).toEqual({ size: 5, end: longest.length });
  expect(read([`5;${'a'.repeat(4096)}\r\n`])).toBe('chunk-extension');
  const reader = new ChunkReader();
  expect(read([`5;${'a'.repeat(4090)}\r\n`], reader)).toMatchObject({ size: 5 });
  reader.dataEnded();
  expect(read(['\r\n5;aaa\r\n'], reader)).toMatchObject({ size: 5 });
  reader.dataEnded();
  expect(read(['\r\n5;a\r\n'], reader)).toBe('chunk-extension');
  reader.reset();
  expect(read(['5;aaa\r\n'], reader)).toMatchObject({ size: 5 });
});

describe('between chunks', () => {
  const rows: [string, ReturnType<typeof read>][] = [
    ['\r\n5\r\n', { size: 5, end: 5 }],
    ['\r\n0\r\n', { size: 0, end: 5 }],
    ['\r\n', ''],
    ['\n5\r\n', 'chunk-end'],
    ['5\r\n', 'chunk-end'],
    ['X\r\n5\r\n', 'chunk-end'],
    [' \r\n5\r\n', 'chunk-end'],
    ['\rX', 'chunk-line'],
    ['\r\r\n5\r\n', 'chunk-line'],
    ['\r\n\r\n', 'chunk-size'],
    ['\r\n 5\r\n', 'chunk-size'],
  ];
  test.each(rows)('%j: %j', (text, expected) => {
    for (const pieces of [[text], [...text]]) {
      const reader = new ChunkReader();
      expect(read(['3\r\n'], reader)).toEqual({ size: 3, end: 3 });
      reader.dataEnded();
      expect(read(pieces, reader)).toEqual(expected);
    }
  });
});

test('reading begins where it is told to', () => {
  const reader = new ChunkReader();
  expect(reader.read(Buffer.from('zz5\r\n7\r\n'), 2)).toBe(5);
  expect(reader.size).toBe(5);
});

test('a line is what the grammar says, whatever its bytes are', () => {
  const token = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+";
  const quoted = '"(?:[\\t !#-\\[\\]-~\\x80-\\xff]|\\\\[\\t -~\\x80-\\xff])*"';
  const grammar = new RegExp(`^[0-9A-Fa-f]{1,13}(?:;${token}(?:=(?:${token}|${quoted}))?)*$`);
  const piece = fc.constantFrom(...'0aFg;=" \\\t,(', 'ab', '"x"', ';a=', ';b', '\x80', '\0', '\r', '\n');
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
      const line = pieces.join('');
      const result = read([`${line}\r\n`]);
      expect(typeof result === 'object' && result.end === line.length + 2).toBe(grammar.test(line));
    }),
    { numRuns: 2_000 },
  );
});
