/** The digits of base 62: no character of it needs escaping in a URL, a header field or a shell. */
export const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** Bytes from here on would favour the first digits, so they are drawn again: 248 is the last multiple of 62. */
const REJECT_FROM = 248;

/** Draws uniformly distributed base62 digits. */
export function randomBase62(length: number, randomBytes: (size: number) => Uint8Array): string {
  let digits = '';
  while (digits.length < length) {
    for (const byte of randomBytes(length)) {
      if (byte < REJECT_FROM && digits.length < length) digits += BASE62[byte % 62];
    }
  }
  return digits;
}

/** Writes a whole number in base 62, padded with zeros to a fixed width. */
export function toBase62(value: number, width: number): string {
  let rest = value;
  let digits = '';
  for (let i = 0; i < width; i++) {
    digits = BASE62[rest % 62] + digits;
    rest = Math.floor(rest / 62);
  }
  return digits;
}
