import { randomBase62 } from '../../lib/apikey/base62.ts';

const CHARS = 22;

/** A random id of 130 bits: it tells nothing about the user and never comes again. */
export function newUserId(randomBytes: (size: number) => Uint8Array): string {
  return randomBase62(CHARS, randomBytes);
}
