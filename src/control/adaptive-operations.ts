import { z } from 'zod';
import type { AdaptiveAction } from '../core/adaptive-actions.ts';
import { instant } from './instants.ts';
import type { ControlServices } from './services.ts';

/** How far back actions are listed. */
export const adaptiveFilter = z.strictObject({
  hours: z.coerce
    .number()
    .int()
    .min(1)
    .max(9_600)
    .default(24)
    .describe('Hours back from now of which actions are listed.'),
  limit: z.coerce.number().int().min(1).max(1000).default(100).describe('The most actions to list.'),
});

const driver = z.object({
  feature: z.string(),
  was: z.string().describe('What the client did.'),
  usual: z.string().describe('What is usual for it, or for clients where it is new.'),
  deviation: z.number().describe('Spreads above what is usual.'),
  share: z.number().describe('Its part of what sets the client apart, 0 to 1.'),
});

/** One action of adaptive limits. */
export const adaptiveAction = z.object({
  kind: z.enum(['throttled', 'prolonged', 'restored', 'review', 'accepted']),
  client: z.string(),
  clientKind: z.enum(['address', 'principal']),
  at: instant,
  since: instant,
  until: instant,
  mode: z.enum(['observe', 'enforce']).describe('`observe` only tells what would have been done.'),
  share: z.number().describe('The part of its limits that the client has, or would have.'),
  score: z.number().describe('What the isolation forest said, 0 to 1.'),
  drivers: z.array(driver),
});

export const adaptiveView = z.object({
  mode: z.enum(['enforce', 'observe', 'off']),
  ready: z.boolean().describe('Whether there is enough history to judge clients.'),
  clients: z.int().describe('Clients that are remembered.'),
  windows: z.int().describe('Windows that were looked at since the gateway started.'),
  active: z.array(adaptiveAction.extend({ latestScore: z.number() })),
  actions: z.array(adaptiveAction).describe('The newest first.'),
});

/** Whose behaviour to accept. */
export const adaptiveClient = z.strictObject({
  client: z.string().min(1).max(512).describe('The client as the list shows it.'),
  clientKind: z.enum(['address', 'principal']).default('principal').describe('What the client is known by.'),
});

export const adaptiveAccepted = z.object({
  accepted: z.boolean().describe('Whether anything was known of the client.'),
});

/** Lists whose limits are smaller now and what was done before. */
export async function showAdaptive(
  { adaptive, clock }: ControlServices,
  { hours, limit }: z.output<typeof adaptiveFilter>,
) {
  const { mode, isReady, clients, windows, active } = adaptive.report();
  const nowMs = clock.nowMs();
  const past = await adaptive.actions.list(nowMs - hours * 3_600_000, nowMs + 1, limit);
  return {
    mode,
    ready: isReady,
    clients,
    windows,
    active: active.map((each) => ({ ...viewOf(each), latestScore: rounded(each.latestScore) })),
    actions: past.map(viewOf).reverse(),
  };
}

/** Takes what a client does for its normal from now on. */
export async function acceptAdaptive(
  { adaptive }: ControlServices,
  { client, clientKind }: z.output<typeof adaptiveClient>,
) {
  return { accepted: await adaptive.accept({ client, isAddress: clientKind === 'address' }) };
}

const rounded = (score: number): number => Math.round(score * 1000) / 1000;

/** An action as operations show it. */
export function viewOf(one: AdaptiveAction): z.output<typeof adaptiveAction> {
  const { kind, client, isAddress, atMs, sinceMs, untilMs, mode, share, score, drivers } = one;
  return {
    kind,
    client,
    clientKind: isAddress ? 'address' : 'principal',
    at: new Date(atMs).toISOString(),
    since: new Date(sinceMs).toISOString(),
    until: new Date(untilMs).toISOString(),
    mode,
    share,
    score: rounded(score),
    drivers: [...drivers],
  };
}
