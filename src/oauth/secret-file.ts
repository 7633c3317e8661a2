import { join } from 'node:path';
import { loadSecretFile } from '../config/kept-secret.ts';

/** Path of the file with the secret that seals what the authorization server keeps. */
export function secretPath(dataDir: string): string {
  return join(dataDir, 'oauth.secret');
}

/** The secret and what the operator should know about its file. */
export interface SealSecret {
  readonly secret: string;
  /** A sentence to log, which never holds the secret; '' when all is well. */
  readonly notice: string;
}

/**
 * Loads the secret, making one of 256 random bits on the first start.
 *
 * Errors: Unavailable when the file cannot be written or read, or does not hold a secret.
 */
export function loadSecret(dataDir: string): SealSecret {
  const path = secretPath(dataDir);
  const { secret, wasOpen } = loadSecretFile({
    path,
    what: 'secret of the authorization server',
    damaged: 'does not hold a secret: restore it from a backup',
  });
  const notice = `The secret of the authorization server ${path} could be read by other users; now only its owner can. Whoever has it and the database can read the signing keys.`;
  return { secret, notice: wasOpen ? notice : '' };
}
