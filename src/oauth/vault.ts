import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';

const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const CIPHER = 'aes-256-gcm';
const SALT = 'portcullis authorization server';

/**
 * Seals what the authorization server keeps in the database, and hashes what it is found by.
 *
 * Safety: the secret is not in the database, so whoever has that alone has no token, session or signing key. A sealed
 * text opens only in the place it was sealed for.
 */
export class Vault {
  readonly #secret: string;
  readonly #sealKey: Buffer;
  readonly #hashKey: Buffer;

  /** `secret` has the entropy of 32 random bytes, in whatever spelling. */
  constructor(secret: string) {
    this.#secret = secret;
    this.#sealKey = this.derive('seal');
    this.#hashKey = this.derive('hash');
  }

  /** 32 bytes for one purpose (RFC 5869). */
  derive(purpose: string): Buffer {
    return Buffer.from(hkdfSync('sha256', this.#secret, SALT, purpose, KEY_BYTES));
  }

  /** Names a value of some kind, so that the value cannot be had from the name. */
  hash(kind: string, value: string): string {
    return createHmac('sha256', this.#hashKey).update(`${kind}\n${value}`).digest('base64url');
  }

  seal(place: string, text: string): string {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(CIPHER, this.#sealKey, nonce, { authTagLength: TAG_BYTES });
    cipher.setAAD(Buffer.from(place));
    return Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]).toString(
      'base64url',
    );
  }

  /** Null for what was not sealed for this place with this secret. */
  open(place: string, sealed: string): string | null {
    const bytes = Buffer.from(sealed, 'base64url');
    if (bytes.length < NONCE_BYTES + TAG_BYTES) return null;
    try {
      const cipher = createDecipheriv(CIPHER, this.#sealKey, bytes.subarray(0, NONCE_BYTES), {
        authTagLength: TAG_BYTES,
      });
      cipher.setAAD(Buffer.from(place));
      cipher.setAuthTag(bytes.subarray(-TAG_BYTES));
      const text = cipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES));
      return Buffer.concat([text, cipher.final()]).toString('utf8');
    } catch {
      return null;
    }
  }
}
