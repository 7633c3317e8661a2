import { exchange } from '../support/raw-client.ts';
import { until } from '../support/test-gateway.ts';

/** Statuses of so many requests for a path that are under way at once. */
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

/** Waits until as many requests as there are slots pass at once, and one more does not: then all are free. */
export async function untilAllFree(port: number, slots: number, path = '/slow', headers = ''): Promise<void> {
  await until(`${slots} free slots`, async () => {
    const statuses = await statusesAtOnce(port, path, slots + 1, headers);
    const passed = statuses.filter((status) => status === 200).length;
    if (passed > slots) throw new Error(`${passed} requests had ${slots} slots: ${statuses.join()}`);
    return passed === slots && statuses.filter((status) => status === 429).length === 1;
  });
}
