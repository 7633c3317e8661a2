import { createHash } from 'node:crypto';
import { constantEquals } from '../lib/text/constant-equals.ts';
import { foldUserName } from '../lib/text/user-name.ts';
import { Problem } from './operation.ts';

/** A person of the configuration who shows with a token who they are. */
export interface Operator {
  readonly name: string;
  /** `sha256:` and hexadecimal digits. */
  readonly tokenHash: string;
}

/** Who does something, and whether that was shown or is only said. */
export interface Person {
  readonly name: string;
  readonly isProven: boolean;
}

/** How the configuration writes a token. */
export function hashOfToken(token: string): string {
  return `sha256:${createHash('sha256').update(token, 'utf8').digest('hex')}`;
}

/** Whether two names stand for one person. */
export function isSamePerson(one: string, other: string): boolean {
  return foldUserName(one.trim()) === foldUserName(other.trim());
}

/**
 * Finds out who somebody is.
 *
 * Safety: where the configuration names people, only a token tells who somebody is: the name that is said must be that
 * of the token, and without a token nobody is anybody.
 */
export function identify(
  operators: readonly Operator[],
  said: string,
  token: string | undefined,
): Person | Problem {
  if (operators.length === 0) return { name: said, isProven: false };
  if (token === undefined || token === '')
    return new Problem(
      403,
      'token_needed',
      'The configuration names operators: show who you are with a token of your own (`--token-stdin`).',
    );
  const hash = hashOfToken(token);
  const found = operators.filter(({ tokenHash }) => constantEquals(tokenHash, hash))[0];
  if (found === undefined) return new Problem(403, 'token_unknown', 'The token is that of no operator.');
  if (said !== '' && !isSamePerson(found.name, said))
    return new Problem(403, 'not_you', `The token is that of ${found.name}, not of ${said}.`);
  return { name: found.name, isProven: true };
}
