import { z } from 'zod';
import { modeSchema } from '../../core/mode.ts';
import { formatIp } from '../../lib/ip/address.ts';
import { cidrProblem, parseCidr } from '../../lib/ip/cidr.ts';

const networkSchema = z
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

export const accessSchema = z
  .strictObject({
    mode: modeSchema,
    allow: z
      .array(networkSchema)
      .default([])
      .describe(
        'Networks that may use the API. Empty: everyone who is not denied. An address on both lists is denied. IPv4 and IPv6 are separate: `0.0.0.0/0` admits no IPv6 address.',
      ),
    deny: z
      .array(networkSchema)
      .default([])
      .describe('Networks that may not use the API, whatever `allow` says.'),
  })
  .describe(
    'Which client addresses may use the API: listed in `allow` if that has entries, and not listed in `deny`.',
  );

export type AccessConfig = z.infer<typeof accessSchema>;
