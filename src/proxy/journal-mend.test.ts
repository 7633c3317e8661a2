import { appendFileSync, closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { CutLine, openJournal } from './journal-mend.ts';

let dir = '';
let path = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'portcullis-mend-'));
  path = join(dir, 'journal.jsonl');
  appendFileSync(path, '{"n":0}\n');
});
afterEach(() => rmSync(dir, { recursive: true }));

const LONG = `{"long":"${'x'.repeat(200_000)}"}`;

test.each([
  ['nothing but its own next write', '', '{"n', '\n{"n":1}\n', ''],
  ['a record', '', '{"n', '{"n":2}\n{"n":3}\n\n{"n":1}\n', '{"n":2}\n'],
  ['a long record', '', '{"n', `${LONG}\n\n{"n":1}\n`, `${LONG}\n`],
  ['a record that lacks its line end', '', '{"n', '{"n":2}\n{"n":1}\n', '{"n":2}\n'],
  ['half a record of a third writer', '', '{"n', '{"n\n{"n":1}\n', ''],
  ['half a record and a record', '', '{"n', '{"n{"n":3}\n{"n":1}\n', ''],
  ['what is JSON and no record', '', '{"n', '17\n{"n":1}\n', ''],
  ['nothing, where only the line end was missing', '{"n":1}', '{"n":1}', '\n{"n":4}\n', ''],
  [
    'a record, where only the line end was missing',
    '{"n":1}',
    '{"n":1}',
    '{"n":2}\n\n',
    '{"n":1}\n{"n":2}\n',
  ],
  ['half a record, where only the line end was missing', '{"n":1}', '{"n":1}', '{"n\n\n', '{"n":1}\n'],
])('behind half a line stands %s', (_, record, half, behind, again) => {
  const fd = openSync(path, 'a+');
  writeSync(fd, half);
  appendFileSync(path, behind);
  expect(new CutLine(fd, record).mend()).toBe(again);
  expect(readFileSync(path, 'utf8')).toBe(`{"n":0}\n${half}${behind}`);
});

test('half a line at the end of a file that is the journal no more gets its line end', () => {
  const fd = openSync(path, 'a+');
  writeSync(fd, '{"n');
  expect(new CutLine(fd, '').mend()).toBe('');
  expect(readFileSync(path, 'utf8')).toBe('{"n":0}\n{"n\n');
});

test('a record that lacks its line end behind half a line is ended and comes again', () => {
  const fd = openSync(path, 'a+');
  writeSync(fd, '{"n');
  appendFileSync(path, '{"n":2}');
  expect(new CutLine(fd, '').mend()).toBe('{"n":2}\n');
  expect(readFileSync(path, 'utf8')).toBe('{"n":0}\n{"n{"n":2}\n');
});

test('bytes that are no ASCII come back as they are', () => {
  const fd = openSync(path, 'a+');
  writeSync(fd, '{"n');
  appendFileSync(path, '{"name":"Zoë"}\n');
  expect(Buffer.from(new CutLine(fd, '').mend(), 'latin1').toString()).toBe('{"name":"Zoë"}\n');
});

test('what cannot be read is no failure', () => {
  const fd = openSync(path, 'a');
  writeSync(fd, '{"n');
  expect(new CutLine(fd, '').mend()).toBe('');
});

test('a file that was deleted is known', () => {
  const cut = new CutLine(openSync(path, 'a+'), '');
  expect(cut.isDeleted).toBe(false);
  rmSync(path);
  expect(cut.isDeleted).toBe(true);
  cut.close();
});

const opened = (at: string): Promise<{ fd: number; isFile: boolean }> =>
  new Promise((resolve, reject) => {
    openJournal(at, (error, fd, isFile) => (error === null ? resolve({ fd, isFile }) : reject(error)));
  });

test('a regular file is open for reading too, also one that was just made', async () => {
  for (const at of [path, join(dir, 'new.jsonl')]) {
    const { fd, isFile } = await opened(at);
    expect(isFile).toBe(true);
    expect(readFileSync(fd, 'utf8')).toBe(at === path ? '{"n":0}\n' : '');
    closeSync(fd);
  }
  await expect(opened(join(dir, 'no', 'journal.jsonl'))).rejects.toThrow('ENOENT');
});
