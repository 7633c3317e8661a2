import { describe, expect, test } from 'vitest';
import { qrCode, svgPath } from './qr-code.ts';
import { errorCorrection } from './reed-solomon.ts';

/** ISO/IEC 18004, annex I: the data codewords of `01234567` at level M, and their correction. */
test('errorCorrection gives the codewords of the example in the standard', () => {
  const data = Uint8Array.of(16, 32, 12, 86, 97, 128, 236, 17, 236, 17, 236, 17, 236, 17, 236, 17);
  expect([...errorCorrection(data, 10)]).toEqual([165, 36, 212, 193, 237, 54, 199, 135, 44, 85]);
});

describe('qrCode', () => {
  test.each([
    [1, 21],
    [14, 21],
    [15, 25],
    [106, 41],
    [122, 45],
    [412, 77],
  ])('%i bytes take a symbol of %i modules', (bytes, size) => {
    expect(qrCode('x'.repeat(bytes))?.size).toBe(size);
  });

  test('is none for more than 412 bytes', () => {
    expect(qrCode('x'.repeat(413))).toBeNull();
    expect(qrCode('ü'.repeat(207))).toBeNull();
  });

  test('has its three corners, and the one dark module that all symbols have', () => {
    const symbol = qrCode('otpauth://totp/x');
    const row = (y: number, from: number) =>
      Array.from({ length: 7 }, (_, x) => Number(symbol?.isDark(from + x, y))).join('');
    const corner = ['1111111', '1000001', '1011101', '1011101', '1011101', '1000001', '1111111'];
    const size = symbol?.size ?? 0;
    for (const [x, y] of [[0, 0] as const, [size - 7, 0] as const, [0, size - 7] as const]) {
      expect(corner.map((_, at) => row(y + at, x))).toEqual(corner);
    }
    expect(symbol?.isDark(8, size - 8)).toBe(true);
  });

  test('svgPath covers the dark modules', () => {
    const symbol = qrCode('x') as NonNullable<ReturnType<typeof qrCode>>;
    let dark = 0;
    for (let y = 0; y < symbol.size; y++)
      for (let x = 0; x < symbol.size; x++) dark += Number(symbol.isDark(x, y));
    const runs = [...svgPath(symbol).matchAll(/M\d+ \d+h(\d+)v1h-(\d+)z/g)];
    expect(runs.reduce((sum, [, width]) => sum + Number(width), 0)).toBe(dark);
    expect(runs.every(([, right, left]) => right === left)).toBe(true);
  });
});
