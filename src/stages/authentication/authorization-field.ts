/** The schemes of an Authorization field that carry tokens. */
export type AuthorizationScheme = 'bearer' | 'dpop';

const BEARER = 'Bearer ';
const SPACE = 0x20;

/** The scheme of a field value (RFC 6750, section 2.1; RFC 9449, section 7.1); null for another one. */
export function schemeOf(value: string): AuthorizationScheme | null {
  if (value.startsWith(BEARER)) return 'bearer';
  // RFC 9110, section 11.1: the scheme is case-insensitive.
  const match = /^(bearer|dpop)(?: |$)/i.exec(value);
  return match === null ? null : ((match[1] as string).toLowerCase() as AuthorizationScheme);
}

/** The token of a field value with this scheme. RFC 9110, section 11.4: one or more spaces come before it. */
export function tokenOf(value: string, scheme: AuthorizationScheme): string {
  let at = scheme.length;
  while (value.charCodeAt(at) === SPACE) at++;
  return value.slice(at);
}
