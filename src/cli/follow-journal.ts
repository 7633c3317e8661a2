import { statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { parseJournalRecord } from '../core/journal-record.ts';

/** What follows a file until it is closed. */
export interface Follower {
  /** Resolves when what was written so far has been told. */
  close(): Promise<void>;
}

type Json = Readonly<Record<string, unknown>>;

const POLL_MS = 150;
const CHUNK_BYTES = 256 * 1024;

/** Calls back for each record that is appended to a journal from now on, through rotations. */
export function followJournal(path: string, onRecord: (record: Json) => void): Follower {
  const tail = new Tail(path, onRecord);
  let last = Promise.resolve();
  const timer = setInterval(() => {
    last = last.then(() => tail.read());
  }, POLL_MS);
  timer.unref();
  return {
    close: async () => {
      clearInterval(timer);
      await last;
      await tail.read();
    },
  };
}

class Tail {
  readonly #path: string;
  readonly #onRecord: (record: Json) => void;
  readonly #chunk = Buffer.alloc(CHUNK_BYTES);
  #inode = 0;
  #offset = 0;
  /** The beginning of a line whose end is not written yet. */
  #rest = Buffer.alloc(0);

  constructor(path: string, onRecord: (record: Json) => void) {
    this.#path = path;
    this.#onRecord = onRecord;
    const info = statSync(path, { throwIfNoEntry: false });
    this.#inode = info?.ino ?? 0;
    this.#offset = info?.size ?? 0;
  }

  async read(): Promise<void> {
    const file = await open(this.#path).catch(() => null);
    if (file === null) return;
    try {
      const { ino, size } = await file.stat();
      if (ino !== this.#inode || size < this.#offset) {
        this.#inode = ino;
        this.#offset = 0;
        this.#rest = Buffer.alloc(0);
      }
      while (this.#offset < size) {
        const { bytesRead } = await file.read(this.#chunk, 0, CHUNK_BYTES, this.#offset);
        if (bytesRead === 0) return;
        this.#offset += bytesRead;
        this.#take(this.#chunk.subarray(0, bytesRead));
      }
    } catch {
      // The next round tries again: a journal that cannot be read now is not worth ending a gateway for.
    } finally {
      await file.close();
    }
  }

  #take(bytes: Buffer): void {
    const text = Buffer.concat([this.#rest, bytes]);
    const end = text.lastIndexOf(10) + 1;
    this.#rest = Buffer.from(text.subarray(end));
    for (const line of text.subarray(0, end).toString('utf8').split('\n')) {
      const record = line === '' ? null : parseJournalRecord(line);
      if (record !== null) this.#onRecord(record);
    }
  }
}
