import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { join } from 'node:path';
import { loadSecretFile, readSecretFile, type SecretFile } from '../config/kept-secret.ts';
import { Unavailable } from '../core/errors.ts';

const NAME = 'admin token';

/** The admin token and what the operator should know about its file. */
export interface AdminToken {
  readonly token: string;
  readonly path: string;
  /** Sentences to log; never hold the token. */
  readonly notices: readonly string[];
}

/** Path of the file that holds the admin token. */
export function tokenPath(dataDir: string): string {
  return join(dataDir, 'admin.token');
}

function fileIn(dataDir: string): SecretFile {
  return {
    path: tokenPath(dataDir),
    what: NAME,
    damaged: 'does not hold an admin token: delete it and start the gateway again to get a new one',
  };
}

/**
 * Loads the admin token, making one of 256 random bits on the first start.
 *
 * Errors: Unavailable when the file cannot be written or read, or does not hold a token.
 */
export function loadAdminToken(dataDir: string): AdminToken {
  const path = tokenPath(dataDir);
  const { secret, wasOpen } = loadSecretFile(fileIn(dataDir));
  const notice =
    `The admin token ${path} could be read by other users; now only its owner can. Someone may know it: ` +
    'delete the file and start again to get a new one.';
  return { token: secret, path, notices: wasOpen ? [notice] : [] };
}

/** Reads the admin token of a gateway, for its clients; Unavailable when there is none. */
export function readAdminToken(dataDir: string): string {
  const kept = readSecretFile(fileIn(dataDir));
  if (kept !== null) return kept.secret;
  throw new Unavailable(
    NAME,
    `There is no admin token at ${tokenPath(dataDir)}: start the gateway with \`portcullis run\`, or name its data folder.`,
  );
}

/** Makes a comparison with the token that takes the same time whatever is offered. */
export function tokenMatcher(token: string): (offered: string) => boolean {
  const key = randomBytes(32);
  const digest = (text: string) => createHmac('sha256', key).update(text).digest();
  const expected = digest(token);
  return (offered) => timingSafeEqual(digest(offered), expected);
}
