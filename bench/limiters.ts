import { rateLimit } from 'express-rate-limit';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import {
  type CountingRule,
  type Hit,
  type LimitStore,
  type Limits,
  newCounterState,
} from '../src/core/limits.ts';
import { DEFAULT_TIERS } from '../src/stages/ratelimit/tiers.ts';
import { createCounterTable } from '../src/stores/shared/counter-table.ts';
import { memoryLimits } from '../src/stores/shared/memory-limits.ts';
import { openCounters } from '../src/stores/shared/shared-counters.ts';

/** Something that admits or refuses the requests of clients. */
export interface OpenLimiter {
  take(client: string): boolean | Promise<boolean>;
  close(): void;
}

/** A limiter under measurement. */
export interface Limiter {
  readonly title: string;
  /** What it does for each request. */
  readonly work: string;
  /** Opens one with so many requests per minute for each client. */
  open(perMinute: number): OpenLimiter;
}

const MINUTE_MS = 60_000;
const RULE: CountingRule = { counting: 'strict', onUnavailable: 'deny' };
const CLIENTS = 1_000_000;

/** The limiters that count in the memory of one process. */
export const MEMORY_LIMITERS: readonly Limiter[] = [
  {
    title: 'Portcullis',
    work: 'one window that slides',
    open: (perMinute) => openOwn({ perMinute, perHour: 0, perDay: 0, concurrent: 0, burst: null }),
  },
  {
    title: 'Portcullis, a whole tier',
    work: 'three windows that slide, bursts watched',
    open: (perMinute) => {
      const { burst } = DEFAULT_TIERS.get('pro')!;
      return openOwn({ perMinute, perHour: 1_000_000, perDay: 1_000_000, concurrent: 0, burst });
    },
  },
  {
    title: 'rate-limiter-flexible, memory',
    work: 'one fixed window',
    open: (perMinute) => {
      const limiter = new RateLimiterMemory({ points: perMinute, duration: MINUTE_MS / 1000 });
      const take = (client: string): Promise<boolean> => limiter.consume(client).then(yes, no);
      return { take, close: () => {} };
    },
  },
  {
    title: 'express-rate-limit, memory',
    work: 'one fixed window, header fields of the answer',
    open: openExpress,
  },
];

const yes = (): boolean => true;
const no = (): boolean => false;

/** Portcullis in the memory that threads share. */
function openOwn(limits: Limits): OpenLimiter {
  return ownLimiter(memoryLimits(openCounters(createCounterTable({ clients: CLIENTS }))), limits, RULE);
}

/** Takes requests as the stage does: hits and state are made once. */
export function ownLimiter(store: LimitStore, limits: Limits, rule: CountingRule): OpenLimiter {
  const hit: Hit = { scope: 'principal/tier', client: '', limits, cost: 1 };
  const hits = [hit];
  const state = newCounterState();
  return {
    take(client) {
      hit.client = client;
      const found = store.take(hits, rule, Date.now(), state);
      return found instanceof Promise ? found.then(({ admitted }) => admitted) : found.admitted;
    },
    close: () => {},
  };
}

/** The middleware as Express would call it, with the least of a request and an answer that it asks for. */
function openExpress(perMinute: number): OpenLimiter {
  const handler = rateLimit({
    windowMs: MINUTE_MS,
    limit: perMinute,
    standardHeaders: 'draft-8',
    legacyHeaders: true,
    validate: false,
    keyGenerator: ({ ip }) => ip ?? '',
  });
  const answer = {
    headersSent: false,
    setHeader: () => answer,
    append: () => answer,
    status: () => answer,
    send: () => answer,
  };
  const app = { get: () => false };
  return {
    async take(client) {
      let isAdmitted = false;
      const next = (): void => {
        isAdmitted = true;
      };
      await handler({ ip: client, app, headers: {} } as never, answer as never, next);
      return isAdmitted;
    },
    close: () => {},
  };
}
