const ALPHABET = /^[A-Za-z0-9_-]*$/;
const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/**
 * Decodes base64url (RFC 4648, section 5) that is the only spelling of its bytes; null for any other.
 *
 * Safety: no padding (RFC 7515, section 2), no foreign characters, no bits set beyond the last byte. Lenient
 * decoders let one token have many spellings, which defeats every list of revoked or seen ones.
 */
export function parseBase64Url(text: string): Buffer | null {
  if (!ALPHABET.test(text)) return null;
  const over = text.length % 4;
  if (over === 1) return null;
  if (over !== 0) {
    const last = DIGITS.indexOf(text[text.length - 1] as string);
    if ((last & (over === 2 ? 0b1111 : 0b11)) !== 0) return null;
  }
  return Buffer.from(text, 'base64url');
}
