import { rename, rm, stat } from 'node:fs/promises';

/** What came of looking whether the journal must begin a new file. */
export interface Rotated {
  /** Whether the threads must reopen it. */
  readonly isMoved: boolean;
  /** Why it could not be moved; '' when nothing kept it. */
  readonly problem: string;
}

/** Moves full journal files out of the way: `journal.jsonl` becomes `.1`, `.1` becomes `.2`, the oldest goes. */
export class JournalRotation {
  readonly #path: string;
  readonly #maxBytes: number;
  readonly #keepFiles: number;
  #running: Promise<Rotated> | null = null;

  constructor(path: string, maxBytes: number, keepFiles: number) {
    this.#path = path;
    this.#maxBytes = maxBytes;
    this.#keepFiles = keepFiles;
  }

  /** Rotates when the file is still full. Never rejects. */
  rotate(): Promise<Rotated> {
    this.#running ??= this.#rotate()
      .catch((error: Error) => ({
        isMoved: false,
        problem: `The full journal ${this.#path} cannot be moved away, so it grows on: ${error.message}.`,
      }))
      .finally(() => {
        this.#running = null;
      });
    return this.#running;
  }

  async #rotate(): Promise<Rotated> {
    // Several threads notice a full file; the first notice moves it, and a while there may be no new one.
    if ((await sizeOf(this.#path)) < this.#maxBytes) return { isMoved: false, problem: '' };
    await rm(`${this.#path}.${this.#keepFiles}`, { force: true });
    for (let n = this.#keepFiles - 1; n >= 1; n--) {
      await moveIfThere(`${this.#path}.${n}`, `${this.#path}.${n + 1}`);
    }
    await rename(this.#path, `${this.#path}.1`);
    return { isMoved: true, problem: '' };
  }
}

/** 0 when there is no such file. */
async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0;
    throw error;
  }
}

/** Safety: anything but a missing file stops the rotation, or the next file would be written over this one. */
async function moveIfThere(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
