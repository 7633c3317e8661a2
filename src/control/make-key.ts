import { randomBytes } from 'node:crypto';
import type { ApiKeyRecord } from '../core/ports.ts';
import { generateApiKey, shownPrefix } from '../lib/apikey/key-format.ts';
import { hashSecret } from '../lib/apikey/secret-hash.ts';
import { DAY_MS } from '../lib/time/day.ts';

const SALT_BYTES = 16;

/** A new key: whole, this once, and as it is stored. */
export interface MadeKey {
  readonly key: string;
  readonly record: ApiKeyRecord;
}

/** What a caller decides about a new key. */
export type KeyWishes = Omit<
  ApiKeyRecord,
  'id' | 'prefix' | 'salt' | 'hash' | 'revokedAtMs' | 'successorId' | 'rotatedAtMs'
>;

/** Makes a key with a fresh id, secret and salt. */
export function makeKey(prefix: string, wishes: KeyWishes): MadeKey {
  const { key, id, secret } = generateApiKey(prefix, randomBytes);
  const salt = randomBytes(SALT_BYTES).toString('hex');
  const record = {
    ...wishes,
    id,
    prefix: shownPrefix(key),
    salt,
    hash: hashSecret(secret, salt),
    revokedAtMs: 0,
    successorId: '',
    rotatedAtMs: 0,
  };
  return { key, record };
}

/** A key with the rights and the lifetime of another one that it replaces. */
export function makeSuccessor(old: ApiKeyRecord, nowMs: number): MadeKey {
  const {
    id,
    prefix,
    salt: _,
    hash: __,
    revokedAtMs: ___,
    successorId: ____,
    rotatedAtMs: _____,
    ...same
  } = old;
  return makeKey(prefix.split('_')[0] as string, {
    ...same,
    createdAtMs: nowMs,
    expiresAtMs: old.expiresAtMs === 0 ? 0 : nowMs + lifetimeOf(old),
    predecessorId: id,
    nextRotationAtMs: nextRotation(old.rotateEveryDays, nowMs),
  });
}

const DEFAULT_DAYS = 90;

/** How long a key was made for; a rotation has cut that short, so it is not known any more of one that was rotated. */
function lifetimeOf({ rotatedAtMs, expiresAtMs, createdAtMs }: ApiKeyRecord): number {
  return rotatedAtMs === 0 ? expiresAtMs - createdAtMs : DEFAULT_DAYS * DAY_MS;
}

/** When a key that is made now is due to be replaced; 0 never. */
export function nextRotation(everyDays: number, nowMs: number): number {
  return everyDays === 0 ? 0 : nowMs + everyDays * DAY_MS;
}
