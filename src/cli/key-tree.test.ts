import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { generateApiKey } from '../lib/apikey/key-format.ts';
import { KeyScan } from './key-tree.ts';

let dir: string;
const { key } = generateApiKey('pk', randomBytes);

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'portcullis-scan-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function put(name: string, content: string | Buffer): void {
  mkdirSync(join(dir, name, '..'), { recursive: true });
  writeFileSync(join(dir, name), content);
}

function scan(path = dir) {
  const walk = new KeyScan();
  walk.scan(path);
  const { places, ...rest } = walk.result;
  return { found: places.map(({ file, line }) => `${relative(dir, file)}:${line}`), ...rest };
}

test('finds keys in a tree, in every kind of file, and says where', () => {
  put('a.txt', `x\ny ${key}\n`);
  put('.env', `API_KEY=${key}`);
  put('src/deep/er/b.ts', `const key = '${key}';\n`);
  put('image.bin', Buffer.concat([randomBytes(100_000), Buffer.from(key), randomBytes(100_000)]));
  put('wide.txt', Buffer.from(`\ufeff${key}\r\n`, 'utf16le'));
  put('clean.txt', 'snake_case_only\n');
  const { found, files, faults } = scan();
  expect(found.map((place) => place.replace(/(image\.bin):\d+/, '$1'))).toEqual([
    '.env:1',
    'a.txt:2',
    'image.bin',
    'src/deep/er/b.ts:1',
    'wide.txt:1',
  ]);
  expect(files).toBe(6);
  expect(faults).toEqual([]);
});

test('waits for a writer that is slow, also where the pipe itself does not', () => {
  const pipe = join(dir, 'pipe');
  execFileSync('mkfifo', [pipe]);
  const fd = openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK);
  const end = openSync(pipe, constants.O_WRONLY);
  spawn('sh', ['-c', 'sleep 0.2; printf %s "$0"', key], { stdio: ['ignore', end, 'ignore'] });
  closeSync(end);
  const walk = new KeyScan();
  walk.scanOpen(fd, '-');
  closeSync(fd);
  expect(walk.result.places.map(({ file }) => file)).toEqual(['-']);
});

test('finds a key wherever the pieces of a large file are cut', () => {
  const MIB = 1_048_576;
  for (const shift of [-120, -60, -1, 0, 1]) {
    put(
      `large${shift}`,
      Buffer.concat([
        Buffer.alloc(2 * MIB + shift, 'x\n'),
        Buffer.from(`\n${key}\n`),
        Buffer.alloc(MIB, 'y'),
      ]),
    );
  }
  expect(scan().found).toHaveLength(5);
});

test('follows no link, opens no pipe, and skips what git has packed', () => {
  const outside = mkdtempSync(join(tmpdir(), 'portcullis-outside-'));
  writeFileSync(join(outside, 'secret'), key);
  symlinkSync(outside, join(dir, 'folder'));
  symlinkSync(join(outside, 'secret'), join(dir, 'file'));
  symlinkSync(dir, join(dir, 'loop'));
  execFileSync('mkfifo', [join(dir, 'pipe')]);
  put('.git/objects/ab/cd', key);
  put('.git/config', `token = ${key}`);
  expect(scan()).toMatchObject({ found: ['.git/config:1'], skipped: 5, faults: [] });
  // A link that is named itself is meant.
  expect(scan(join(dir, 'file')).found).toHaveLength(1);
  rmSync(outside, { recursive: true });
});

test('what cannot be read is told', () => {
  expect(scan(join(dir, 'absent')).faults).toEqual([expect.stringContaining('cannot be read: ENOENT')]);
});
