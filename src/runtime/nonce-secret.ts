import { randomBytes } from 'node:crypto';
import type { GatewayConfig } from '../config/config.ts';
import { RedisLink } from '../stores/redis/redis-link.ts';
import { redisSettings } from './open-link.ts';

const SECRET_BYTES = 32;
const START_MS = 2000;
const KEY = 'portcullis:nonce-secret';

/** What this process makes nonces of. */
export function makeNonceSecret(): Uint8Array {
  return randomBytes(SECRET_BYTES);
}

/**
 * Takes the secret of the gateways that share a Redis, or gives them this one, so that each takes the nonces of all.
 *
 * Safety: without Redis every gateway has a secret of its own. A client that changes gateways is asked for another
 * nonce then, and no proof is accepted that should not be.
 */
export async function shareNonceSecret(
  secret: Uint8Array,
  counters: GatewayConfig['counters'],
): Promise<void> {
  const settings = redisSettings(counters);
  if (settings === null) return;
  const link = new RedisLink({ ...settings, timeoutMs: START_MS }, () => {});
  try {
    await link.open();
    const own = Buffer.from(secret).toString('base64url');
    await link.ask((client) => client.set(KEY, own, 'NX'));
    const shared = Buffer.from((await link.ask((client) => client.get(KEY))) ?? '', 'base64url');
    if (shared.length === SECRET_BYTES) secret.set(shared);
  } catch {
    // Its threads tell that Redis cannot be used.
  } finally {
    link.close();
  }
}
