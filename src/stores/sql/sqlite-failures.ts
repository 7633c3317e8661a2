import { Unavailable } from '../../core/errors.ts';
import { DATABASE } from './failures.ts';

const codeOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';

/** The sentence for what SQLite or the file system said about the database; '' when it is none of theirs. */
function sentenceFor(path: string, code: string): string {
  if (code.startsWith('SQLITE_CORRUPT')) {
    return `The database ${path} is damaged: stop the gateway, move the file away and restore it from a backup.`;
  }
  if (code === 'SQLITE_NOTADB') {
    return `The file ${path} is not a database: move it away, or name another file in \`store.url\`.`;
  }
  if (code === 'SQLITE_FULL' || code === 'ENOSPC' || code === 'EDQUOT') {
    return `The disk of the database ${path} is full: free space there.`;
  }
  if (code.startsWith('SQLITE_READONLY') || code === 'EROFS' || code === 'EACCES' || code === 'EPERM') {
    return `The database ${path} cannot be written: give this user the right to write the file and its folder.`;
  }
  if (code.startsWith('SQLITE_CANTOPEN') || ['ENOTDIR', 'EEXIST', 'ENOENT'].includes(code)) {
    return `The database ${path} cannot be opened: \`store.url\` must name a file in a folder that this user may write.`;
  }
  if (code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED')) {
    return `The database ${path} is in use by another process: stop that one, or name another file in \`store.url\`.`;
  }
  if (code.startsWith('SQLITE_IOERR')) {
    return `The disk of the database ${path} failed (${code}): check the disk and the system's log.`;
  }
  return '';
}

/** Turns what SQLite or the file system threw into an Unavailable; a defect of ours stays what it is. */
export function explainSqlite(path: string, error: unknown): unknown {
  if (error instanceof Unavailable) return error;
  const code = codeOf(error);
  const sentence = sentenceFor(path, code);
  if (sentence !== '') return new Unavailable(DATABASE, sentence, { cause: error });
  if (error instanceof Error && /connection is not open|has already been destroyed/.test(error.message)) {
    return new Unavailable(DATABASE, `The database ${path} was closed.`, { cause: error });
  }
  return error;
}
