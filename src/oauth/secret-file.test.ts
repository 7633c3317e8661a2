import { chmodSync, chownSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { loadSecret, secretPath } from './secret-file.ts';

let dir: string;
let path: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'portcullis-secret-'));
  path = secretPath(dir);
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

test('makes a secret of 256 bits that only its owner can read, and keeps it', () => {
  const { secret, notice } = loadSecret(dir);
  expect(Buffer.from(secret, 'base64url')).toHaveLength(32);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(notice).toBe('');
  expect(loadSecret(dir).secret).toBe(secret);
});

test('says when others could have read it, and ends that', () => {
  const { secret } = loadSecret(dir);
  chmodSync(path, 0o644);
  const { notice } = loadSecret(dir);
  expect(notice).toMatch(/could be read by other users/);
  expect(notice).not.toContain(secret);
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test('follows no link', () => {
  const elsewhere = join(dir, 'elsewhere');
  writeFileSync(elsewhere, 'a'.repeat(43));
  symlinkSync(elsewhere, path);
  expect(() => loadSecret(dir)).toThrow(/symbolic link/);
});

test.runIf(process.geteuid?.() === 0)('refuses one that belongs to another user', () => {
  loadSecret(dir);
  chownSync(path, 65_534, 65_534);
  const asUser = vi.spyOn(process as { geteuid: () => number }, 'geteuid').mockReturnValue(1000);
  expect(() => loadSecret(dir)).toThrow(/belongs to another user/);
  asUser.mockRestore();
});

test('a damaged one is refused, never replaced', () => {
  writeFileSync(path, 'half', { mode: 0o600 });
  expect(() => loadSecret(dir)).toThrow(/does not hold a secret: restore it from a backup/);
});
