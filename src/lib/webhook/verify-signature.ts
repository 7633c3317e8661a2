import { createHmac, timingSafeEqual } from 'node:crypto';

/** The HMAC-SHA256 of a text and a body under each of some keys. */
export function signWithAll(keys: readonly Buffer[], prefix: string, body: Uint8Array): readonly Buffer[] {
  return keys.map((key) => createHmac('sha256', key).update(prefix, 'latin1').update(body).digest());
}

/**
 * Finds which of the computed signatures was sent; -1 for none.
 *
 * Safety: every one is compared with every one, in constant time each, so that the time tells neither which of them
 * differ nor where.
 */
export function findMatch(computed: readonly Buffer[], sent: readonly Buffer[]): number {
  let matched = -1;
  computed.forEach((mac, at) => {
    for (const signature of sent) if (timingSafeEqual(mac, signature)) matched = at;
  });
  return matched;
}
