import { z } from 'zod';
import { parseIp } from '../lib/ip/address.ts';
import { parseCidr } from '../lib/ip/cidr.ts';
import type { ControlServices } from './services.ts';

const ADDRESS = 'Write an address such as 192.0.2.7 or 2001:db8::1, or a network as the list shows it.';

/** Which address to unblock. */
export const blockedAddress = z.strictObject({
  address: z
    .string()
    .max(64)
    .refine((text) => parseIp(text) !== null || parseCidr(text) !== null, ADDRESS)
    .describe('The address, or the network of a blocked IPv6 address.'),
});

export const blockedList = z.object({
  blocked: z.array(
    z.object({
      realm: z.string().describe('Whose logins it may not try: the name of the API, or `login.realm`.'),
      address: z.string().describe('An address, or a network such as `2001:db8::/64`.'),
      reason: z.enum(['login.blocked', 'login.stuffing']),
      until: z.string().describe('RFC 3339.'),
    }),
  ),
});

export const unblocked = z.object({ ended: z.int().describe('Number of blocks that ended.') });

/** Lists the addresses that may not log in, the longest blocked first. */
export async function listBlocked({ blockedAddresses, clock }: ControlServices) {
  return {
    blocked: blockedAddresses.list(clock.nowMs()).map(({ realm, address, cause, untilMs }) => ({
      realm,
      address,
      reason: cause === 'user-names' ? ('login.stuffing' as const) : ('login.blocked' as const),
      until: new Date(untilMs).toISOString(),
    })),
  };
}

/** Forgets all that is counted of an address. */
export async function unblock({ blockedAddresses, clock }: ControlServices, text: string) {
  const ip = parseIp(text) ?? parseCidr(text)?.ip;
  return { ended: ip === undefined ? 0 : blockedAddresses.unblock(ip, clock.nowMs()) };
}
