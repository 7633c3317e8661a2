import { z } from 'zod';
import { ACTIVITY_KINDS, type KeyActivity, type KeyUsage } from '../core/key-usage.ts';
import { latencyQuantile } from '../lib/apikey/latency-histogram.ts';
import { instant } from './instants.ts';

const quantile = z
  .number()
  .nullable()
  .describe('Milliseconds that so many requests took at most; null for none, and above 10,000.');

export const usageView = z.object({
  requests: z.int(),
  errors: z.int().describe('Requests answered with a status of 400 or more.'),
  errorRate: z.number().describe('From 0 to 1.'),
  meanMs: z.number(),
  p50Ms: quantile,
  p95Ms: quantile,
  p99Ms: quantile,
  lastUsedAt: instant.nullable(),
});

/** What a key was used for, in sum. */
export function viewOfUsage(usage: KeyUsage | null): z.input<typeof usageView> {
  const { requests = 0, errors = 0, totalUs = 0, latency = [], lastUsedAtMs = 0 } = usage ?? {};
  return {
    requests,
    errors,
    errorRate: requests === 0 ? 0 : errors / requests,
    meanMs: requests === 0 ? 0 : totalUs / requests / 1000,
    p50Ms: latencyQuantile(latency, 0.5),
    p95Ms: latencyQuantile(latency, 0.95),
    p99Ms: latencyQuantile(latency, 0.99),
    lastUsedAt: lastUsedAtMs === 0 ? null : new Date(lastUsedAtMs).toISOString(),
  };
}

const valueView = z.object({
  value: z.string(),
  requests: z.int(),
  firstUse: instant,
  lastUse: instant,
  isNew: z
    .boolean()
    .nullable()
    .describe('First used at or after the suspected moment; null where none was named.'),
});

const kindView = z.object({
  values: z.array(valueView),
  beyond: z
    .object({ requests: z.int(), firstUse: instant, lastUse: instant })
    .nullable()
    .describe('Requests of further values, when there were too many to keep each; null when each was kept.'),
});

export const blastRadius = z.object({
  since: instant.nullable(),
  firstUse: instant.nullable(),
  lastUse: instant.nullable(),
  endpoints: kindView,
  methods: kindView,
  addresses: kindView,
  countries: kindView,
  statuses: kindView,
});

const iso = (ms: number): string => new Date(ms).toISOString();

function kindOf(activity: readonly KeyActivity[], kind: KeyActivity['kind'], sinceMs: number | null) {
  const own = activity.filter((entry) => entry.kind === kind);
  const rest = own.find(({ value }) => value === '');
  return {
    values: own
      .filter(({ value }) => value !== '')
      .map(({ value, requests, firstAtMs, lastAtMs }) => ({
        value,
        requests,
        firstUse: iso(firstAtMs),
        lastUse: iso(lastAtMs),
        isNew: sinceMs === null ? null : firstAtMs >= sinceMs,
      })),
    beyond:
      rest === undefined
        ? null
        : { requests: rest.requests, firstUse: iso(rest.firstAtMs), lastUse: iso(rest.lastAtMs) },
  };
}

/** What may have been done with a key: everything it was ever used for, and what of it is new since a moment. */
export function radiusOf(
  activity: readonly KeyActivity[],
  sinceMs: number | null,
): z.input<typeof blastRadius> {
  const firsts = activity.map(({ firstAtMs }) => firstAtMs);
  const lasts = activity.map(({ lastAtMs }) => lastAtMs);
  const [endpoints, methods, addresses, countries, statuses] = ACTIVITY_KINDS.map((kind) =>
    kindOf(activity, kind, sinceMs),
  ) as [Kind, Kind, Kind, Kind, Kind];
  return {
    since: sinceMs === null ? null : iso(sinceMs),
    firstUse: firsts.length === 0 ? null : iso(firsts.reduce((a, b) => Math.min(a, b))),
    lastUse: lasts.length === 0 ? null : iso(lasts.reduce((a, b) => Math.max(a, b))),
    endpoints,
    methods,
    addresses,
    countries,
    statuses,
  };
}

type Kind = ReturnType<typeof kindOf>;
