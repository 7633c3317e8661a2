import { type Limiter, MEMORY_LIMITERS } from './limiters.ts';
import { type Spread, spreadOf } from './statistics.ts';

/** What one limiter costs for each request, in microseconds of CPU time, without connections of clients. */
export interface LimitCost {
  readonly title: string;
  readonly work: string;
  readonly us: Spread;
  /** To the first of the list, within each round. */
  readonly ratio: Spread;
}

const ROUNDS = 8;
const WARM_UP_ROUNDS = 2;
const REQUESTS = 100_000;
const CLIENTS = 10_000;
/** Requests under way at once where a limiter has to be waited for. */
const AT_ONCE = 64;
const PER_MINUTE = 1_000_000;

/** Measures the limiters of a list side by side: every round visits all of them with the same clients. */
export async function measureLimitCosts(
  limiters: readonly Limiter[] = MEMORY_LIMITERS,
  requests = REQUESTS,
): Promise<LimitCost[]> {
  const clients = Array.from({ length: CLIENTS }, (_, at) => `192.0.${at >> 8}.${at & 255}`);
  const open = limiters.map((limiter) => limiter.open(PER_MINUTE));
  const rounds: number[][] = limiters.map(() => []);
  for (let round = 0; round < ROUNDS + WARM_UP_ROUNDS; round++) {
    for (const [at, limiter] of open.entries()) {
      const us = await cpuOf(requests, () => takeAll(limiter.take, clients, requests));
      if (round >= WARM_UP_ROUNDS) rounds[at]?.push(us);
    }
  }
  for (const limiter of open) limiter.close();
  const [first = []] = rounds;
  return limiters.map(({ title, work }, at) => {
    const own = rounds[at] as number[];
    return { title, work, us: spreadOf(own), ratio: spreadOf(own.map((us, round) => us / first[round]!)) };
  });
}

/** Takes requests one after another where the limiter answers at once, else so many side by side. */
async function takeAll(
  take: (client: string) => boolean | Promise<boolean>,
  clients: readonly string[],
  requests: number,
): Promise<void> {
  let next = 0;
  const run = async (): Promise<void> => {
    while (next < requests) {
      const admitted = take(clients[next++ % CLIENTS] as string);
      if (!(typeof admitted === 'boolean' ? admitted : await admitted))
        throw new Error('A request within its limit was refused.');
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, run));
}

/** Microseconds of CPU time per request, of the whole process. */
async function cpuOf(requests: number, run: () => Promise<void>): Promise<number> {
  const before = process.cpuUsage();
  await run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / requests;
}
