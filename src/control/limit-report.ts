import { z } from 'zod';
import type { LimitedRequests, LimitHour } from '../core/limit-activity.ts';
import type { NoticeKind } from '../core/notices.ts';
import { DAY_MS } from '../lib/time/day.ts';
import { adaptiveAction, viewOf } from './adaptive-operations.ts';
import { instant } from './instants.ts';
import { Problem } from './operation.ts';
import { common, operation } from './operation-row.ts';
import type { ControlServices } from './services.ts';

const HOUR_MS = 3_600_000;
const DEFAULT_DAYS = 30;
const MAX_LISTED = 1_000;
/** What the limits told of by notices, in the order of the report. */
const EVENTS: readonly NoticeKind[] = ['ratelimit.burst-abuse'];

const moment = z.iso.datetime({ offset: true });
const reportPeriod = z.strictObject({
  from: moment
    .optional()
    .describe('Begin of the period, rounded down to the hour; 30 days before its end when absent.'),
  to: moment.optional().describe('End of the period, rounded up to the hour; now when absent.'),
  top: z.coerce.number().int().min(1).max(1000).default(10).describe('The most clients to list.'),
});

const counts = {
  refused: z.int().describe('Requests that a limit refused.'),
  observed: z.int().describe('Requests that a limit would have refused: its stage only observes.'),
};

const reportView = z.object({
  from: instant,
  to: instant,
  total: z.object({
    requests: z.int().describe('All requests, limited or not.'),
    ...counts,
    share: z.number().describe('Refused ones of all requests, 0 to 1.'),
  }),
  tiers: z.array(
    z.object({
      tier: z.string().describe('Tier of the client; empty where none applied.'),
      ...counts,
      share: z.number().describe('Of all refused requests, 0 to 1.'),
    }),
  ),
  limits: z.array(z.object({ limit: z.string(), ...counts })),
  clients: z.array(
    z.object({
      kind: z
        .enum(['key', 'user', 'client', 'address', ''])
        .describe('Empty for all that were too many to tell apart.'),
      client: z.string().describe('Key id, subject, client id or address.'),
      name: z.string().describe('Of a key: its first characters and its name.'),
      owner: z.string(),
      tiers: z.array(z.string()),
      limits: z.array(z.string()),
      ...counts,
      lastAt: instant,
    }),
  ),
  adaptive: z.array(adaptiveAction).describe('What adaptive limits did, the newest first; 1,000 at most.'),
  events: z.array(z.object({ kind: z.string(), at: instant, payload: z.record(z.string(), z.unknown()) })),
});

/** What limits did in a period, from what the gateway counted itself. */
export const LIMIT_REPORT_OPERATIONS = {
  reportLimits: operation({
    ...common,
    method: 'GET',
    path: '/v1/limits/report',
    summary: 'Tells what limits refused in a period: by tier, by limit and by client, and who abused bursts.',
    query: reportPeriod,
    response: reportView,
    run: reportLimits,
  }),
} as const;

interface Input {
  readonly query: z.output<typeof reportPeriod>;
}

async function reportLimits(services: ControlServices, { query }: Input) {
  const toMs = ceilHour(query.to === undefined ? services.clock.nowMs() : Date.parse(query.to));
  const fromMs = floorHour(query.from === undefined ? toMs - DEFAULT_DAYS * DAY_MS : Date.parse(query.from));
  if (fromMs >= toMs) return new Problem(422, 'bad_period', 'The period must begin before it ends.');
  const hours = await services.limitActivity.listHours(fromMs, toMs);
  const limited = hours.flatMap((hour) => hour.limited);
  const { refused, observed } = sumOf(limited);
  const requests = hours.reduce((sum, hour) => sum + hour.requests, 0);
  return {
    from: new Date(fromMs).toISOString(),
    to: new Date(toMs).toISOString(),
    total: { requests, refused, observed, share: shareOf(refused, requests) },
    tiers: groups(limited, ({ tier }) => tier).map(([tier, own]) => ({
      tier,
      ...sumOf(own),
      share: shareOf(sumOf(own).refused, refused),
    })),
    limits: groups(limited, ({ limit }) => limit).map(([limit, own]) => ({ limit, ...sumOf(own) })),
    clients: await clientsOf(services, limited, query.top),
    adaptive: await adaptiveOf(services, fromMs, toMs),
    events: await eventsOf(services, fromMs, toMs),
  };
}

async function clientsOf({ keys }: ControlServices, limited: readonly LimitedRequests[], top: number) {
  const found = groups(limited, ({ kind, client }) => `${kind} ${client}`).slice(0, top);
  return Promise.all(
    found.map(async ([, own]) => {
      const { kind, client } = own[0] as LimitedRequests;
      const key = kind === 'key' ? await keys.find(client) : null;
      return {
        kind,
        client,
        name: key === null ? '' : `${key.prefix}… ${key.name}`,
        owner: key?.owner ?? '',
        tiers: distinct(own.map(({ tier }) => tier)),
        limits: distinct(own.map(({ limit }) => limit)),
        ...sumOf(own),
        lastAt: new Date(Math.max(...own.map(({ lastAtMs }) => lastAtMs))).toISOString(),
      };
    }),
  );
}

async function adaptiveOf({ adaptive }: ControlServices, fromMs: number, toMs: number) {
  const actions = await adaptive.actions.list(fromMs, toMs, MAX_LISTED);
  return actions.map(viewOf).reverse();
}

async function eventsOf({ notices }: ControlServices, fromMs: number, toMs: number) {
  const lists = await Promise.all(EVENTS.map((kind) => notices.list(kind, MAX_LISTED)));
  return lists
    .flat()
    .filter(({ createdAtMs }) => createdAtMs >= fromMs && createdAtMs < toMs)
    .sort((one, other) => other.createdAtMs - one.createdAtMs)
    .map(({ kind, createdAtMs, payload }) => ({
      kind,
      at: new Date(createdAtMs).toISOString(),
      payload: { ...payload },
    }));
}

/** What has one name in common, the group with the most refused requests first. */
function groups(
  limited: LimitHour['limited'],
  nameOf: (each: LimitedRequests) => string,
): [string, LimitedRequests[]][] {
  const found = new Map<string, LimitedRequests[]>();
  for (const each of limited) {
    const own = found.get(nameOf(each));
    if (own === undefined) found.set(nameOf(each), [each]);
    else own.push(each);
  }
  const weight = (own: readonly LimitedRequests[]): number => sumOf(own).refused * 1e6 + sumOf(own).observed;
  return [...found].sort(([, one], [, other]) => weight(other) - weight(one));
}

function sumOf(limited: readonly LimitedRequests[]): { refused: number; observed: number } {
  let refused = 0;
  let observed = 0;
  for (const each of limited) {
    refused += each.refused;
    observed += each.observed;
  }
  return { refused, observed };
}

const distinct = (texts: readonly string[]): string[] =>
  [...new Set(texts.filter((text) => text !== ''))].sort();
const shareOf = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);
const floorHour = (ms: number): number => ms - (ms % HOUR_MS);
const ceilHour = (ms: number): number => Math.ceil(ms / HOUR_MS) * HOUR_MS;
