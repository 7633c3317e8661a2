import type { Bytes } from '../bytes.ts';
import type { CompileOperator, Needs } from '../operator.ts';
import { HEX_VALUE } from '../transformations/digits.ts';
import { bytesWhere, byteTable, firstOf } from '../transformations/in-place.ts';
import { lowerCase } from '../transformations/letter-case.ts';

/** Values that hold at least one of some bytes. */
function needsOneOf(bytes: Bytes): Needs {
  return [[...new Set(lowerCase(bytes))]];
}

/** Marks the bytes of `32`, or `48-57`. Errors: RangeError. */
function allow(written: string, isAllowed: Uint8Array): void {
  const parts = /^\s*([0-9]{1,3})\s*(?:-\s*([0-9]{1,3})\s*)?$/.exec(written);
  const first = Number(parts?.[1]);
  const last = Number(parts?.[2] ?? parts?.[1]);
  if (parts === null || last > 255 || first > last)
    throw new RangeError(
      `"${written.trim()}" is not a byte of 0 to 255, nor a range of them such as 32-126.`,
    );
  isAllowed.fill(1, first, last + 1);
}

/** Matches values that hold a byte which the argument does not list. */
export const validateByteRange: CompileOperator = (argument) => {
  const isAllowed = new Uint8Array(256);
  for (const range of argument.split(',')) allow(range, isAllowed);
  const forbidden = bytesWhere((byte) => isAllowed[byte] === 0);
  const isForbidden = byteTable(forbidden);
  return { test: (value) => firstOf(value, isForbidden) >= 0, needs: needsOneOf(forbidden) };
};

function isHex(value: Bytes, at: number): boolean {
  return at < value.length && (HEX_VALUE[value.charCodeAt(at)] as number) >= 0;
}

/** Matches values in which a percent sign is not followed by two hexadecimal digits. */
export const validateUrlEncoding: CompileOperator = () => ({
  test(value) {
    for (let at = value.indexOf('%'); at >= 0; at = value.indexOf('%', at + 3)) {
      if (!isHex(value, at + 1) || !isHex(value, at + 2)) return true;
    }
    return false;
  },
  needs: [['%']],
});

/** How long the character at a place is by its first byte; 0 where none can begin there. */
function characterLength(first: number): number {
  if (first < 0x80) return 1;
  if ((first & 0xe0) === 0xc0) return 2;
  if ((first & 0xf0) === 0xe0) return 3;
  return first >= 0xf0 && first <= 0xf4 ? 4 : 0;
}

const SMALLEST = [0, 0, 0x80, 0x800, 0x1_0000];

/** Whether a character of more than one byte stands at a place, in its shortest form. */
function isCharacter(value: Bytes, at: number, length: number): boolean {
  if (length === 0 || at + length > value.length) return false;
  let character = value.charCodeAt(at) & (0x7f >> length);
  for (let each = at + 1; each < at + length; each++) {
    const byte = value.charCodeAt(each);
    if ((byte & 0xc0) !== 0x80) return false;
    character = (character << 6) | (byte & 0x3f);
  }
  return character >= (SMALLEST[length] as number) && !(character >= 0xd800 && character <= 0xdfff);
}

/** Matches values that are not UTF-8. */
export const validateUtf8Encoding: CompileOperator = () => ({
  test(value) {
    let at = 0;
    while (at < value.length) {
      const length = characterLength(value.charCodeAt(at));
      if (length !== 1 && !isCharacter(value, at, length)) return true;
      at += length;
    }
    return false;
  },
  needs: needsOneOf(bytesWhere((byte) => byte >= 0x80)),
});
