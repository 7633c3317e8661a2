import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { Unavailable } from '../core/errors.ts';

const SECRET_BYTES = 32;
const SECRET = /^[A-Za-z0-9_-]{43}$/;
const NAME = 'secret of the authorization server';
/** Bits that let group or others in. */
const FOREIGN_BITS = 0o077;

/** Path of the file with the secret that seals what the authorization server keeps. */
export function secretPath(dataDir: string): string {
  return join(dataDir, 'oauth.secret');
}

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? '';

/** Writes a new secret beside its place and links it there, so that no reader ever sees half of one. */
function createSecret(path: string): void {
  const draft = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`;
  const fd = openSync(draft, 'wx', 0o600);
  try {
    writeFileSync(fd, `${randomBytes(SECRET_BYTES).toString('base64url')}\n`);
    fsyncSync(fd);
    linkSync(draft, path);
  } catch (error) {
    // Another process was first: its secret counts.
    if (codeOf(error) !== 'EEXIST') throw error;
  } finally {
    closeSync(fd);
    rmSync(draft, { force: true });
  }
}

/** Opens the file itself, never what a link points to; null when there is none. */
function openSecret(path: string): number | null {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    const why = codeOf(error) === 'ELOOP' ? 'it is a symbolic link' : (error as Error).message;
    throw new Unavailable(NAME, `The file ${path} cannot be read: ${why}.`, { cause: error });
  }
}

function readSecret(fd: number, path: string): string {
  const info = fstatSync(fd);
  if ((info.mode & FOREIGN_BITS) !== 0) fchmodSync(fd, 0o600);
  const secret = info.isFile() ? readFileSync(fd, 'utf8').trim() : '';
  if (SECRET.test(secret)) return secret;
  throw new Unavailable(NAME, `The file ${path} does not hold a secret: restore it from a backup.`);
}

/**
 * Loads the secret, making one of 256 random bits on the first start.
 *
 * Errors: Unavailable when the file cannot be written or read, or does not hold a secret.
 */
export function loadSecret(dataDir: string): string {
  const path = secretPath(dataDir);
  let fd = openSecret(path);
  if (fd === null) {
    try {
      mkdirSync(dataDir, { recursive: true, mode: 0o700 });
      createSecret(path);
    } catch (error) {
      const message = `The file ${path} cannot be written: give this user the right to write the folder.`;
      throw new Unavailable(NAME, message, { cause: error });
    }
    fd = openSecret(path);
  }
  if (fd === null) throw new Unavailable(NAME, `The file ${path} vanished: start again.`);
  try {
    return readSecret(fd, path);
  } finally {
    closeSync(fd);
  }
}
