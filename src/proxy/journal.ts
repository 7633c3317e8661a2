import { close, closeSync, fstat, openSync, write, writeSync } from 'node:fs';
import { BATCH_BYTES, JournalBatch } from './journal-batch.ts';
import { CutLine, JOURNAL_MODE, openJournal } from './journal-mend.ts';

/** How the journal is doing, told when it changes. */
export interface JournalEvents {
  /** '' when writing works again, else a sentence. */
  onProblem(sentence: string): void;
  /** The file has reached its size: the control plane rotates it and tells the threads to reopen. */
  onFull(): void;
}

export interface JournalSettings {
  readonly path: string;
  readonly maxBytes: number;
  /** Whether requests are refused while records cannot be written. */
  readonly refuses: boolean;
}

const FLUSH_MS = 50;
/** Unwritten bytes that are held while the disk is full. */
const MAX_HELD = 8 * 1024 * 1024;
/** What is held beyond that of requests that were let in before. */
const RESERVE = 8 * 1024 * 1024;
const RETRY_MS = 1_000;
/** How often a full file is told of at most. */
const FULL_MS = 1_000;

/**
 * Appends records to a file shared with other threads: whole lines per write, so that lines never mix (O_APPEND).
 *
 * Safety: a write that a full disk cuts short leaves half a line; its record is written again on a line of its own, and so
 * is the record of another thread that was written behind the half, see journal-mend.ts.
 * Cost: a process that is killed without warning takes the records of its last 50 ms with it.
 * Errors: never throws. What cannot be written is held and tried again; beyond a bound `canAccept` says no, or, when
 * the operator chose so, records are counted as dropped.
 */
export class Journal {
  settings: JournalSettings;
  dropped = 0;
  written = 0;
  readonly #events: JournalEvents;
  #fd = -1;
  /** Whether the file is a regular one, whose lines can be mended. */
  #isFile = false;
  /** Half a line of this journal behind which nobody has looked yet. */
  #cut: CutLine | null = null;
  /** What is not written yet, the oldest first; the first may be being written, and then takes no more. */
  readonly #batches: JournalBatch[] = [];
  /** A batch whose bytes were written, to be used again. */
  #spare: JournalBatch | null = null;
  /** Size of all that is not written yet. */
  #heldBytes = 0;
  #isWriting = false;
  #timer: NodeJS.Timeout | null = null;
  #problem = '';
  #mustReopen = false;
  #fullToldMs = 0;
  #idle: (() => void)[] = [];

  constructor(settings: JournalSettings, events: JournalEvents) {
    this.settings = settings;
    this.#events = events;
  }

  /** Whether a request may be let in, as far as its record is concerned. */
  get canAccept(): boolean {
    return this.#heldBytes < MAX_HELD || !this.settings.refuses;
  }

