import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { journalLine } from '../../test/support/control-services.ts';
import { findInJournal } from './journal-search.ts';

let dir: string;
let path: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'portcullis-journal-'));
  path = join(dir, 'journal.jsonl');
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** Lines of many lengths, so that chunks end at every place of a line. */
const lines = (count: number, prefix = 'r') =>
  Array.from({ length: count }, (_, i) => journalLine(`${prefix}${i}`, { pad: 'ü'.repeat((i * 37) % 900) }));

test('finds every record of a journal of several chunks, wherever it stands', async () => {
  const all = lines(1_500);
  writeFileSync(path, `${all.join('\n')}\n`);
  for (let i = 0; i < all.length; i += 7) {
    expect((await findInJournal(path, `r${i}`)).line).toBe(all[i]);
  }
  expect(await findInJournal(path, 'r1500')).toEqual({ line: null, isPartial: false });
});

test('finds the latest of two, and the last line although it has no end yet', async () => {
  writeFileSync(path, `${journalLine('a', { n: 1 })}\n${journalLine('b')}\n${journalLine('a', { n: 2 })}`);
  expect((await findInJournal(path, 'a')).line).toContain('"n":2');
});

test.each([1, 50, 100])('finds records among halves of %i bytes that a full disk left', async (bytes) => {
  const [cut, glued] = [journalLine('cut'), journalLine('glued')];
  const half = cut.slice(0, bytes);
  writeFileSync(path, `${half}${glued}\n\n${cut}\n${glued}\n${half}`);
  expect((await findInJournal(path, 'cut')).line).toBe(cut);
  expect((await findInJournal(path, 'glued')).line).toBe(glued);
});

test('is not led astray by an id that a client wrote into another field', async () => {
  const forged = journalLine('other', { 'user_agent.original': '"r1"', 'http.request.idx': 'r1' });
  writeFileSync(path, `${journalLine('r1')}\n${forged}\n${forged}\n`);
  expect((await findInJournal(path, 'r1')).line).toBe(journalLine('r1'));
});

test('goes on in rotated files, the newest first, and leaves compressed and foreign ones out', async () => {
  writeFileSync(path, `${journalLine('new')}\n`);
  writeFileSync(`${path}.1`, `${journalLine('old', { n: 1 })}\n`);
  writeFileSync(`${path}.2`, `${journalLine('old', { n: 2 })}\n`);
  writeFileSync(`${path}.3.gz`, journalLine('zip'));
  writeFileSync(join(dir, 'other.jsonl'), journalLine('foreign'));
  utimesSync(`${path}.1`, 2_000, 2_000);
  utimesSync(`${path}.2`, 1_000, 1_000);
  expect((await findInJournal(path, 'old')).line).toContain('"n":1');
  expect((await findInJournal(path, 'zip')).line).toBeNull();
  expect((await findInJournal(path, 'foreign')).line).toBeNull();
});

test('stops at its bound and says so', async () => {
  writeFileSync(path, `${lines(1_500).join('\n')}\n`);
  expect(await findInJournal(path, 'r0', 100_000)).toEqual({ line: null, isPartial: true });
  expect((await findInJournal(path, 'r1499', 100_000)).line).not.toBeNull();
});

test('survives damage: lines that are no JSON, a line of megabytes, no journal at all', async () => {
  writeFileSync(path, `${journalLine('r1')}\n{"http.request.id":"r1"\n\0\0\0${'x'.repeat(3_000_000)}\n[]\n`);
  expect((await findInJournal(path, 'r1')).line).toBe(journalLine('r1'));
  expect(await findInJournal(join(dir, 'nowhere', 'journal.jsonl'), 'r1')).toEqual({
    line: null,
    isPartial: false,
  });
});
