import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Unavailable } from '../core/errors.ts';
import { loadAdminToken, readAdminToken, tokenMatcher, tokenPath } from './token.ts';

let dir: string;
let path: string;

beforeEach(() => {
  dir = join(mkdtempSync(join(tmpdir(), 'portcullis-token-')), 'data');
  path = tokenPath(dir);
});
afterEach(() => rmSync(join(dir, '..'), { recursive: true, force: true }));

describe('loadAdminToken', () => {
  test('makes a token of 256 bits that only its owner can read, and keeps it', () => {
    const { token, notices } = loadAdminToken(dir);
    expect(Buffer.from(token, 'base64url')).toHaveLength(32);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(dir).mode & 0o777).toBe(0o700);
    expect(notices).toEqual([]);
    expect(loadAdminToken(dir).token).toBe(token);
    expect(readAdminToken(dir)).toBe(token);
    expect(readdirSync(dir)).toEqual(['admin.token']);
  });

  test('makes a different one each time', () => {
    const first = loadAdminToken(dir).token;
    rmSync(path);
    expect(loadAdminToken(dir).token).not.toBe(first);
  });

  test.each([0o644, 0o640, 0o604, 0o660, 0o620])(
    'takes the rights of others away from mode %o and says so',
    (mode) => {
      const { token } = loadAdminToken(dir);
      chmodSync(path, mode);
      const { token: again, notices } = loadAdminToken(dir);
      expect(again).toBe(token);
      expect(statSync(path).mode & 0o777).toBe(0o600);
      expect(notices).toEqual([
        expect.stringMatching(/could be read by other users; now only its owner can/),
      ]);
      expect(notices.join()).not.toContain(token);
    },
  );

  test.each([
    '',
    '\n',
    'secret',
    'a'.repeat(42),
    'a'.repeat(44),
    `${'a'.repeat(42)} `,
    `${'a'.repeat(43)}\nb`,
  ])('refuses a file that holds %j: nobody must get in with it', (text) => {
    mkdirSync(dir);
    writeFileSync(path, text, { mode: 0o600 });
    expect(() => loadAdminToken(dir)).toThrow(/does not hold an admin token: delete it and start/);
    expect(() => readAdminToken(dir)).toThrow(Unavailable);
  });

  test('follows no link', () => {
    mkdirSync(dir);
    const elsewhere = join(dir, 'elsewhere');
    writeFileSync(elsewhere, 'a'.repeat(43));
    symlinkSync(elsewhere, path);
    expect(() => loadAdminToken(dir)).toThrow(/it is a symbolic link/);
    expect(readFileSync(elsewhere, 'utf8')).toBe('a'.repeat(43));
  });

  test('refuses a folder and a path that cannot be written', () => {
    mkdirSync(path, { recursive: true });
    expect(() => loadAdminToken(dir)).toThrow(/is not a file/);
    writeFileSync(join(dir, 'file'), '');
    expect(() => loadAdminToken(join(dir, 'file'))).toThrow(Unavailable);
  });
});

test('readAdminToken makes no token and says what to do', () => {
  expect(() => readAdminToken(dir)).toThrow(
    `There is no admin token at ${path}: start the gateway with \`portcullis run\`, or name its data folder.`,
  );
});

test.each([
  ['the token', 'abc', true],
  ['nothing', '', false],
  ['a part of it', 'ab', false],
  ['more than it', 'abcd', false],
  ['another case', 'ABC', false],
])('tokenMatcher takes the token only: %s', (_, offered, expected) => {
  expect(tokenMatcher('abc')(offered)).toBe(expected);
});
