import { type FileHandle, open, readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { parseJournalRecord } from '../core/journal-record.ts';

/** Outcome of a search through the journal. */
export interface JournalFinding {
  /** The line; null when it was not found. */
  readonly line: string | null;
  /** Whether the search ended at its bound before the beginning of the journal. */
  readonly isPartial: boolean;
}

const CHUNK_BYTES = 256 * 1024;
const MAX_LINE_BYTES = 1024 * 1024;
const DEFAULT_LIMIT_BYTES = 1024 ** 3;
const LF = 0x0a;

/** The journal and its rotated predecessors, the newest first; compressed ones are left out. */
export async function journalFiles(path: string): Promise<string[]> {
  const name = basename(path);
  let names: string[];
  try {
    names = (await readdir(dirname(path))).filter(
      (entry) => entry.startsWith(name) && !/\.(gz|zst|xz)$/.test(entry),
    );
  } catch {
    return [];
  }
  const found: { file: string; changedMs: number }[] = [];
  for (const entry of names) {
    const file = join(dirname(path), entry);
    const info = await stat(file).catch(() => null);
    if (info?.isFile())
      found.push({ file, changedMs: entry === name ? Number.POSITIVE_INFINITY : info.mtimeMs });
  }
  return found.sort((a, b) => b.changedMs - a.changedMs).map(({ file }) => file);
}

/** The last line in the bytes that is the record of the request; null when none is. */
function lineIn(bytes: Buffer, needle: Buffer, id: string): string | null {
  for (let at = bytes.lastIndexOf(needle); at >= 0; at = at === 0 ? -1 : bytes.lastIndexOf(needle, at - 1)) {
    const from = bytes.lastIndexOf(LF, at) + 1;
    const to = bytes.indexOf(LF, at);
    const line = bytes.toString('utf8', from, to < 0 ? bytes.length : to);
    // The needle may stand in a field that the client filled, so only the parsed record counts.
    if (parseJournalRecord(line)?.['http.request.id'] === id) return line;
  }
  return null;
}

async function searchFile(
  handle: FileHandle,
  id: string,
  limitBytes: number,
): Promise<JournalFinding & { read: number }> {
  const needle = Buffer.from(JSON.stringify(id));
  const { size } = await handle.stat();
  let end = size;
  let read = 0;
  /** The beginning of the chunk read before: belongs to a line whose own beginning is still to come. */
  let rest = Buffer.alloc(0);
  while (end > 0 && read < limitBytes) {
    const start = Math.max(0, end - CHUNK_BYTES);
    const chunk = Buffer.alloc(end - start);
    const { bytesRead } = await handle.read(chunk, 0, chunk.length, start);
    read += bytesRead;
    const bytes = Buffer.concat([chunk.subarray(0, bytesRead), rest]);
    const firstLineEnd = start === 0 ? -1 : bytes.indexOf(LF);
    const line = lineIn(bytes.subarray(firstLineEnd + 1), needle, id);
    if (line !== null) return { line, isPartial: false, read };
    rest =
      start === 0 ? Buffer.alloc(0) : bytes.subarray(0, firstLineEnd < 0 ? bytes.length : firstLineEnd + 1);
    if (rest.length > MAX_LINE_BYTES) rest = Buffer.alloc(0);
    end = start;
  }
  return { line: null, isPartial: end > 0, read };
}

/**
 * Looks for the record of a request in the journal, from its end backwards and through rotated files.
 *
 * Cost: reads at most `limitBytes`, a quarter of a MiB at a time, without holding up the main thread.
 */
export async function findInJournal(
  path: string,
  id: string,
  limitBytes = DEFAULT_LIMIT_BYTES,
): Promise<JournalFinding> {
  let left = limitBytes;
  for (const file of await journalFiles(path)) {
    if (left <= 0) return { line: null, isPartial: true };
    const handle = await open(file, 'r').catch(() => null);
    if (handle === null) continue;
    try {
      const finding = await searchFile(handle, id, left);
      if (finding.line !== null || finding.isPartial)
        return { line: finding.line, isPartial: finding.isPartial };
      left -= finding.read;
    } finally {
      await handle.close();
    }
  }
  return { line: null, isPartial: false };
}
