import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  opendirSync,
  openSync,
  readSync,
  realpathSync,
} from 'node:fs';
import { join } from 'node:path';
import { type FoundKey, KeyFinder } from '../lib/apikey/key-finder.ts';

const CHUNK_BYTES = 1_048_576;
const MAX_FILES = 2_000_000;
const MAX_DEPTH = 200;

/** A key in a file. */
export interface KeyPlace extends FoundKey {
  /** Path of the file, as it was reached. */
  readonly file: string;
}

/** What a scan came to. */
export interface ScanResult {
  readonly places: readonly KeyPlace[];
  readonly files: number;
  readonly bytes: number;
  /** Links, sockets, devices, and the compressed objects of git: not looked into. */
  readonly skipped: number;
  /** Why parts of the tree were not looked at, as sentences. */
  readonly faults: readonly string[];
}

const RETRY_MS = 10;
/** Nobody ever wakes who waits here. */
const NOBODY = new Int32Array(new SharedArrayBuffer(4));

/** Reads what there is, waiting for a writer where the descriptor itself does not; 0 at the end. */
function readSome(fd: number, chunk: Buffer): number {
  for (;;) {
    try {
      return readSync(fd, chunk, 0, chunk.length, null);
    } catch (error) {
      // Whoever holds the other end of standard input may have set it so, and be slow to begin.
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      Atomics.wait(NOBODY, 0, 0, RETRY_MS);
    }
  }
}

/**
 * Looks for API keys in a file or in all files below a folder.
 *
 * Safety: links are not followed, so that the walk stays inside of the tree and ends; pipes and devices are not opened.
 * What could not be read is told: a scan that saw half must not look like one that found nothing.
 */
export class KeyScan {
  readonly #chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  readonly #places: KeyPlace[] = [];
  readonly #faults: string[] = [];
  #files = 0;
  #bytes = 0;
  #skipped = 0;

  get result(): ScanResult {
    return {
      places: this.#places,
      files: this.#files,
      bytes: this.#bytes,
      skipped: this.#skipped,
      faults: this.#faults,
    };
  }

  /** Looks through what a path names. */
  scan(path: string): void {
    // A link that was named is meant; links inside are not followed.
    const isLink = lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
    const pending: { path: string; depth: number }[] = [
      { path: isLink ? realpathSync(path) : path, depth: 0 },
    ];
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      if (this.#files >= MAX_FILES) {
        this.#faults.push(`More than ${MAX_FILES} files: the rest was not looked at.`);
        return;
      }
      const { depth } = next;
      if (depth > MAX_DEPTH) this.#faults.push(`${next.path} is more than ${MAX_DEPTH} folders deep.`);
      else for (const inner of this.#look(next.path)) pending.push({ path: inner, depth: depth + 1 });
    }
  }

  /** Looks through what an open file descriptor gives, such as standard input. */
  scanOpen(fd: number, name: string): void {
    const finder = new KeyFinder((found) => this.#places.push({ ...found, file: name }));
    this.#files++;
    for (;;) {
      const length = readSome(fd, this.#chunk);
      if (length === 0) return;
      this.#bytes += length;
      finder.push(this.#chunk.subarray(0, length));
    }
  }

  /** Scans a file; returns the entries of a folder that are to be looked at. */
  #look(path: string): string[] {
    let fd: number;
    try {
      // Without waiting for a writer at the other end of a pipe.
      fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code === 'ELOOP' || code === 'ENXIO') this.#skipped++;
      else this.#faults.push(`${path} cannot be read: ${message}.`);
      return [];
    }
    try {
      const info = fstatSync(fd);
      if (info.isDirectory()) return this.#entriesOf(path);
      if (info.isFile()) this.scanOpen(fd, path);
      else this.#skipped++;
    } catch (error) {
      this.#faults.push(`${path} cannot be read: ${(error as Error).message}.`);
    } finally {
      closeSync(fd);
    }
    return [];
  }

  #entriesOf(path: string): string[] {
    const names: string[] = [];
    const folder = opendirSync(path);
    try {
      for (let entry = folder.readSync(); entry !== null; entry = folder.readSync()) {
        const isPacked = entry.name === 'objects' && (path === '.git' || path.endsWith('/.git'));
        if (entry.isSymbolicLink() || isPacked) this.#skipped++;
        else names.push(entry.name);
      }
    } finally {
      folder.closeSync();
    }
    // Popped from the end: in the order of names.
    return names
      .sort()
      .reverse()
      .map((name) => join(path, name));
  }
}
