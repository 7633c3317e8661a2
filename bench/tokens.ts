import { generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const KEY_ID = 'bench-1';
const LIFETIME_S = 3600;
const signAsync = promisify(sign) as (algorithm: string, data: Buffer, key: KeyObject) => Promise<Buffer>;

/** The issuer of the bench: one RSA key, its public half as a JWKS file, and tokens that are handed out once. */
export class TokenPool {
  readonly jwksPath: string;
  /** The public key as PEM, for verifiers that take no key set. */
  readonly publicKeyPath: string;
  readonly #dir: string;
  readonly #key: KeyObject;
  readonly #tokens: string[] = [];

  constructor(dir: string) {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    this.#dir = dir;
    this.#key = privateKey;
    this.jwksPath = join(dir, 'jwks.json');
    this.publicKeyPath = join(dir, 'issuer.pem');
    writeFileSync(this.publicKeyPath, publicKey.export({ type: 'spki', format: 'pem' }));
    const jwk = { ...publicKey.export({ format: 'jwk' }), kid: KEY_ID, alg: 'RS256', use: 'sig' };
    writeFileSync(this.jwksPath, JSON.stringify({ keys: [jwk] }));
  }

  /** Signs tokens ahead; about 250 µs of CPU each. */
  async fill(count: number, signal: AbortSignal): Promise<void> {
    for (let left = count; left > 0; left -= 500) {
      signal.throwIfAborted();
      this.#tokens.push(
        ...(await Promise.all(Array.from({ length: Math.min(left, 500) }, () => this.#sign()))),
      );
    }
  }

  /** Signs one token that is not from the pool. */
  one(): Promise<string> {
    return this.#sign();
  }

  /** Moves tokens out of the pool into a file, one per line; they never come again. */
  take(count: number): string {
    if (this.#tokens.length < count)
      throw new Error(`The pool has ${this.#tokens.length} tokens, ${count} are asked for.`);
    const path = join(this.#dir, 'tokens.txt');
    writeFileSync(path, `${this.#tokens.splice(-count).join('\n')}\n`);
    return path;
  }

  async #sign(): Promise<string> {
    const nowS = Math.floor(Date.now() / 1000);
    const claims = {
      iss: 'https://issuer.bench',
      sub: '7f1c4a52-0b5e-4f0e-9d53-b2a1f4d0c9aa',
      aud: 'bench',
      iat: nowS,
      nbf: nowS,
      exp: nowS + LIFETIME_S,
      jti: randomUUID(),
      scope: 'orders:read orders:write',
      roles: ['editor'],
    };
    const signed = `${encode({ alg: 'RS256', typ: 'JWT', kid: KEY_ID })}.${encode(claims)}`;
    return `${signed}.${(await signAsync('sha256', Buffer.from(signed), this.#key)).toString('base64url')}`;
  }
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
