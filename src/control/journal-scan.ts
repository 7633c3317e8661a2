import { type FileHandle, open } from 'node:fs/promises';
import { parseJournalRecord } from '../core/journal-record.ts';
import { journalFiles } from './journal-search.ts';

type Json = Readonly<Record<string, unknown>>;

const CHUNK_BYTES = 256 * 1024;
const MAX_LINE_BYTES = 1024 * 1024;
const LF = 0x0a;

/** How a scan ended. */
export interface JournalScan {
  /** Whether it ended at its bound before the beginning of the journal. */
  readonly isPartial: boolean;
}

/**
 * Calls back for the records of a journal whose line holds some text, the newest first, through rotated files, until
 * told to stop.
 *
 * Cost: reads at most `limitBytes`, a quarter of a MiB at a time, without holding up the main thread.
 */
export async function scanJournal(
  path: string,
  needle: string,
  limitBytes: number,
  onRecord: (record: Json) => 'more' | 'enough',
): Promise<JournalScan> {
  let left = limitBytes;
  for (const file of await journalFiles(path)) {
    if (left <= 0) return { isPartial: true };
    const handle = await open(file, 'r').catch(() => null);
    if (handle === null) continue;
    try {
      const { read, isDone } = await scanFile(handle, Buffer.from(needle), left, onRecord);
      if (isDone) return { isPartial: false };
      left -= read;
    } finally {
      await handle.close();
    }
  }
  return { isPartial: left <= 0 };
}

async function scanFile(
  handle: FileHandle,
  needle: Buffer,
  limitBytes: number,
  onRecord: (record: Json) => 'more' | 'enough',
): Promise<{ readonly read: number; readonly isDone: boolean }> {
  let { size: end } = await handle.stat();
  let read = 0;
  /** The beginning of the chunk read before: belongs to a line whose own beginning is still to come. */
  let rest: Buffer = Buffer.alloc(0);
  while (end > 0 && read < limitBytes) {
    const start = Math.max(0, end - CHUNK_BYTES);
    const chunk = Buffer.alloc(end - start);
    const { bytesRead } = await handle.read(chunk, 0, chunk.length, start);
    read += bytesRead;
    const bytes = Buffer.concat([chunk.subarray(0, bytesRead), rest]);
    const firstLineEnd = start === 0 ? -1 : bytes.indexOf(LF);
    if (start > 0 && firstLineEnd < 0) rest = bytes.length > MAX_LINE_BYTES ? Buffer.alloc(0) : bytes;
    else {
      if (scanLines(bytes.subarray(firstLineEnd + 1), needle, onRecord)) return { read, isDone: true };
      rest = bytes.subarray(0, firstLineEnd + 1);
    }
    end = start;
  }
  return { read, isDone: false };
}

/** True when enough was found. */
function scanLines(bytes: Buffer, needle: Buffer, onRecord: (record: Json) => 'more' | 'enough'): boolean {
  for (let at = bytes.lastIndexOf(needle); at >= 0; ) {
    const from = bytes.lastIndexOf(LF, at) + 1;
    const to = bytes.indexOf(LF, at);
    const record = parseJournalRecord(bytes.toString('utf8', from, to < 0 ? bytes.length : to));
    if (record !== null && onRecord(record) === 'enough') return true;
    at = from === 0 ? -1 : bytes.lastIndexOf(needle, from - 1);
  }
  return false;
}
