/**
 * Bytes as a string, one code unit of 0 to 255 for each (latin1).
 *
 * Rules match bytes, not characters: what arrives is turned into this once, and never decoded on the way to an operator.
 */
export type Bytes = string;

const ABOVE_ASCII = /[\x80-\xff]/;

/** The bytes with the letters of ASCII in lower case; all others stay as they are. */
export function lowerAscii(text: Bytes): Bytes {
  return ABOVE_ASCII.test(text)
    ? text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase())
    : text.toLowerCase();
}

/** Whether C calls a byte white space: TAB, LF, VT, FF, CR and SP. */
export function isSpace(code: number): boolean {
  return code === 0x20 || (code >= 0x09 && code <= 0x0d);
}
