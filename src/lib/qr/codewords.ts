import { errorCorrection } from './reed-solomon.ts';

/** Error correction of level M, by version: codewords per block, and blocks (ISO/IEC 18004, table 9). */
const LEVEL_M: readonly (readonly [perBlock: number, blocks: number])[] = [
  [10, 1],
  [16, 1],
  [26, 1],
  [18, 2],
  [24, 2],
  [16, 4],
  [18, 4],
  [22, 4],
  [22, 5],
  [26, 5],
  [30, 5],
  [22, 8],
  [22, 9],
  [24, 9],
  [24, 10],
];
const BYTE_MODE = 0b0100;
const PADDING = [0xec, 0x11];

/** Modules of a symbol that hold codewords. */
function dataModules(version: number): number {
  const square = (16 * version + 128) * version + 64;
  if (version === 1) return square;
  const alignments = Math.floor(version / 7) + 2;
  const withoutPatterns = square - ((25 * alignments - 10) * alignments - 55);
  return version < 7 ? withoutPatterns : withoutPatterns - 36;
}

interface Layout {
  readonly version: number;
  readonly total: number;
  readonly perBlock: number;
  readonly blocks: number;
}

/** The smallest version that holds so many bytes; null when none of those up to 15 does. */
function layoutFor(bytes: number): Layout | null {
  for (const [index, [perBlock, blocks]] of LEVEL_M.entries()) {
    const version = index + 1;
    const total = dataModules(version) >> 3;
    const capacity = total - perBlock * blocks;
    const headBits = 4 + (version < 10 ? 8 : 16);
    if (8 * bytes + headBits <= 8 * capacity) return { version, total, perBlock, blocks };
  }
  return null;
}

/** Mode, length, bytes, terminator and padding. */
function dataCodewords(bytes: Uint8Array, { version, total, perBlock, blocks }: Layout): Uint8Array {
  const capacity = total - perBlock * blocks;
  const bits: number[] = [];
  const append = (value: number, count: number): void => {
    for (let bit = count - 1; bit >= 0; bit--) bits.push((value >> bit) & 1);
  };
  append(BYTE_MODE, 4);
  append(bytes.length, version < 10 ? 8 : 16);
  for (const byte of bytes) append(byte, 8);
  append(0, Math.min(4, 8 * capacity - bits.length));
  append(0, (8 - (bits.length % 8)) % 8);
  for (let at = 0; bits.length < 8 * capacity; at++) append(PADDING[at % 2] as number, 8);
  const codewords = new Uint8Array(capacity);
  bits.forEach((bit, at) => {
    codewords[at >> 3] = ((codewords[at >> 3] as number) << 1) | bit;
  });
  return codewords;
}

/** Takes one codeword of each block in turn, first of the data, then of the correction. */
function interleave(data: Uint8Array, { total, perBlock, blocks }: Layout): Uint8Array {
  const short = Math.floor(data.length / blocks);
  const longBlocks = data.length % blocks;
  const parts: Uint8Array[] = [];
  for (let block = 0, from = 0; block < blocks; block++) {
    const length = short + (block >= blocks - longBlocks ? 1 : 0);
    parts.push(data.subarray(from, from + length));
    from += length;
  }
  const corrections = parts.map((part) => errorCorrection(part, perBlock));
  const result: number[] = [];
  for (const rows of [parts, corrections]) {
    const longest = Math.max(...rows.map(({ length }) => length));
    for (let at = 0; at < longest; at++) {
      for (const row of rows) if (at < row.length) result.push(row[at] as number);
    }
  }
  return Uint8Array.from(result.slice(0, total));
}

/** The codewords of a symbol that holds the bytes, in the order they are placed; null when they are too many. */
export function codewordsOf(bytes: Uint8Array): { version: number; codewords: Uint8Array } | null {
  const layout = layoutFor(bytes.length);
  if (layout === null) return null;
  return { version: layout.version, codewords: interleave(dataCodewords(bytes, layout), layout) };
}
