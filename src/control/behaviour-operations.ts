import { z } from 'zod';
import { BEHAVIOUR_RULES } from '../core/behaviour.ts';
import type { ControlServices } from './services.ts';

/** Whom to let in again. */
export const blockedClient = z.strictObject({
  client: z
    .string()
    .min(1)
    .max(200)
    .describe(
      'The client as the list shows it: subject of a principal, address, or network of an IPv6 address.',
    ),
});

export const blockedClientList = z.object({
  blocked: z.array(
    z.object({
      api: z.string().describe('The API that it is kept out of.'),
      client: z.string(),
      rule: z.enum(BEHAVIOUR_RULES),
      until: z.string().describe('RFC 3339.'),
    }),
  ),
});

export const unblockedClient = z.object({ ended: z.int().describe('Number of blocks that ended.') });

/** Lists the clients that are kept out for what they did, the longest blocked first. */
export async function listBlockedClients({ blockedClients, clock }: ControlServices) {
  return {
    blocked: blockedClients.list(clock.nowMs()).map(({ scope, client, rule, untilMs }) => ({
      api: scope,
      client,
      rule,
      until: new Date(untilMs).toISOString(),
    })),
  };
}

/** Forgets all that is counted of a client. */
export async function unblockClient({ blockedClients, clock }: ControlServices, client: string) {
  return { ended: blockedClients.unblock(client, clock.nowMs()) };
}
