import { createSecretKey, type KeyObject } from 'node:crypto';
import type { VerificationKey } from '../../core/ports.ts';
import { fitsAlgorithm } from '../../lib/jose/algorithms.ts';
import { type Jwk, parsePublicJwk } from '../../lib/jose/public-jwk.ts';

const MAX_KEYS = 100;
const MAX_KID_CHARS = 256;
/** RFC 7518, section 3.2: at least the size of the smallest hash. */
const MIN_SECRET_BYTES = 32;

export interface ParsedJwks {
  readonly keys: readonly VerificationKey[];
  /** A sentence for each key that cannot be used. Never holds key material. */
  readonly skipped: readonly string[];
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';
const isNot = (value: unknown, wanted: unknown) => value !== undefined && value !== wanted;

function parseSecret({ k }: Jwk, acceptSecrets: boolean): KeyObject | string {
  if (!acceptSecrets) return 'is a secret, and secrets are taken from files only';
  const bytes = isText(k) ? Buffer.from(k, 'base64url') : Buffer.alloc(0);
  return bytes.length < MIN_SECRET_BYTES
    ? `is shorter than ${MIN_SECRET_BYTES} bytes`
    : createSecretKey(bytes);
}

function parseKey(jwk: unknown, acceptSecrets: boolean): VerificationKey | string {
  if (typeof jwk !== 'object' || jwk === null) return 'is not an object';
  const { kty, kid = '', alg = '', use, key_ops: operations } = jwk as Jwk;
  if (typeof kid !== 'string' || kid.length > MAX_KID_CHARS) return 'has a `kid` that is not short text';
  if (typeof alg !== 'string') return 'has an `alg` that is not text';
  if (isNot(use, 'sig')) return 'is not for signatures';
  if (operations !== undefined && !(Array.isArray(operations) && operations.includes('verify'))) {
    return 'is not for verifying';
  }
  const key = kty === 'oct' ? parseSecret(jwk as Jwk, acceptSecrets) : parsePublicJwk(jwk as Jwk);
  if (typeof key === 'string') return key;
  if (alg !== '' && !fitsAlgorithm(key, alg)) return 'has an `alg` that its type does not fit';
  return { kid, alg, key };
}

/**
 * Reads a JSON Web Key Set (RFC 7517, section 5); null when it is none.
 *
 * Shape: keys of the same `kid` are all kept. Keys that cannot be used are skipped, as the RFC asks.
 * Safety: HMAC secrets (`oct`) count only where the caller says that the source is not public.
 */
export function parseJwks(json: unknown, acceptSecrets = false): ParsedJwks | null {
  const list = typeof json === 'object' && json !== null && 'keys' in json ? json.keys : null;
  if (!Array.isArray(list)) return null;
  const keys: VerificationKey[] = [];
  const skipped: string[] = [];
  list.slice(0, MAX_KEYS).forEach((jwk, at) => {
    const key = parseKey(jwk, acceptSecrets);
    if (typeof key === 'string') skipped.push(`Key ${at + 1} ${key}.`);
    else keys.push(key);
  });
  if (list.length > MAX_KEYS)
    skipped.push(`${list.length - MAX_KEYS} keys after the first ${MAX_KEYS} are not read.`);
  return { keys, skipped };
}
