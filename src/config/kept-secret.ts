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
import { dirname } from 'node:path';
import { Unavailable } from '../core/errors.ts';

const SECRET_BYTES = 32;
const SECRET = /^[A-Za-z0-9_-]{43}$/;
/** Bits that let group or others in. */
const FOREIGN_BITS = 0o077;

/** A file with a secret of this gateway. */
export interface SecretFile {
  readonly path: string;
  /** What it is, as sentences about it name it. */
  readonly what: string;
  /** The rest of the sentence about a file that holds something else. */
  readonly damaged: string;
}

export interface KeptSecret {
  readonly secret: string;
  /** Whether group or others had rights to the file, which they have no more. */
  readonly wasOpen: boolean;
}

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? '';

/** Writes a new secret beside its place and links it there, so that no reader ever sees half of one. */
function create(path: string): void {
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
function open({ path, what }: SecretFile): number | null {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    const why = codeOf(error) === 'ELOOP' ? 'it is a symbolic link' : (error as Error).message;
    throw new Unavailable(what, `The ${what} ${path} cannot be read: ${why}.`, { cause: error });
  }
}

function read(fd: number, { path, what, damaged }: SecretFile): KeptSecret {
  const info = fstatSync(fd);
  if (!info.isFile()) throw new Unavailable(what, `The ${what} ${path} is not a file: remove it.`);
  const user = process.geteuid?.();
  if (user !== undefined && user !== 0 && info.uid !== user) {
    throw new Unavailable(
      what,
      `The ${what} ${path} belongs to another user, who knows it: make it this user's, if that one is to be trusted.`,
    );
  }
  const wasOpen = (info.mode & FOREIGN_BITS) !== 0;
  if (wasOpen) fchmodSync(fd, 0o600);
  const secret = readFileSync(fd, 'utf8').trim();
  if (SECRET.test(secret)) return { secret, wasOpen };
  throw new Unavailable(what, `The file ${path} ${damaged}.`);
}

/** Reads the secret; null when there is no file. Errors: Unavailable when it cannot be read, or is none. */
export function readSecretFile(file: SecretFile): KeptSecret | null {
  const fd = open(file);
  if (fd === null) return null;
  try {
    return read(fd, file);
  } finally {
    closeSync(fd);
  }
}

/**
 * Reads the secret, making one of 256 random bits where there is no file.
 *
 * Errors: Unavailable when the file cannot be written or read, or does not hold a secret.
 */
export function loadSecretFile(file: SecretFile): KeptSecret {
  const { path, what } = file;
  const known = readSecretFile(file);
  if (known !== null) return known;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    create(path);
  } catch (error) {
    const message = `The ${what} ${path} cannot be written: give this user the right to write the folder.`;
    throw new Unavailable(what, message, { cause: error });
  }
  const made = readSecretFile(file);
  if (made === null) throw new Unavailable(what, `The ${what} ${path} vanished: start again.`);
  return made;
}
