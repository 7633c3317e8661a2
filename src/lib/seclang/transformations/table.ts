import type { Transformation } from '../transformation.ts';
import { base64Decode, base64DecodeExt, base64Encode } from './base64.ts';
import { cmdLine } from './command-line.ts';
import { removeComments, removeCommentsChar, replaceComments } from './comments.ts';
import { md5, sha1 } from './digests.ts';
import { cssDecode, escapeSeqDecode, jsDecode } from './escapes.ts';
import { hexDecode, hexEncode, sqlHexDecode } from './hex.ts';
import { htmlEntityDecode } from './html-entities.ts';
import { lowercase, uppercase } from './letter-case.ts';
import { normalizePath, normalizePathWin } from './path.ts';
import {
  length,
  none,
  parityEven7bit,
  parityOdd7bit,
  parityZero7bit,
  removeNulls,
  replaceNulls,
} from './single-bytes.ts';
import { urlDecode, urlDecodeUniWith, urlEncode } from './url.ts';
import { utf8toUnicode } from './utf8-to-unicode.ts';
import { compressWhitespace, removeWhitespace, trim, trimLeft, trimRight } from './whitespace.ts';

/** Every transformation under its name, as rules spell it. */
const ROWS: Readonly<Record<string, Transformation>> = {
  base64Decode,
  base64DecodeExt,
  base64Encode,
  cmdLine,
  compressWhitespace,
  cssDecode,
  escapeSeqDecode,
  hexDecode,
  hexEncode,
  htmlEntityDecode,
  jsDecode,
  length,
  lowercase,
  md5,
  none,
  normalisePath: normalizePath,
  normalisePathWin: normalizePathWin,
  normalizePath,
  normalizePathWin,
  parityEven7bit,
  parityOdd7bit,
  parityZero7bit,
  removeComments,
  removeCommentsChar,
  removeNulls,
  removeWhitespace,
  replaceComments,
  replaceNulls,
  sha1,
  sqlHexDecode,
  trim,
  trimLeft,
  trimRight,
  uppercase,
  urlDecode,
  urlDecodeUni: urlDecodeUniWith(new Map()),
  urlEncode,
  utf8toUnicode,
};

/** Every transformation by its name in lower case; `urlDecodeUni` without a map of characters. */
export const TRANSFORMATIONS: ReadonlyMap<string, Transformation> = new Map(
  Object.entries(ROWS).map(([name, transformation]) => [name.toLowerCase(), transformation]),
);

/** Every transformation as rules spell it. */
export const TRANSFORMATION_NAMES: readonly string[] = Object.keys(ROWS);

/** `TRANSFORMATIONS` where `urlDecodeUni` knows the map of `SecUnicodeMapFile`. */
export function transformationsWith(
  unicodeMap: ReadonlyMap<number, number>,
): ReadonlyMap<string, Transformation> {
  return unicodeMap.size === 0
    ? TRANSFORMATIONS
    : new Map([...TRANSFORMATIONS, ['urldecodeuni', urlDecodeUniWith(unicodeMap)]]);
}
