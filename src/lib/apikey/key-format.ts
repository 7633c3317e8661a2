import { randomBase62, toBase62 } from './base62.ts';
import { crc32 } from './crc32.ts';

const ID_CHARS = 16;
/** 30 base62 digits are 178 bits. */
const SECRET_CHARS = 30;
const CHECKSUM_CHARS = 6;
const MAX_KEY_CHARS = 128;
const SHOWN_CHARS = 8;

const PREFIX = /^[a-z0-9]{2,8}$/;
/** At least 12 digits of id, so that eight characters never reach the secret; at least 27 (160 bits) of secret. */
const KEY = /^([a-z0-9]{2,8})_([0-9A-Za-z]{12,32})_([0-9A-Za-z]{27,64})_([0-9A-Za-z]{6})$/;

/** The parts of an API key. */
export interface ParsedApiKey {
  readonly prefix: string;
  /** Public: finds the record. */
  readonly id: string;
  readonly secret: string;
}

export interface GeneratedApiKey extends ParsedApiKey {
  /** The whole key: shown once, never stored. */
  readonly key: string;
}

function checksumOf(text: string): string {
  return toBase62(crc32(text), CHECKSUM_CHARS);
}

/**
 * Makes a new key `<prefix>_<id>_<secret>_<checksum>`.
 *
 * Errors: throws RangeError for a prefix that is not two to eight lower-case letters and digits.
 */
export function generateApiKey(prefix = 'pk', randomBytes: (size: number) => Uint8Array): GeneratedApiKey {
  if (!PREFIX.test(prefix)) throw new RangeError('A key prefix has 2 to 8 lower-case letters and digits.');
  const id = randomBase62(ID_CHARS, randomBytes);
  const secret = randomBase62(SECRET_CHARS, randomBytes);
  const body = `${prefix}_${id}_${secret}`;
  return { prefix, id, secret, key: `${body}_${checksumOf(body)}` };
}

/**
 * Reads a key; null for anything that `generateApiKey` cannot have made.
 *
 * Cost: linear in at most 128 characters; the checksum refuses a typing error before any store is asked.
 */
export function parseApiKey(text: string): ParsedApiKey | null {
  if (text.length > MAX_KEY_CHARS) return null;
  const match = KEY.exec(text);
  if (match === null) return null;
  const body = text.slice(0, -CHECKSUM_CHARS - 1);
  if (checksumOf(body) !== match[4]) return null;
  return { prefix: match[1] as string, id: match[2] as string, secret: match[3] as string };
}

/**
 * The first eight characters of a key, which are all that may be shown; '' for text that has not the shape of one.
 *
 * Safety: the prefix and at least twelve digits of public id come before the secret. Text of another shape may
 * be a password that someone sent in the wrong place, so nothing of it is shown.
 */
export function shownPrefix(text: string): string {
  return text.length <= MAX_KEY_CHARS && KEY.test(text) ? text.slice(0, SHOWN_CHARS) : '';
}
