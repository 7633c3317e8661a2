import { z } from 'zod';
import { formatIp } from '../lib/ip/address.ts';
import { cidrProblem, parseCidr } from '../lib/ip/cidr.ts';

/** A network in the configuration. */
export const networkSchema = z
  .string()
  .superRefine((text, issues) => {
    const message = cidrProblem(text) ?? mappedProblem(text);
    if (message !== null) issues.addIssue({ code: 'custom', message });
  })
  .describe('A network such as `10.0.0.0/8` or `2001:db8::/32`, or one address.');

/**
 * Says why IPv4 written as IPv6 is refused; null for everything else.
 *
 * Safety: `::ffff:0:0/96` looks like a network nobody uses, and is every IPv4 address.
 */
function mappedProblem(text: string): string | null {
  const cidr = parseCidr(text);
  if (cidr === null || cidr.ip.family !== 4 || !text.includes(':')) return null;
  const plain = cidr.bits === 32 ? formatIp(cidr.ip) : `${formatIp(cidr.ip)}/${cidr.bits}`;
  return `"${text}" writes IPv4 as IPv6; write "${plain}".`;
}
