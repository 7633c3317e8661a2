import { setTimeout as sleep } from 'node:timers/promises';

/** A limiter, or a server with one, as clients see it. */
export interface Admitter {
  readonly title: string;
  /** How many processes or gateways clients may choose from. */
  readonly places: number;
  /** Whether the request of a client at a place was admitted. */
  take(client: string, place: number): Promise<boolean>;
  close(): Promise<void>;
}

/** How far a limiter went beyond its limit. */
export interface OverAdmission {
  readonly title: string;
  readonly places: number;
  /** The most that any minute held, of all clients. */
  readonly most: number;
  /** The same beyond the limit, in per cent of it. */
  readonly overPercent: number;
  /** The least that a client got through in its first minute, in per cent of the limit. */
  readonly leastPercent: number;
}

/** Requests of one client in a minute. */
export const LIMIT = 100;
const MINUTE_MS = 60_000;

/** When which client sends how many requests, in milliseconds from the start. */
const PLANS: readonly { readonly client: string; readonly bursts: readonly (readonly [number, number])[] }[] =
  [
    // Opens a fixed window, and uses both sides of its end.
    {
      client: '203.0.113.1',
      bursts: [
        [0, 1],
        [57_000, 150],
        [60_800, 150],
      ],
    },
    // Takes everything at once, and again whatever has come free.
    {
      client: '203.0.113.2',
      bursts: [
        [0, 150],
        [20_000, 150],
        [40_000, 150],
        [58_500, 150],
      ],
    },
  ];

/**
 * Sends the same bursts to all, side by side in real time, and counts the most that any minute held.
 *
 * Shape: a request counts at the moment it was sent. Requests of a burst go to all places in turn.
 */
export async function measureOverAdmission(
  admitters: readonly Admitter[],
  signal: AbortSignal,
): Promise<OverAdmission[]> {
  const startMs = Date.now();
  return Promise.all(
    admitters.map(async (admitter) => {
      const found = await Promise.all(
        PLANS.map(async ({ client, bursts }) => {
          const admittedMs: number[] = [];
          for (const [atMs, requests] of bursts) {
            await sleep(Math.max(0, startMs + atMs - Date.now()), undefined, { signal });
            await sendBurst(admitter, client, requests, admittedMs);
          }
          return { most: mostInAMinute(admittedMs), first: firstMinute(admittedMs, startMs) };
        }),
      );
      const most = Math.max(...found.map((each) => each.most));
      const least = Math.min(...found.map((each) => each.first));
      const overPercent = Math.max(0, (most / LIMIT - 1) * 100);
      const { title, places } = admitter;
      return { title, places, most, overPercent, leastPercent: Math.min(100, (least / LIMIT) * 100) };
    }),
  );
}

async function sendBurst(
  { places, take }: Admitter,
  client: string,
  requests: number,
  admittedMs: number[],
): Promise<void> {
  const sent = Array.from({ length: requests }, async (_, at) => {
    const sentMs = Date.now();
    if (await take(client, at % places)) admittedMs.push(sentMs);
  });
  await Promise.all(sent);
}

function mostInAMinute(momentsMs: readonly number[]): number {
  const sorted = [...momentsMs].sort((one, other) => one - other);
  let most = 0;
  let from = 0;
  for (const [at, momentMs] of sorted.entries()) {
    while (momentMs - (sorted[from] as number) >= MINUTE_MS) from++;
    most = Math.max(most, at - from + 1);
  }
  return most;
}

function firstMinute(momentsMs: readonly number[], startMs: number): number {
  return momentsMs.filter((momentMs) => momentMs - startMs < MINUTE_MS - 500).length;
}
