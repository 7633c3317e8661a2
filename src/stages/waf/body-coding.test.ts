import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { inflate } from './body-coding.ts';

const FIRST = Buffer.from('a=1');
const SECOND = Buffer.from('&b=2');
const LIMIT = 1_000;

const CODERS = [
  ['gzip', gzipSync],
  ['deflate', deflateSync],
  ['deflate', deflateRawSync],
  ['br', brotliCompressSync],
  ['zstd', zstdCompressSync],
] as const;

describe.each(CODERS)('%s', (name, code) => {
  const coded = code(FIRST);

  test('is undone', () => {
    const { bytes, problem } = inflate(coded, name, LIMIT, false);
    expect([Buffer.from(bytes).toString(), problem]).toEqual(['a=1', null]);
  });

  test.each([
    ['bytes behind its end', Buffer.concat([coded, Buffer.from('&b=2')])],
    ['zeros and more behind its end', Buffer.concat([coded, Buffer.alloc(20), code(SECOND)])],
    ['an end that is missing', coded.subarray(0, -1)],
  ])('with %s cannot be undone', (_, bytes) => {
    expect(inflate(bytes, name, LIMIT, false).problem).toBe('coding');
  });

  test('is undone as far as it came when the rest is not looked at', () => {
    const long = code(Buffer.from('abcdefgh'.repeat(20)));
    expect(inflate(long.subarray(0, -1), name, LIMIT, true).problem).toBe(null);
  });

  test('is bounded once it is undone', () => {
    expect(inflate(code(Buffer.alloc(LIMIT + 1)), name, LIMIT, false).problem).toBe('inflated');
  });

  test('may be coded again', () => {
    const { bytes, problem } = inflate(gzipSync(coded), `${name}, gzip`, LIMIT, false);
    expect([Buffer.from(bytes).toString(), problem]).toEqual(['a=1', null]);
  });
});

test.each(CODERS)('a second piece of %s is seen, or the whole cannot be undone', (name, code) => {
  const { bytes, problem } = inflate(Buffer.concat([code(FIRST), code(SECOND)]), name, LIMIT, false);
  if (problem === null) expect(Buffer.from(bytes).toString()).toBe('a=1&b=2');
  else expect(problem).toBe('coding');
});
