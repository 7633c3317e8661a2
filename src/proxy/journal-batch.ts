/** Room of a batch, unless a single line needs more. */
export const BATCH_BYTES = 256 * 1024;

const LINE_FEED = 0x0a;
const NEW_LINE = Buffer.from('\n');

/**
 * Whole lines that are written to the journal together.
 *
 * Cost: the room of a batch is used again, so that its memory stays warm and is never cleared.
 */
export class JournalBatch {
  /** Lines of which nothing is lost. */
  lines = 0;
  /** Size of the line that was added last. */
  lastBytes = 0;
  readonly #room: Buffer;
  #end = 0;
  #bytes: Buffer | null = null;

  /** Has room for a line of so many characters at least. */
  constructor(characters: number) {
    this.#room = Buffer.allocUnsafeSlow(Math.max(BATCH_BYTES, characters));
  }

  /** What is left to write. */
  get bytes(): Buffer {
    return this.#bytes ?? this.#room.subarray(0, this.#end);
  }

  get isReusable(): boolean {
    return this.#room.length === BATCH_BYTES;
  }

  reset(): void {
    this.lines = 0;
    this.#end = 0;
    this.#bytes = null;
  }

  /**
   * Adds a line of ASCII; false when there is no room for it, or part of the batch has been written.
   *
   * Cost: the encoding of bytes is the one that reads a text of many pieces without making it one first.
   */
  add(line: string): boolean {
    if (this.#bytes !== null || this.#end + line.length > this.#room.length) return false;
    this.lastBytes = this.#room.write(line, this.#end, 'latin1');
    this.#end += this.lastBytes;
    this.lines++;
    return true;
  }

  /**
   * What `count` bytes leave of a line that they end in: null when they end with a line, the line when only its line end
   * is missing, else ''.
   */
  cutAt(count: number): string | null {
    const { bytes } = this;
    const start = startOfLine(bytes, count);
    if (start === count) return null;
    return bytes[count] === LINE_FEED ? bytes.toString('latin1', start, count) : '';
  }

  /**
   * Takes note that `count` bytes were written; returns by how much what is left to write has grown, mostly less than 0.
   *
   * Safety: when a line was cut, half of it stays in the file, as the disk left it; it is written once more, whole and on
   * a line of its own, unless only its line end is missing.
   */
  written(count: number): number {
    const before = this.bytes;
    const start = startOfLine(before, count);
    const isWhole = start === count || before[count] === LINE_FEED;
    this.#bytes = isWhole ? before.subarray(count) : Buffer.concat([NEW_LINE, before.subarray(start)]);
    return this.#bytes.length - before.length;
  }

  /** Puts a line end before the first line; returns the bytes that this adds. */
  startOnOwnLine(): number {
    if (this.bytes[0] === LINE_FEED) return 0;
    this.#bytes = Buffer.concat([NEW_LINE, this.bytes]);
    return 1;
  }
}

/** Where the line begins that the first `count` bytes end in. */
function startOfLine(bytes: Buffer, count: number): number {
  return count === 0 ? 0 : bytes.lastIndexOf(LINE_FEED, count - 1) + 1;
}
