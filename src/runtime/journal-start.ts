import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import { Unavailable } from '../core/errors.ts';
import { JOURNAL_MODE } from '../proxy/journal-mend.ts';

const LINE_FEED = 0x0a;

/**
 * Sees to it that records can be appended to the journal.
 *
 * Safety: ends a line that a crash cut short, or the first record of this run would become part of it.
 * Errors: Unavailable with a sentence when the file cannot be opened. A full disk is none: it may have space later.
 */
export function prepareJournal(path: string): void {
  try {
    const fd = openSync(path, 'a+', JOURNAL_MODE);
    try {
      endLastLine(fd);
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOSPC' || code === 'EDQUOT') return;
    throw new Unavailable('journal', sentenceOf(path, code ?? '', message), { cause: error });
  }
}

function endLastLine(fd: number): void {
  const info = fstatSync(fd);
  if (!info.isFile() || info.size === 0) return;
  const last = Buffer.alloc(1);
  readSync(fd, last, 0, 1, info.size - 1);
  if (last[0] !== LINE_FEED) writeSync(fd, '\n');
}

function sentenceOf(path: string, code: string, message: string): string {
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS')
    return `The journal ${path} cannot be written: give this user the right to write the file and its folder.`;
  if (code === 'ENOENT' || code === 'ENOTDIR')
    return `The journal ${path} cannot be opened: its folder does not exist. Make it, or change \`journal.path\`.`;
  if (code === 'EISDIR') return `The journal ${path} is a folder: \`journal.path\` must name a file.`;
  return `The journal ${path} cannot be opened: ${message}. See \`journal.path\`.`;
}
