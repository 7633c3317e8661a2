import { close, fstat, open, write, writeSync } from 'node:fs';

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
const FLUSH_BYTES = 128 * 1024;
/** Unwritten text that is held while the disk is full, in characters. */
const MAX_HELD = 8 * 1024 * 1024;
const RETRY_MS = 1_000;
/** Owner reads and writes, group reads: the journal tells who asked for what. */
const FILE_MODE = 0o640;

/**
 * Appends records to a file shared with other threads: whole lines per write, so that lines never mix (O_APPEND).
 *
 * Errors: never throws. What cannot be written is held and tried again; beyond a bound `canAccept` says no, or, when
 * the operator chose so, records are counted as dropped.
 */
export class Journal {
  settings: JournalSettings;
  dropped = 0;
  written = 0;
  readonly #events: JournalEvents;
  #fd = -1;
  #held: string[] = [];
  #heldLength = 0;
  /** What a write left over, to be finished before anything else. */
  #rest: Buffer | null = null;
  #isWriting = false;
  #timer: NodeJS.Timeout | null = null;
  #problem = '';
  #reopen = false;
  #idle: (() => void)[] = [];

  constructor(settings: JournalSettings, events: JournalEvents) {
    this.settings = settings;
    this.#events = events;
  }

  /** Whether a request may be let in, as far as its record is concerned. */
  get canAccept(): boolean {
    return this.#heldLength < MAX_HELD || !this.settings.refuses;
  }

  append(line: string): void {
    if (this.#heldLength >= MAX_HELD && !this.settings.refuses) {
      this.dropped++;
      return;
    }
    this.#held.push(line);
    this.#heldLength += line.length;
    if (this.#isWriting) return;
    if (this.#problem === '' && this.#heldLength >= FLUSH_BYTES) this.#flush();
    else this.#timer ??= setTimeout(() => this.#flush(), this.#problem === '' ? FLUSH_MS : RETRY_MS);
  }

  /** Writes to the file that the path names now, after a rotation. */
  reopen(): void {
    this.#reopen = true;
  }

  /** Resolves when everything appended so far is written, or at once while writing fails. */
  drain(): Promise<void> {
    if (!this.#isWriting && this.#heldLength > 0 && this.#problem === '') this.#flush();
    if (!this.#isWriting) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  /** Last resort when the thread dies: writes what is held without waiting. */
  flushNow(): void {
    if (this.#fd < 0) return;
    try {
      writeSync(this.#fd, Buffer.concat([this.#rest ?? Buffer.alloc(0), Buffer.from(this.#held.join(''))]));
      this.#held = [];
      this.#rest = null;
      this.#heldLength = 0;
    } catch {
      // The disk refuses, and there is nobody left to tell.
    }
  }

  #flush(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#isWriting) return;
    this.#isWriting = true;
    if (this.#fd >= 0 && !this.#reopen) return this.#write();
    if (this.#fd >= 0) close(this.#fd, () => {});
    this.#fd = -1;
    this.#reopen = false;
    open(this.settings.path, 'a', FILE_MODE, (error, fd) => {
      if (error !== null) return this.#failed(error);
      this.#fd = fd;
      this.#write();
    });
  }

  #write(): void {
    if (this.#rest === null) {
      this.#rest = Buffer.from(this.#held.join(''));
      this.written += this.#held.length;
      this.#held = [];
    }
    const buffer = this.#rest;
    write(this.#fd, buffer, 0, buffer.length, null, (error, bytes) => {
      if (error !== null) return this.#failed(error);
      if (bytes < buffer.length) {
        this.#rest = buffer.subarray(bytes);
        return this.#write();
      }
      this.#rest = null;
      this.#heldLength = this.#held.reduce((sum, line) => sum + line.length, 0);
      this.#succeeded();
    });
  }

  #succeeded(): void {
    this.#isWriting = false;
    this.#report('');
    fstat(this.#fd, (error, stat) => {
      if (error === null && stat.isFile() && stat.size >= this.settings.maxBytes) this.#events.onFull();
    });
    if (this.#heldLength > 0) this.#timer ??= setTimeout(() => this.#flush(), FLUSH_MS);
    else this.#wake();
  }

  #failed(error: NodeJS.ErrnoException): void {
    this.#isWriting = false;
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

  #wake(): void {
    const idle = this.#idle;
    this.#idle = [];
    for (const resolve of idle) resolve();
  }
}
