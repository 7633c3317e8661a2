import { execFileSync } from 'node:child_process';
import { existsSync, renameSync, statSync } from 'node:fs';
import { Journal } from '../../src/proxy/journal.ts';
import { JournalLines } from '../../src/proxy/journal-lines.ts';

/**
 * Three journals and a writer of single lines on one file, whose limit of size is moved in rounds so that writes are cut
 * at any byte, while others have not met the limit yet, or it is lifted or the file moved before a journal knows that it
 * was cut. Tells how many records each wrote.
 */
const [path = '', rounds = '0', seed = '1'] = process.argv.slice(2);
const journals = [0, 1, 2].map(() => {
  const events = { onProblem: () => {}, onFull: () => {} };
  return new Journal({ path, maxBytes: 1e9, refuses: true }, events);
});
const counts = journals.map(() => 0);
/** A writer beside them; what it could not write waits for the next time. */
const lines = new JournalLines(path);
let writtenLines = 0;
let state = Number(seed);

/** The same whole numbers below `end` for the same seed. */
function next(end: number): number {
  state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
  return (state >>> 8) % end;
}

/** Nothing of this process happens meanwhile, but a write that is under way. */
function limit(bytes: number | string): void {
  execFileSync('prlimit', ['--pid', String(process.pid), `--fsize=${bytes}:`]);
}

function limitAhead(bytes: number): void {
  limit((statSync(path, { throwIfNoEntry: false })?.size ?? 0) + 1 + next(bytes));
}

async function write(at: number, records: number): Promise<void> {
  for (let i = 0; i < records; i++) {
    const text = 'x'.repeat(next(next(4) === 0 ? 700 : 5));
    journals[at]?.append(`{"of":${at},"n":${counts[at]},"text":"${text}"}\n`);
    counts[at] = (counts[at] ?? 0) + 1;
  }
  void journals[at]?.drain();
  if (next(2) === 0) await new Promise((resolve) => setImmediate(resolve));
}

/** Appends lines until one cannot be written. */
async function writeLines(count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const line = `{"of":3,"n":${writtenLines},"text":"${'x'.repeat(next(300))}"}\n`;
    const isWritten = await lines.append(line).then(
      () => true,
      () => false,
    );
    if (!isWritten) return;
    writtenLines++;
  }
}

async function drain(): Promise<void> {
  for (const journal of journals) await journal.drain();
}

/** Moves the file away, as a rotation does, whatever of it is being written or mended. */
function rotate(to: string): void {
  if (existsSync(path)) renameSync(path, to);
  for (const journal of journals) journal.reopen();
}

for (let round = 0; round < Number(rounds); round++) {
  limitAhead(60);
  const first = next(3);
  for (let i = 0; i <= next(3); i++) await write((first + i) % 3, 1 + next(4));
  if (next(2) === 0) await journals[first]?.drain();
  const others = writeLines(next(3));
  if (next(3) === 0) limitAhead(40);
  else limit('unlimited');
  if (next(8) === 0) rotate(`${path}.${round}`);
  for (let i = next(3); i < 3; i++) await write((first + i) % 3, 1);
  await others;
  if (next(4) > 0) continue;
  limit('unlimited');
  await drain();
}
limit('unlimited');
// What was written again may have to be written once more.
await writeLines(1);
for (let i = 0; i < 3; i++) await drain();
process.stdout.write(JSON.stringify([...counts, writtenLines]));
process.exit(0);
