import { appendFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { followJournal } from './follow-journal.ts';

let dir = '';
let path = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'portcullis-follow-'));
  path = join(dir, 'journal.jsonl');
});
afterEach(() => rmSync(dir, { recursive: true }));

const line = (n: number | string) => `${JSON.stringify({ n })}\n`;

function follow() {
  const seen: unknown[] = [];
  const follower = followJournal(path, ({ n }) => void seen.push(n));
  const wait = (count: number) =>
    vi.waitFor(() => expect(seen).toHaveLength(count), { timeout: 3_000, interval: 10 });
  return { seen, wait, close: follower.close };
}

test('tells what is appended from now on, in whole lines, and the rest at the end', async () => {
  writeFileSync(path, line('old'));
  const { seen, wait, close } = follow();
  appendFileSync(path, line(1) + line('é').slice(0, 5));
  await wait(1);
  appendFileSync(path, `${line('é').slice(5)}not json\n[]\n${line(3)}`);
  await wait(3);
  appendFileSync(path, line(4));
  await close();
  expect(seen).toEqual([1, 'é', 3, 4]);
});

test('passes over halves of lines that a full disk left, and a record behind one', async () => {
  writeFileSync(path, '');
  const { seen, wait, close } = follow();
  appendFileSync(path, `{"n":"ha${line(1)}\n`);
  appendFileSync(path, `${line(1)}{"n`);
  await wait(1);
  appendFileSync(path, `\n${line(2)}`);
  await wait(2);
  await close();
  expect(seen).toEqual([1, 2]);
});

test('waits for a file that is not there yet, and goes on with the new one after a rotation', async () => {
  const { seen, wait, close } = follow();
  writeFileSync(path, line(1));
  await wait(1);
  renameSync(path, `${path}.1`);
  writeFileSync(path, line(2));
  await wait(2);
  await close();
  expect(seen).toEqual([1, 2]);
});
