import { rename, rm, stat } from 'node:fs/promises';

/** Moves full journal files out of the way: `journal.jsonl` becomes `.1`, `.1` becomes `.2`, the oldest goes. */
export class JournalRotation {
  readonly #path: string;
  readonly #maxBytes: number;
  readonly #keepFiles: number;
  #running: Promise<boolean> | null = null;

  constructor(path: string, maxBytes: number, keepFiles: number) {
    this.#path = path;
    this.#maxBytes = maxBytes;
    this.#keepFiles = keepFiles;
  }

  /** Rotates when the file is still full; resolves to whether the threads must reopen it. Never rejects. */
  rotate(): Promise<boolean> {
    this.#running ??= this.#rotate()
      .catch(() => false)
      .finally(() => {
        this.#running = null;
      });
    return this.#running;
  }

  async #rotate(): Promise<boolean> {
    const { size } = await stat(this.#path);
    // Several threads notice a full file; the first notice moves it.
    if (size < this.#maxBytes) return false;
    await rm(`${this.#path}.${this.#keepFiles}`, { force: true });
    for (let n = this.#keepFiles - 1; n >= 1; n--) {
      await rename(`${this.#path}.${n}`, `${this.#path}.${n + 1}`).catch(() => {});
    }
    await rename(this.#path, `${this.#path}.1`);
    return true;
  }
}
