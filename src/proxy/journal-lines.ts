import { close, type NoParamCallback, write } from 'node:fs';
import { JournalBatch } from './journal-batch.ts';
import { CutLine, openJournal } from './journal-mend.ts';

const IGNORE: NoParamCallback = () => {};

/** How often what is left after a failure is tried again. */
const RETRY_MS = 1_000;

/**
 * Appends a line now and then to the journal that the threads write. It is opened for each, so that it may be moved away.
 *
 * Errors: `append` rejects when the line could not be written, as on a full disk. Half of it may then stand in the file;
 * it is ended as soon as there is space, and what another thread wrote behind it is written again. Appended again, the
 * line may be there twice.
 */
export class JournalLines {
  readonly #path: string;
  /** Half a line behind which nobody has looked yet. */
  #cut: CutLine | null = null;
  /** Records of others that stood behind such halves, to be written again. */
  readonly #again: JournalBatch[] = [];
  #turn: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | null = null;

  constructor(path: string) {
    this.#path = path;
  }

  /** Appends a line with its line end, after those before it. */
  append(line: string): Promise<void> {
    const done = this.#turn.then(() => this.#append(line));
    this.#turn = done.catch(() => {
      this.#timer ??= setTimeout(() => this.#tryAgain(), RETRY_MS).unref();
    });
    return done;
  }

  #tryAgain(): void {
    this.#timer = null;
    this.append('').catch(() => {});
  }

  async #append(line: string): Promise<void> {
    // A file that was deleted takes space for as long as it is open.
    if (this.#cut?.isDeleted === true) {
      this.#cut.close();
      this.#cut = null;
    }
    if (line !== '') await this.#write(batchOf(Buffer.from(line).toString('latin1')));
    else if (this.#cut !== null) await this.#write(batchOf('\n'));
    for (let batch = this.#again[0]; batch !== undefined; batch = this.#again[0]) {
      await this.#write(batch);
      this.#again.shift();
    }
  }

  async #write(batch: JournalBatch): Promise<void> {
    if (this.#cut !== null) batch.startOnOwnLine();
    while (batch.bytes.length > 0) {
      const { fd, isFile } = await opened(this.#path);
      const count = await written(fd, batch.bytes).catch((error: Error) => {
        close(fd, IGNORE);
        throw error;
      });
      // What follows half a line begins with a line end, so that the half is now closed.
      if (count > 0) this.#mend();
      const record = batch.cutAt(count);
      batch.written(count);
      if (record !== null && isFile) this.#cut = new CutLine(fd, record);
      else close(fd, IGNORE);
    }
  }

  #mend(): void {
    const lines = this.#cut?.mend() ?? '';
    this.#cut = null;
    if (lines !== '') this.#again.push(batchOf(lines));
  }
}

function batchOf(text: string): JournalBatch {
  const batch = new JournalBatch(text.length);
  batch.add(text);
  return batch;
}

function opened(path: string): Promise<{ fd: number; isFile: boolean }> {
  return new Promise((resolve, reject) => {
    openJournal(path, (error, fd, isFile) => (error === null ? resolve({ fd, isFile }) : reject(error)));
  });
}

/** Resolves to how many bytes were written. */
function written(fd: number, bytes: Buffer): Promise<number> {
  return new Promise((resolve, reject) => {
    write(fd, bytes, (error, count) => (error === null ? resolve(count) : reject(error)));
  });
}
