import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
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

const TOKEN_BYTES = 32;
const TOKEN = /^[A-Za-z0-9_-]{43}$/;
/** Bits that let group or others in. */
const FOREIGN_BITS = 0o077;

/** The admin token and what the operator should know about its file. */
export interface AdminToken {
  readonly token: string;
  readonly path: string;
  /** Sentences to log; never hold the token. */
  readonly notices: readonly string[];
}

/** Path of the file that holds the admin token. */
export function tokenPath(dataDir: string): string {
  return join(dataDir, 'admin.token');
}

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? '';

/** Writes a new token beside its place and links it there, so that no reader ever sees half a token. */
function createToken(path: string): void {
  const draft = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`;
  const fd = openSync(draft, 'wx', 0o600);
  try {
    writeFileSync(fd, `${randomBytes(TOKEN_BYTES).toString('base64url')}\n`);
    fsyncSync(fd);
    linkSync(draft, path);
  } catch (error) {
    // Another process was first: its token counts.
    if (codeOf(error) !== 'EEXIST') throw error;
  } finally {
    closeSync(fd);
    rmSync(draft, { force: true });
  }
}

/** Opens the file itself, never what a link points to; null when there is none. */
function openToken(path: string): number | null {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    const why = codeOf(error) === 'ELOOP' ? 'it is a symbolic link' : (error as Error).message;
    throw new Unavailable('admin token', `The admin token ${path} cannot be read: ${why}.`, { cause: error });
  }
}

function readToken(fd: number, path: string, notices: string[]): string {
  const info = fstatSync(fd);
  if (!info.isFile())
    throw new Unavailable('admin token', `The admin token ${path} is not a file: remove it.`);
  const user = process.geteuid?.();
  if (user !== undefined && user !== 0 && info.uid !== user) {
    throw new Unavailable(
      'admin token',
      `The admin token ${path} belongs to another user: remove it and start again.`,
    );
  }
  if ((info.mode & FOREIGN_BITS) !== 0) {
    fchmodSync(fd, 0o600);
    notices.push(
      `The admin token ${path} could be read by other users; now only its owner can. Someone may know it: ` +
        'delete the file and start again to get a new one.',
    );
  }
  const token = readFileSync(fd, 'utf8').trim();
  if (TOKEN.test(token)) return token;
  throw new Unavailable(
    'admin token',
    `The file ${path} does not hold an admin token: delete it and start the gateway again to get a new one.`,
  );
}

/**
 * Loads the admin token, making one of 256 random bits on the first start.
 *
 * Errors: Unavailable when the file cannot be written or read, or does not hold a token.
 */
export function loadAdminToken(dataDir: string): AdminToken {
  const path = tokenPath(dataDir);
  const notices: string[] = [];
  let fd = openToken(path);
  if (fd === null) {
    try {
      mkdirSync(dataDir, { recursive: true, mode: 0o700 });
      createToken(path);
    } catch (error) {
      throw new Unavailable(
        'admin token',
        `The admin token ${path} cannot be written: give this user the right to write the folder.`,
        { cause: error },
      );
    }
    fd = openToken(path);
  }
  if (fd === null) throw new Unavailable('admin token', `The admin token ${path} vanished: start again.`);
  try {
    return { token: readToken(fd, path, notices), path, notices };
  } finally {
    closeSync(fd);
  }
}

/** Reads the admin token of a gateway, for its clients; Unavailable when there is none. */
export function readAdminToken(dataDir: string): string {
  const path = tokenPath(dataDir);
  const fd = openToken(path);
  if (fd === null) {
    throw new Unavailable(
      'admin token',
      `There is no admin token at ${path}: start the gateway with \`portcullis run\`, or name its data folder.`,
    );
  }
  try {
    return readToken(fd, path, []);
  } finally {
    closeSync(fd);
  }
}

/** Makes a comparison with the token that takes the same time whatever is offered. */
export function tokenMatcher(token: string): (offered: string) => boolean {
  const key = randomBytes(32);
  const digest = (text: string) => createHmac('sha256', key).update(text).digest();
  const expected = digest(token);
  return (offered) => timingSafeEqual(digest(offered), expected);
}
