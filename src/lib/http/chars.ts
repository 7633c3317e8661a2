/** Bits of `CHARS`: what may be part of a token (RFC 9110, 5.6.2), of a field value (RFC 9110, 5.5). */
export const TOKEN = 1;
export const VALUE = 2;

/** What each byte may be part of. Visible ASCII, SP, HTAB and bytes from 80 make a field value. */
export const CHARS: Uint8Array = charTable();

function charTable(): Uint8Array {
  const table = new Uint8Array(256);
  table[0x09] = VALUE;
  for (let code = 0x20; code < 256; code++) if (code !== 0x7f) table[code] = VALUE;
  const tokenChars = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  for (const char of tokenChars) table[char.charCodeAt(0)] = TOKEN | VALUE;
  return table;
}
