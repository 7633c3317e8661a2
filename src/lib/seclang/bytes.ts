/**
 * Bytes as a string, one code unit of 0 to 255 for each (latin1).
 *
 * Rules match bytes, not characters: what arrives is turned into this once, and never decoded on the way to an operator.
 */
export type Bytes = string;

const ABOVE_ASCII = /[\x80-\xff]/;
/** Up to this length a loop is faster than a pattern. */
const SHORT_BYTES = 64;

const isUpper = (code: number): boolean => code >= 0x41 && code <= 0x5a;

/** The bytes with the letters of ASCII in lower case; all others stay as they are. */
export function lowerAscii(text: Bytes): Bytes {
  let isLower = text.length <= SHORT_BYTES;
  for (let at = 0; isLower && at < text.length; at++) isLower = !isUpper(text.charCodeAt(at));
  if (isLower) return text;
  return ABOVE_ASCII.test(text)
    ? text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase())
    : text.toLowerCase();
}

/** Whether a text in lower case is another, which is in lower case. */
export function isInLower(text: Bytes, lower: Bytes): boolean {
  if (text.length !== lower.length) return false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if ((isUpper(code) ? code | 0x20 : code) !== lower.charCodeAt(at)) return false;
  }
  return true;
}

/** Whether C calls a byte white space: TAB, LF, VT, FF, CR and SP. */
export function isSpace(code: number): boolean {
  return code === 0x20 || (code >= 0x09 && code <= 0x0d);
}
