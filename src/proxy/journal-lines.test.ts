import { mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { JournalLines } from './journal-lines.ts';

let dir = '';
let path = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'portcullis-lines-'));
  path = join(dir, 'journal.jsonl');
});
afterEach(() => rmSync(dir, { recursive: true }));

test('appends whole lines in their order, to the file that the path names now', async () => {
  const lines = new JournalLines(path);
  const appended = ['{"n":1}\n', '{"name":"Zoë"}\n'].map((line) => lines.append(line));
  await Promise.all(appended);
  renameSync(path, `${path}.1`);
  await lines.append('{"n":3}\n');
  expect(readFileSync(`${path}.1`, 'utf8')).toBe('{"n":1}\n{"name":"Zoë"}\n');
  expect(readFileSync(path, 'utf8')).toBe('{"n":3}\n');
});

test('says when a line could not be written, and leaves nothing of it behind for the next', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout'] });
  symlinkSync('/dev/full', path);
  const lines = new JournalLines(path);
  await expect(lines.append('{"n":1}\n')).rejects.toThrow('ENOSPC');
  rmSync(path);
  await vi.advanceTimersByTimeAsync(1_000);
  await lines.append('{"n":2}\n');
  expect(readFileSync(path, 'utf8')).toBe('{"n":2}\n');
  vi.useRealTimers();
});
