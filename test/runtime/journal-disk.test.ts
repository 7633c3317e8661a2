import { execFileSync, spawn } from 'node:child_process';
import {
  closeSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Journal } from '../../src/proxy/journal.ts';
import { prepareJournal } from '../../src/runtime/journal-start.ts';
import { needs } from '../support/binaries.ts';
import { until } from '../support/test-gateway.ts';

const WRITER = join(import.meta.dirname, 'journal-writer.ts');
const ROUNDS = join(import.meta.dirname, 'journal-rounds.ts');
const COUNT = 2000;
const LIMITS = [100_001, 300_007, 500_003];

/** How often each record is there, and how many lines are none, in all files of a folder. */
function readRecords(dir: string): { seen: Map<string, number>; broken: number } {
  const seen = new Map<string, number>();
  let broken = 0;
  const lines = readdirSync(dir).flatMap((name) => readFileSync(join(dir, name), 'utf8').split('\n'));
  for (const line of lines) {
    const [, record] = /^\{"of":(\d,"n":\d+),"text":"x*"\}$/.exec(line) ?? [];
    if (record !== undefined) seen.set(record, (seen.get(record) ?? 0) + 1);
    else if (line !== '') broken++;
  }
  return { seen, broken };
}

const canLimit = needs('prlimit', 'util-linux');

test.skipIf(!canLimit)(
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

    const { seen, broken } = readRecords(dir);
    expect(seen.size).toBe(2 * COUNT);
    expect([...seen.values()].every((times) => times === 1)).toBe(true);
    // Halves of records that the disk cut; each stands alone.
    expect(broken).toBeLessThanOrEqual(6);
    rmSync(dir, { recursive: true });
  },
);

test.skipIf(!canLimit).each([1, 2, 3])(
  'writers that know nothing of the half a line of another lose no record behind it (seed %i)',
  (seed) => {
    const dir = mkdtempSync(join(tmpdir(), 'portcullis-rounds-'));
    const path = join(dir, 'journal.jsonl');
    const counts = JSON.parse(
      execFileSync(process.execPath, [ROUNDS, path, '100', String(seed)], { encoding: 'utf8' }),
    ) as number[];
    const { seen, broken } = readRecords(dir);
    const wanted = counts.flatMap((count, at) => Array.from({ length: count }, (_, n) => `${at},"n":${n}`));
    expect(wanted.filter((record) => !seen.has(record))).toEqual([]);
    // A single line of which only the line end is missing when it fails is written once more.
    const doubled = [...seen].filter(([record, times]) => times !== 1 && !record.startsWith('3'));
    expect(doubled).toEqual([]);
    expect(seen.size).toBe(wanted.length);
    expect(broken).toBeGreaterThan(0);
    rmSync(dir, { recursive: true });
  },
);

test('a pipe is open for writing only: a journal is told when nobody reads it any more', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'portcullis-pipe-'));
  const path = join(dir, 'pipe');
  execFileSync('mkfifo', [path]);
  const reader = openSync(path, 'r+');
  const problems: string[] = [];
  const events = { onProblem: (sentence: string) => problems.push(sentence), onFull: () => {} };
  const journal = new Journal({ path, maxBytes: 1e9, refuses: true }, events);
  journal.append('{"n":1}\n');
  await journal.drain();
  const room = Buffer.alloc(100);
  expect(room.toString('utf8', 0, readSync(reader, room))).toBe('{"n":1}\n');
  closeSync(reader);
  journal.append('{"n":2}\n');
  await journal.drain();
  expect(problems).toEqual([expect.stringContaining('EPIPE')]);
  rmSync(path);
  await journal.drain();
  expect(readFileSync(path, 'utf8')).toBe('\n{"n":2}\n');
  rmSync(dir, { recursive: true });
});

test.each([
  ['/proc/no/journal.jsonl', 'its folder does not exist'],
  ['/dev/null/journal.jsonl', 'its folder does not exist'],
  ['/tmp', 'is a folder'],
])('a journal at %s is told at the start', (path, why) => {
  expect(() => prepareJournal(path)).toThrow(why);
});
