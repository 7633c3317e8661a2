import { type ByteSet, DIGIT, HORIZONTAL_SPACE, SPACE, VERTICAL_SPACE, WORD } from './byte-set.ts';
import { isDigit, isHex, isOctal, type PatternReader } from './reader.ts';

/** `\d` and its like, inside and outside of classes. */
const CLASSES: ReadonlyMap<string, ByteSet> = new Map(
  [
    ['d', DIGIT] as const,
    ['h', HORIZONTAL_SPACE] as const,
    ['s', SPACE] as const,
    ['v', VERTICAL_SPACE] as const,
    ['w', WORD] as const,
  ].flatMap(([letter, set]) => [[letter, set] as const, [letter.toUpperCase(), set.complement()] as const]),
);

const CONTROLS: ReadonlyMap<string, number> = new Map([
  ['a', 0x07],
  ['e', 0x1b],
  ['f', 0x0c],
  ['n', 0x0a],
  ['r', 0x0d],
  ['t', 0x09],
]);

/**
 * What an escape stands for that means the same inside and outside of classes: one byte, or a set of them; null where
 * it is something else. Reads from behind the backslash.
 */
export function readCommonEscape(reader: PatternReader): number | ByteSet | null {
  const start = reader.at;
  const letter = reader.next();
  const found = CLASSES.get(letter) ?? CONTROLS.get(letter);
  if (found !== undefined) return found;
  if (letter === 'x') return readHex(reader);
  if (letter === 'o') return readOctalInBraces(reader);
  if (letter === 'c') return readControl(reader);
  if (letter === '0') return readOctal(reader, 2, start + 1);
  if (letter === '') return reader.fail('The pattern ends with a backslash');
  if (!/^[0-9A-Za-z]$/.test(letter)) return letter.charCodeAt(0);
  reader.at = start;
  return null;
}

/** Octal digits as one byte; without any, zero. */
export function readOctal(reader: PatternReader, most: number, at: number): number {
  return oneByte(reader, Number.parseInt(reader.run(isOctal, most) || '0', 8), at);
}

/** A decimal number; null where there is none. */
export function readNumber(reader: PatternReader): number | null {
  const digits = reader.run(isDigit);
  return digits === '' ? null : Math.min(Number(digits), 1_000_000);
}

function readHex(reader: PatternReader): number {
  if (!reader.eats('{')) return Number.parseInt(reader.run(isHex, 2) || '0', 16);
  const at = reader.at;
  const digits = reader.until('}', 'What \\x{ begins');
  if (digits === '' || ![...digits].every(isHex)) {
    reader.fail(`\\x{${digits}} is no hexadecimal number`, at);
  }
  return oneByte(reader, Number.parseInt(digits, 16), at);
}

function readOctalInBraces(reader: PatternReader): number {
  const at = reader.at;
  if (!reader.eats('{')) reader.fail('\\o is not followed by {');
  const digits = reader.until('}', 'What \\o{ begins');
  if (digits === '' || ![...digits].every(isOctal)) reader.fail(`\\o{${digits}} is no octal number`, at);
  return oneByte(reader, Number.parseInt(digits, 8), at);
}

function readControl(reader: PatternReader): number {
  const letter = reader.next();
  if (!/^[\x20-\x7e]$/.test(letter)) reader.fail('\\c is not followed by a printable character');
  return letter.toUpperCase().charCodeAt(0) ^ 0x40;
}

function oneByte(reader: PatternReader, code: number, at: number): number {
  return code <= 0xff ? code : reader.fail('A code above 255 is no byte', at);
}