  /** Takes a record; `isSpare` says that it is of a request that was not let in, for which no room is reserved. */
  append(line: string, isSpare = false): void {
    const mostHeld = isSpare || !this.settings.refuses ? MAX_HELD : MAX_HELD + RESERVE;
    if (this.#heldBytes >= mostHeld) {
      this.dropped++;
      if (this.#problem === '') this.#report(`The journal ${this.settings.path} is not written fast enough.`);
      return;
    }
    let batch = this.#lastBatch();
    const isFull = !batch.add(line);
    if (isFull) {
      batch = this.#startBatch(line.length);
      batch.add(line);
    }
    this.#heldBytes += batch.lastBytes;
    if (this.#isWriting) return;
    if (this.#problem === '' && isFull) this.#flush();
    else this.#timer ??= setTimeout(() => this.#flush(), this.#problem === '' ? FLUSH_MS : RETRY_MS);
  }

  #lastBatch(): JournalBatch {
    const last = this.#batches.at(-1);
    return last === undefined || (this.#isWriting && this.#batches.length === 1) ? this.#startBatch(0) : last;
  }

  #startBatch(characters: number): JournalBatch {
    const isLarge = characters > BATCH_BYTES;
    const batch = isLarge || this.#spare === null ? new JournalBatch(characters) : this.#spare;
    if (batch === this.#spare) this.#spare = null;
    this.#batches.push(batch);
    return batch;
  }

  /** Writes to the file that the path names now, after a rotation. */
  reopen(): void {
    this.#mustReopen = true;
    // A file that was deleted meanwhile takes space for as long as it is open.
    if (!this.#isWriting) this.#closeFile();
  }

  /** Resolves when everything appended so far is written, or could not be. */
  drain(): Promise<void> {
    if (this.#heldBytes === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#idle.push(resolve);
      this.#flush();
    });
  }

  /**
   * Last resort when the thread dies: writes what is held without waiting.
   *
   * Safety: a batch that is under way at this moment may be written twice; to leave it out might lose it.
   */
  flushNow(): void {
    if (this.#heldBytes === 0) return;
    try {
      const fd = this.#fd < 0 ? openSync(this.settings.path, 'a', JOURNAL_MODE) : this.#fd;
      for (const batch of this.#batches) {
        while (batch.bytes.length > 0) batch.written(writeSync(fd, batch.bytes));
      }
      const again = this.#cut?.mend() ?? '';
      if (again !== '') writeSync(fd, again, null, 'latin1');
      this.#batches.length = 0;
      this.#heldBytes = 0;
      if (this.#fd < 0) closeSync(fd);
    } catch {
      // The disk refuses, and there is nobody left to tell.
    }
  }

  #flush(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#isWriting || this.#heldBytes === 0) return;
    this.#isWriting = true;
    if (this.#mustReopen) this.#closeFile();
    this.#mustReopen = false;
    this.#openAndWrite();
  }

  #openAndWrite(): void {
    if (this.#fd >= 0) return this.#write();
    openJournal(this.settings.path, (error, fd, isFile) => {
      if (error !== null) return this.#failed(error);
      this.#fd = fd;
      this.#isFile = isFile;
      this.#write();
    });
  }

  #write(): void {
    const batch = this.#batches[0] as JournalBatch;
    const { bytes } = batch;
    write(this.#fd, bytes, 0, bytes.length, null, (error, count) => {
      if (error !== null) return this.#failed(error);
      // What follows half a line begins with a line end, so that the half is now closed.
      if (this.#cut !== null && count > 0) this.#mend(this.#cut);
      const isWhole = count === bytes.length;
      if (!isWhole) this.#noteCut(batch.cutAt(count));
      this.#heldBytes += batch.written(count);
      if (!isWhole) return this.#openAndWrite();
      this.#batches.shift();
      this.written += batch.lines;
      if (batch.isReusable) {
        batch.reset();
        this.#spare = batch;
      }
      this.#succeeded();
    });
  }

  /** Leaves the file open where half a line ends, and writes to it anew. */
  #noteCut(record: string | null): void {
    if (record === null || !this.#isFile) return;
    this.#cut = new CutLine(this.#fd, record);
    this.#fd = -1;
  }

  #mend(cut: CutLine): void {
    this.#cut = null;
    const lines = cut.mend();
    if (lines === '') return;
    const batch = this.#startBatch(lines.length);
    batch.add(lines);
    // They count where they were accepted.
    batch.lines = 0;
    this.#heldBytes += batch.lastBytes;
  }

  #succeeded(): void {
    this.#isWriting = false;
    if (this.#heldBytes < MAX_HELD) this.#report('');
    this.#watchSize();
    if (this.#heldBytes === 0) this.#wake();
    else if (this.#batches.length > 1 || this.#idle.length > 0) this.#flush();
    else this.#timer ??= setTimeout(() => this.#flush(), FLUSH_MS);
  }

  #watchSize(): void {
    fstat(this.#fd, (error, stat) => {
      if (error !== null || !stat.isFile() || stat.size < this.settings.maxBytes) return;
      const nowMs = performance.now();
      if (nowMs - this.#fullToldMs < FULL_MS) return;
      this.#fullToldMs = nowMs;
      this.#events.onFull();
    });
  }

  #failed(error: NodeJS.ErrnoException): void {
    this.#isWriting = false;
    // The path may name another file by the next attempt: one on a disk with space.
    this.#mustReopen = true;
    // Another thread may have left half a line at the end of the file: this must not become part of it.
    this.#heldBytes += this.#batches[0]?.startOnOwnLine() ?? 0;
    const why = error.code === 'ENOSPC' ? 'the disk is full' : error.message;
    this.#report(`The journal ${this.settings.path} cannot be written: ${why}.`);
    this.#timer ??= setTimeout(() => this.#flush(), RETRY_MS);
    this.#wake();
  }

  #report(problem: string): void {
    if (problem === this.#problem) return;
    this.#problem = problem;
    this.#events.onProblem(problem);
  }

  #closeFile(): void {
    if (this.#fd >= 0) close(this.#fd, () => {});
    this.#fd = -1;
    if (this.#cut?.isDeleted !== true) return;
    this.#cut.close();
    this.#cut = null;
  }

  #wake(): void {
    const idle = this.#idle;
    this.#idle = [];
    for (const resolve of idle) resolve();
  }
}
