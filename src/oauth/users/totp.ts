import { Secret, TOTP } from 'otpauth';

const STEP_S = 30;
const DIGITS = 6;
const SECRET_BYTES = 20;
/** Steps before and after the present one that are accepted (RFC 6238, section 5.2). */
const WINDOW = 1;
const CODE = /^\d{6}$/;

/** What authenticator apps understand everywhere: SHA-1, six digits, thirty seconds (RFC 6238). */
function totp(secretBase32: string, issuer: string, label: string): TOTP {
  return new TOTP({
    issuer,
    label,
    algorithm: 'SHA1',
    digits: DIGITS,
    period: STEP_S,
    secret: Secret.fromBase32(secretBase32),
  });
}

/** A new secret of 160 random bits, in base32. */
export function newTotpSecret(): string {
  return new Secret({ size: SECRET_BYTES }).base32;
}

/** The address that an authenticator app reads from the QR code. */
export function totpUri(secretBase32: string, issuer: string, label: string): string {
  return totp(secretBase32, issuer, label).toString();
}

/** Digits as people type them: with blanks between. */
export function normalCode(typed: string): string {
  return typed.replace(/[\s-]/g, '');
}

/** The time step whose code this is, or 0 when it is of none near the present. */
export function stepOfCode(secretBase32: string, code: string, nowMs: number): number {
  if (!CODE.test(code)) return 0;
  const delta = totp(secretBase32, '', '').validate({ token: code, timestamp: nowMs, window: WINDOW });
  return delta === null ? 0 : Math.floor(nowMs / 1000 / STEP_S) + delta;
}
