import type { JsonObject } from './jwt-token.ts';

const THUMBPRINT = /^[A-Za-z0-9_-]{43}$/;

/** How a caller must show that a token is its own (RFC 7800). */
export interface Confirmation {
  /** Thumbprint of the key of its DPoP proofs (RFC 9449, section 6.1); '' when the token is bound to none. */
  readonly jkt: string;
  /** Thumbprint of its certificate (RFC 8705, section 3.1); '' when the token is bound to none. */
  readonly x5t: string;
}

/** A token that is bound to something that cannot be checked here. */
export type Unconfirmable = 'unconfirmable';

/**
 * Reads `cnf`; null where the token is bound to nothing.
 *
 * Safety: a `cnf` that names anything but the two kinds of key, or in another form, makes the token unusable: to
 * pass it on as a bearer token would undo what the issuer wanted.
 */
export function findConfirmation(claims: JsonObject): Confirmation | Unconfirmable | null {
  if (!Object.hasOwn(claims, 'cnf')) return null;
  const { cnf } = claims;
  if (typeof cnf !== 'object' || cnf === null || Array.isArray(cnf)) return 'unconfirmable';
  const { jkt = '', 'x5t#S256': x5t = '', ...others } = cnf as JsonObject;
  if (Object.keys(others).length > 0 || (jkt === '' && x5t === '')) return 'unconfirmable';
  for (const value of [jkt, x5t])
    if (value !== '' && !(typeof value === 'string' && THUMBPRINT.test(value))) return 'unconfirmable';
  return { jkt: jkt as string, x5t: x5t as string };
}
