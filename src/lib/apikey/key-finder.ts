import { type ParsedApiKey, parseApiKey, shownPrefix } from './key-format.ts';

/** A key that stands in some text. */
export interface FoundKey extends ParsedApiKey {
  /** The whole key: must not be shown. */
  readonly key: string;
  /** The first eight characters. */
  readonly shown: string;
  /** Counted from 1. */
  readonly line: number;
}

const UNDERSCORE = 0x5f;
const LF = 0x0a;
const WIDE_UNDERSCORE = Buffer.from([0, UNDERSCORE, 0]);
const ALNUM = new Uint8Array(256);
for (let code = 0x30; code <= 0x39; code++) ALNUM[code] = 1;
for (let code = 0x41; code <= 0x5a; code++) ALNUM[code] = ALNUM[code + 0x20] = 1;

const [MIN_ID, MAX_ID, MIN_SECRET, MAX_SECRET, CHECKSUM] = [12, 32, 27, 64, 6];
const [MIN_PREFIX, MAX_PREFIX] = [2, 8];
/** More than the longest key. */
const CARRY_BYTES = 128;
const MAX_TOLD = 10_000;

/**
 * Finds API keys in bytes that come in pieces, by form and checksum alone.
 *
 * Shape: a key that stands twice in a line is told once. Text of any encoding that keeps ASCII, and UTF-16, whose zero bytes are taken out. What is compressed,
 * encrypted or encoded otherwise holds nothing that can be found.
 * Cost: one pass over the bytes, two where there is text of UTF-16; the checksum is computed where three runs of letters and
 * digits have the lengths of a key.
 */
export class KeyFinder {
  #carry = Buffer.alloc(0);
  /** Lines before the carried bytes. */
  #lines = 0;
  readonly #onFound: (found: FoundKey) => void;
  /** What was told lately: a key in the carried bytes is seen again. */
  readonly #told = new Set<string>();

  constructor(onFound: (found: FoundKey) => void) {
    this.#onFound = onFound;
  }

  /** Looks through a piece; a key that it cuts off at its end is found with the next one. */
  push(piece: Buffer): void {
    const bytes = this.#carry.length === 0 ? piece : Buffer.concat([this.#carry, piece]);
    const keptFrom = Math.max(0, bytes.length - CARRY_BYTES);
    this.#scan(bytes);
    if (hasWideText(bytes)) this.#scan(withoutZeros(bytes));
    for (let i = bytes.indexOf(LF); i >= 0 && i < keptFrom; i = bytes.indexOf(LF, i + 1)) this.#lines++;
    this.#carry = Buffer.from(bytes.subarray(keptFrom));
  }

  #scan(bytes: Buffer): void {
    let line = this.#lines + 1;
    // Lengths of the runs of letters and digits that the last underscores stand between, and of the one under way.
    let before = -1;
    let id = -1;
    let run = 0;
    for (let i = 0; i < bytes.length; i++) {
      const byte = bytes[i] as number;
      if (ALNUM[byte] === 1) {
        run++;
        continue;
      }
      if (byte === UNDERSCORE) {
        if (run >= MIN_SECRET && run <= MAX_SECRET && id >= MIN_ID && id <= MAX_ID && before >= MIN_PREFIX)
          this.#examine(bytes, i, before, id + run + 2, line);
        before = id;
        id = run;
      } else {
        before = -1;
        id = -1;
        if (byte === LF) line++;
      }
      run = 0;
    }
  }

  /** Judges what has the lengths of a key; `end` is the underscore before the checksum. */
  #examine(bytes: Buffer, end: number, before: number, middle: number, line: number): void {
    const prefixEnd = end - middle;
    // Other letters and digits may stand right before a prefix; the checksum tells where it begins.
    for (let length = MIN_PREFIX; length <= Math.min(before, MAX_PREFIX); length++) {
      const key = bytes.toString('latin1', prefixEnd - length, end + 1 + CHECKSUM);
      const parsed = parseApiKey(key);
      if (parsed === null) continue;
      const place = `${key} ${line}`;
      if (this.#told.has(place)) return;
      if (this.#told.size >= MAX_TOLD) this.#told.clear();
      this.#told.add(place);
      return this.#onFound({ ...parsed, key, shown: shownPrefix(key), line });
    }
  }
}

/** Whether letters or digits stand around an underscore, each as two bytes: UTF-16 of either order. */
function hasWideText(bytes: Buffer): boolean {
  for (let i = bytes.indexOf(WIDE_UNDERSCORE); i >= 0; i = bytes.indexOf(WIDE_UNDERSCORE, i + 1)) {
    if (ALNUM[bytes[i - 1] ?? 0] === 1 && ALNUM[bytes[i + 3] ?? 0] === 1) return true;
  }
  return false;
}

function withoutZeros(bytes: Buffer): Buffer {
  const kept = Buffer.allocUnsafe(bytes.length);
  let length = 0;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] as number;
    if (byte !== 0) kept[length++] = byte;
  }
  return kept.subarray(0, length);
}

/** The keys in a text. */
export function findKeys(text: string): FoundKey[] {
  const found: FoundKey[] = [];
  new KeyFinder((key) => found.push(key)).push(Buffer.from(text, 'utf8'));
  return found;
}
