const HEX = '0123456789ABCDEF';

function escapeByte(byte: number): string {
  return `%${HEX[byte >> 4]}${HEX[byte & 15]}`;
}

/** A code point as percent-encoded UTF-8; a lone surrogate as the bytes it would have, so that no two texts become one. */
function escapeCodePoint(code: number): string {
  if (code < 0x80) return escapeByte(code);
  const last = escapeByte(0x80 | (code & 0x3f));
  if (code < 0x800) return escapeByte(0xc0 | (code >> 6)) + last;
  const third = escapeByte(0x80 | ((code >> 6) & 0x3f)) + last;
  if (code < 0x10000) return escapeByte(0xe0 | (code >> 12)) + third;
  return escapeByte(0xf0 | (code >> 18)) + escapeByte(0x80 | ((code >> 12) & 0x3f)) + third;
}

/**
 * Writes a text in visible ASCII: everything else, and `%`, `,`, `"` and `\`, is percent-encoded UTF-8.
 *
 * Safety: two different texts never become the same; what comes out is one item of a list, whether spaces or commas part it.
 */
export function percentEncode(text: string): string {
  return text.replace(/[^!-~]|[%,"\\]/gu, (char) => escapeCodePoint(char.codePointAt(0) as number));
}
