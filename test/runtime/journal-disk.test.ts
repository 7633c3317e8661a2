import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { prepareJournal } from '../../src/runtime/journal-start.ts';
import { needs } from '../support/binaries.ts';
import { until } from '../support/test-gateway.ts';

const WRITER = join(import.meta.dirname, 'journal-writer.ts');
const COUNT = 2000;
const LIMITS = [100_001, 300_007, 500_003];

test.skipIf(!needs('prlimit', 'util-linux'))(
  'a disk that fills up in the middle of lines, and has space again: every record is there once, whole',
  async () => {
    const dir = mkdtempSync(join(tmpdir(), 'portcullis-disk-'));
    const path = join(dir, 'journal.jsonl');
    // A limit on the size of files cuts writes short as a full disk does, at any byte.
    const setLimit = (pid: number | undefined, limit: number | string): void => {
      execFileSync('prlimit', ['--pid', String(pid), `--fsize=${limit}:`]);
    };
    const args = [`--fsize=${LIMITS[0]}:`, process.execPath, WRITER, path, String(COUNT)];
    const writer = spawn('prlimit', args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let said = '';
    writer.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    try {
      await until('both tell of it', () => /^a problem: The/m.test(said) && /^b problem: The/m.test(said));
      for (const [at, limit] of LIMITS.entries()) {
        await until(`the file has ${limit} bytes`, () => statSync(path).size === limit);
        setLimit(writer.pid, LIMITS[at + 1] ?? 'unlimited');
      }
      await until('all is written', () => said.includes('all written'), 30_000);
    } finally {
      writer.kill('SIGKILL');
    }

    const seen = new Map<string, number>();
    let broken = 0;
    for (const line of readFileSync(path, 'utf8')
      .split('\n')
      .filter((each) => each !== '')) {
      const [, record] = /^\{"of":(\d,"n":\d+),"text":"x*"\}$/.exec(line) ?? [];
      if (record === undefined) broken++;
      else seen.set(record, (seen.get(record) ?? 0) + 1);
    }
    expect(seen.size).toBe(2 * COUNT);
    expect([...seen.values()].every((times) => times === 1)).toBe(true);
    // Halves of records that the disk cut; each stands alone.
    expect(broken).toBeLessThanOrEqual(6);
    rmSync(dir, { recursive: true });
  },
);

test.each([
  ['/proc/no/journal.jsonl', 'its folder does not exist'],
  ['/dev/null/journal.jsonl', 'its folder does not exist'],
  ['/tmp', 'is a folder'],
])('a journal at %s is told at the start', (path, why) => {
  expect(() => prepareJournal(path)).toThrow(why);
});
