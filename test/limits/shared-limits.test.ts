import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { needs } from '../support/binaries.ts';
import { type GatewayProcess, startGatewayProcess } from '../support/gateway-process.ts';
import { start } from '../support/recording-upstream.ts';
import { startRedis, type TestRedis } from '../support/redis-server.ts';
import { plainConfig, until } from '../support/test-gateway.ts';

const CLIENTS = 64;

/** Asks on one connection, one request after the other, until it was refused so often in a row; returns how many passed. */
function spend(port: number, path: string, refusals: number): Promise<number> {
  return new Promise((resolve, reject) => {
    let passed = 0;
    let refused = 0;
    let text = '';
    const socket: Socket = connect(port, '127.0.0.1', () => ask());
    const ask = () => socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
    socket.once('error', reject);
    socket.on('data', (data) => {
      text += data.toString('latin1');
      const [, head, length] =
        /^(HTTP\/1\.1 \d+ [\s\S]*?content-length: (\d+)[\s\S]*?\r\n\r\n)/i.exec(text) ?? [];
      if (head === undefined || text.length < head.length + Number(length)) return;
      text = '';
      const status = Number(head.slice(9, 12));
      if (status === 200) {
        passed++;
        refused = 0;
      } else if (status === 429) refused++;
      else return reject(new Error(head));
      if (refused < refusals) return void ask();
      socket.destroy();
      resolve(passed);
    });
  });
}

describe.skipIf(!needs('redis-server', 'redis-server'))(
  'two gateways with two threads each and 64 clients',
  () => {
    let redis: TestRedis;
    let upstream: Awaited<ReturnType<typeof start>>;
    const gateways: GatewayProcess[] = [];

    const limit = (counting: string, perMinute: number) => ({
      counting,
      perMinute,
      perHour: 100_000,
      onUnavailable: 'deny',
    });
    const config = () =>
      plainConfig(upstream.port, {
        threads: 2,
        counters: { url: redis.url, timeoutMs: 5000 },
        apis: [
          { id: 'strict', path: '/strict', rateLimit: limit('strict', 500) },
          { id: 'leased', path: '/leased', rateLimit: limit('leased', 500) },
          { id: 'again', path: '/again', rateLimit: limit('strict', 40) },
        ].map((api) => ({ ...api, upstream: `http://127.0.0.1:${upstream.port}`, authenticate: 'none' })),
      });

    beforeAll(async () => {
      redis = await startRedis();
      upstream = await start();
      gateways.push(await startGatewayProcess(config()), await startGatewayProcess(config()));
    });
    afterAll(async () => {
      for (const gateway of gateways) await gateway[Symbol.asyncDispose]();
      await upstream?.close();
      await redis?.[Symbol.asyncDispose]();
    });

    /** All clients at once, half of them at each gateway; what passed altogether. */
    async function total(path: string, refusals: number): Promise<number> {
      const passed = await Promise.all(
        Array.from({ length: CLIENTS }, (_, i) =>
          spend((gateways[i % 2] as GatewayProcess).port, path, refusals),
        ),
      );
      return passed.reduce((sum, count) => sum + count, 0);
    }

    test('strict admits exactly the limit', async () => {
      expect(await total('/strict', 3)).toBe(500);
    });

    test('leased admits the limit and never more; what was refused early is to be had when leases have ended', async () => {
      const first = await total('/leased', 3);
      expect(first).toBeLessThanOrEqual(500);
      // Three other threads may hold a tenth of what was left each.
      expect(first).toBeGreaterThanOrEqual(500 - 3 * 49);
      let all = first;
      let tries = 0;
      await until('the rest is to be had', async () => {
        all += await spend((gateways[tries++ % 2] as GatewayProcess).port, '/leased', 1);
        return all >= 500;
      });
      expect(all).toBe(500);
      expect(await total('/leased', 1)).toBe(0);
    });

    test('a gateway that starts anew forgives nothing', async () => {
      expect(await total('/again', 1)).toBe(40);
      await gateways[0]?.[Symbol.asyncDispose]();
      gateways[0] = await startGatewayProcess(config());
      expect(await total('/again', 1)).toBe(0);
    });
  },
);
