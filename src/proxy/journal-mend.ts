import { close, fstatSync, type NoParamCallback, open, readSync, stat, writeSync } from 'node:fs';
import { parseJournalRecord } from '../core/journal-record.ts';

/** Owner reads and writes, group reads: the journal tells who asked for what. */
export const JOURNAL_MODE = 0o640;
/** Most that is read behind half a line; no record is as long. */
const MOST_BYTES = 256 * 1024;
const LINE_FEED = 0x0a;

/**
 * Opens a journal to append to it; a regular file, or one that is made, is open for reading as well.
 *
 * Safety: a pipe that its writer could read would never tell it that there is no other reader.
 */
export function openJournal(
  path: string,
  done: (error: NodeJS.ErrnoException | null, fd: number, isFile: boolean) => void,
): void {
  stat(path, (_, info) => {
    const isFile = info?.isFile() ?? true;
    open(path, isFile ? 'a+' : 'a', JOURNAL_MODE, (error, fd) => done(error, fd, isFile));
  });
}

/**
 * Half a line in the journal, where the disk cut a write short.
 *
 * Another thread that has not met the full disk may write right behind it; the first record of that thread is then part
 * of a line that nobody can read, and only the owner of the half knows where. So it looks, and writes that record again.
 *
 * Shape: owns the descriptor of that write, which reads on where the write ended.
 * Cost: nothing until a disk is full; then one read, which does not wait, of what was just written.
 */
export class CutLine {
  readonly #fd: number;
  readonly #record: string;

  /** `record` is what stands in the file of a line that lacks only its line end; '' where more is missing. */
  constructor(fd: number, record: string) {
    this.#fd = fd;
    this.#record = record;
  }

  /** Whether nobody can find the file any more; its space is not free before it is closed here. */
  get isDeleted(): boolean {
    try {
      return fstatSync(this.#fd).nlink === 0;
    } catch {
      return true;
    }
  }

  /**
   * The whole lines that must be written again, mostly ''; to be asked once, when the half is no longer the end of the
   * journal that is written now. Never throws.
   *
   * Safety: what begins with half a line of a third thread is no record; that thread looks behind its own half.
   */
  mend(): string {
    try {
      const behind = readLine(this.#fd).toString('latin1');
      if (behind === '') return '';
      const records = [this.#record, parseJournalRecord(behind) === null ? '' : behind];
      return records.map((record) => (record === '' ? '' : `${record}\n`)).join('');
    } catch {
      // The file is on a disk that is gone or still full: nobody can have written there since.
      return '';
    } finally {
      this.close();
    }
  }

  close(): void {
    close(this.#fd, IGNORE);
  }
}

const IGNORE: NoParamCallback = () => {};

/**
 * Reads from where the descriptor stands to the end of the line, which it writes when it is missing: when the journal
 * was moved, nobody else does.
 */
function readLine(fd: number): Buffer {
  const room = Buffer.allocUnsafe(MOST_BYTES);
  for (let length = 0; length < room.length; ) {
    const { size } = fstatSync(fd);
    let count = readSync(fd, room, length, room.length - length, null);
    if (count === 0) {
      // Everything has been read, so it stands at `size`; somebody may write there until the line end is written.
      writeSync(fd, '\n');
      count = readSync(fd, room, length, room.length - length, size);
    }
    const end = room.subarray(0, length + count).indexOf(LINE_FEED, length);
    if (end >= 0) return room.subarray(0, end);
    length += count;
  }
  return room.subarray(0, 0);
}
