import type { LoginAttempt, LoginLimits } from '../../../core/logins.ts';
import { type Ip, parseIp } from '../../../lib/ip/address.ts';

export const LIMITS: LoginLimits = {
  failures: 5,
  windowS: 300,
  blockS: 1800,
  userNames: 0,
  userNamesWindowS: 3600,
};

/** A whole second, so that nothing is rounded. */
export const NOW_MS = Date.UTC(2026, 0, 20, 12);

/** A login of an address. */
export function attempt(address = '192.0.2.7', change: Partial<LoginAttempt> = {}): LoginAttempt {
  const ip = parseIp(address) as Ip;
  return {
    realm: 'shop',
    address: ip,
    bits: ip.family === 4 ? 32 : 64,
    limits: LIMITS,
    userTag: '',
    beganAtMs: NOW_MS,
    reservation: 0,
    ...change,
  };
}
