import { exchange } from '../support/raw-client.ts';
import { until } from '../support/test-gateway.ts';

/** How long an upstream takes for `/slow`: each such request holds its slot at least as long. */
export const SLOW_MS = 150;
/** A timer of the upstream may be early by a part of a millisecond. */
const EARLY_MS = 2;

/** Statuses of so many requests for a path that are sent at once. */
export async function statusesAtOnce(
  port: number,
  path: string,
  count: number,
  headers = '',
): Promise<number[]> {
  const text = `GET ${path} HTTP/1.1\r\nHost: a.test\r\n${headers}\r\n`;
  const results = await Promise.all(
    Array.from({ length: count }, () => exchange(port, text, { expect: 1, idleMs: 20_000 })),
  );
  return results.map(({ responses }) => responses[0]?.status ?? 0);
}

/** The most slow requests that were under way at one moment, by when they reached the upstream. */
export function mostAtOnce(starts: readonly number[]): number {
  const underWay = (at: number) => starts.filter((start) => start <= at && at < start + SLOW_MS - EARLY_MS);
  return Math.max(0, ...starts.map((start) => underWay(start).length));
}

/**
 * Waits until as many slow requests as there are slots are under way at one moment, and never one more: then all are free.
 * `starts` is where the upstream notes each slow request.
 */
export async function untilAllFree(
  port: number,
  slots: number,
  starts: number[],
  path = '/slow',
  headers = '',
): Promise<void> {
  let last: number[] = [];
  let rounds = 0;
  const isFree = async (): Promise<boolean> => {
    starts.length = 0;
    last = await statusesAtOnce(port, path, slots + 2, headers);
    const most = mostAtOnce(starts);
    // Of those that were given up before, some may reach the upstream late.
    rounds = most > slots ? rounds + 1 : 0;
    if (rounds === 3) throw new Error(`${most} requests had ${slots} slots`);
    return most === slots;
  };
  try {
    await until(`${slots} free slots`, isFree, 20_000);
  } catch (error) {
    throw new Error(`The last ones were answered ${last.join()}.`, { cause: error });
  }
}
