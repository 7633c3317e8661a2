import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { qrCode } from '../../src/lib/qr/qr-code.ts';
import { needs } from '../support/binaries.ts';

const MODULE_PIXELS = 6;
const QUIET_MODULES = 4;
const hasReader = needs('zbarimg', 'zbar-tools');
const dir = mkdtempSync(join(tmpdir(), 'portcullis-qr-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** The symbol as a picture in the format of netpbm. */
function pictureOf(text: string): Buffer {
  const symbol = qrCode(text);
  if (symbol === null) throw new Error('too long');
  const width = (symbol.size + 2 * QUIET_MODULES) * MODULE_PIXELS;
  const pixels = Buffer.alloc(width * width, 255);
  for (let y = 0; y < width; y++) {
    for (let x = 0; x < width; x++) {
      const [column, row] = [x, y].map((at) => Math.floor(at / MODULE_PIXELS) - QUIET_MODULES) as [
        number,
        number,
      ];
      const isInside = Math.min(column, row) >= 0 && Math.max(column, row) < symbol.size;
      if (isInside && symbol.isDark(column, row)) pixels[y * width + x] = 0;
    }
  }
  return Buffer.concat([Buffer.from(`P5 ${width} ${width} 255\n`), pixels]);
}

// One for each version, and what an authenticator app gets.
const TEXTS = [
  ...[1, 15, 27, 43, 63, 85, 107, 123, 153, 181, 214, 252, 288, 332, 363, 412].map((length) =>
    'otpauth://totp/aB3?%&=/'.repeat(20).slice(0, length),
  ),
  'otpauth://totp/auth.example.com:alice%40example.com?issuer=auth.example.com&secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP',
  'ünïcode ☃',
];

test.runIf(hasReader).each(TEXTS)('another program reads %s', (text) => {
  const path = join(dir, 'symbol.pgm');
  writeFileSync(path, pictureOf(text));
  const read = execFileSync('zbarimg', ['--quiet', '--raw', '-Sbinary', path], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  expect(read.toString('utf8').replace(/\n$/, '')).toBe(text);
});
