import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const READER = join(import.meta.dirname, 'stray-reader.ts');

function readWith(argument: string): { read: number; isThrown: boolean; wrong: number } {
  return JSON.parse(execFileSync(process.execPath, [READER, argument], { encoding: 'utf8' }));
}

test('an exception between a read and the next one into another buffer ends the connection, not its truth', () => {
  const { read, isThrown, wrong } = readWith('cut');
  expect(isThrown).toBe(true);
  expect(wrong).toBe(0);
  expect(read).toBeLessThan(4_000_000);
});

test('Node reads on into the old buffer after such an exception', () => {
  // Should this fail with another Node, `cutUncertainRead` may go.
  expect(readWith('leave').wrong).toBeGreaterThan(0);
});
