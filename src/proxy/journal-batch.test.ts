import { expect, test } from 'vitest';
import { BATCH_BYTES, JournalBatch } from './journal-batch.ts';

const line = (n: number): string => `{"n":${n}}\n`;

test('lines come out as they went in, until there is no room', () => {
  const batch = new JournalBatch(0);
  const long = `${'x'.repeat(BATCH_BYTES / 4 - 1)}\n`;
  for (let i = 0; i < 4; i++) expect(batch.add(long)).toBe(true);
  expect(batch.add(line(1))).toBe(false);
  expect([batch.lines, batch.lastBytes]).toEqual([4, long.length]);
  expect(batch.bytes.toString()).toBe(long.repeat(4));
  batch.reset();
  expect(batch.add(line(1))).toBe(true);
  expect(batch.bytes.toString()).toBe(line(1));
});

test('a line that is larger than a batch gets one of its own, which is not used again', () => {
  const long = `${'x'.repeat(2 * BATCH_BYTES)}\n`;
  const batch = new JournalBatch(long.length);
  expect(batch.add(long)).toBe(true);
  expect(batch.isReusable).toBe(false);
  expect(new JournalBatch(10).isReusable).toBe(true);
});

test.each([
  [0, null, `${line(1)}${line(2)}`],
  [3, '', `\n${line(1)}${line(2)}`],
  [7, '{"n":1}', `\n${line(2)}`],
  [8, null, line(2)],
  [10, '', `\n${line(2)}`],
  [15, '{"n":2}', '\n'],
  [16, null, ''],
])('when %i bytes were written, they cut %j, and %j is left', (count, cut, left) => {
  const batch = new JournalBatch(0);
  batch.add(line(1));
  batch.add(line(2));
  const before = batch.bytes.length;
  expect(batch.cutAt(count)).toBe(cut);
  expect(before + batch.written(count)).toBe(left.length);
  expect(batch.bytes.toString()).toBe(left);
  expect(batch.add(line(3))).toBe(false);
});

test('what follows half a line of somebody else starts on its own line, once', () => {
  const batch = new JournalBatch(0);
  batch.add(line(1));
  expect(batch.startOnOwnLine()).toBe(1);
  expect(batch.startOnOwnLine()).toBe(0);
  expect(batch.bytes.toString()).toBe(`\n${line(1)}`);
});
