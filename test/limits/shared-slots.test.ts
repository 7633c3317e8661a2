import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ask } from '../support/ask.ts';
import { needs } from '../support/binaries.ts';
import { type GatewayProcess, startGatewayProcess } from '../support/gateway-process.ts';
import { type HoldingUpstream, startHolding } from '../support/holding-upstream.ts';
import { startRedis, type TestRedis } from '../support/redis-server.ts';
import { plainConfig, until } from '../support/test-gateway.ts';

const SLOTS = 3;

describe.skipIf(!needs('redis-server', 'redis-server'))('slots of two gateways', () => {
  let redis: TestRedis;
  let upstream: HoldingUpstream;
  const gateways: GatewayProcess[] = [];

  beforeAll(async () => {
    redis = await startRedis();
    upstream = await startHolding();
    const rateLimit = { concurrent: SLOTS, onUnavailable: 'deny' };
    const target = `http://127.0.0.1:${upstream.port}`;
    const config = plainConfig(upstream.port, {
      threads: 2,
      counters: { url: redis.url, timeoutMs: 5000 },
      apis: [{ id: 'slots', path: '/', upstream: target, authenticate: 'none', rateLimit }],
    });
    gateways.push(await startGatewayProcess(config), await startGatewayProcess(config));
  });
  afterAll(async () => {
    for (const gateway of gateways) await gateway[Symbol.asyncDispose]();
    await upstream?.[Symbol.asyncDispose]();
    await redis?.[Symbol.asyncDispose]();
  });

  /** A request that is under way until its connection is closed. */
  async function hold({ port }: GatewayProcess): Promise<Socket> {
    const held = upstream.waiting;
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {});
    socket.write('GET /a HTTP/1.1\r\nHost: x\r\n\r\n');
    await until('the upstream has it', () => upstream.waiting > held);
    return socket;
  }
  const isFull = async ({ port }: GatewayProcess) => (await ask(port)).status === 429;

  test('are held by requests of both, and given back when a client leaves', async () => {
    const [a, b] = gateways as [GatewayProcess, GatewayProcess];
    const held = [await hold(a), await hold(b), await hold(a)];
    expect([await isFull(a), await isFull(b)]).toEqual([true, true]);
    held.pop()?.resetAndDestroy();
    await until('the slot is free', async () => (await count()).startsWith(':2'));
    await until('the upstream was left', () => upstream.waiting === 2);
    held.push(await hold(b));
    expect(await isFull(a)).toBe(true);
    for (const socket of held) socket.resetAndDestroy();
    await until('all are free', async () => (await redis.command('KEYS *:slots')).startsWith('*0'));
  });

  test('those of a gateway that is killed come back within eleven seconds', async () => {
    const [a, b] = gateways as [GatewayProcess, GatewayProcess];
    for (let i = 0; i < SLOTS; i++) await hold(a);
    expect(await isFull(b)).toBe(true);
    // Held for longer than slots last without being renewed.
    const renewedMs = performance.now();
    await until(
      'slots would have ended',
      async () => {
        expect(await isFull(b)).toBe(true);
        return performance.now() - renewedMs > 11_000;
      },
      20_000,
    );
    process.kill(a.pid, 'SIGKILL');
    const killedMs = performance.now();
    await until('they are back', async () => /^:[0-2]\r/.test(await count()), 15_000);
    expect(performance.now() - killedMs).toBeLessThan(11_000);
    const socket = await hold(b);
    socket.resetAndDestroy();
  });

  /** Slots that have not ended. */
  async function count(): Promise<string> {
    const [key = ''] = /portcullis:limit\S+:slots/.exec(await redis.command('KEYS *:slots')) ?? [];
    return key === '' ? ':0\r\n' : redis.command(`ZCOUNT ${key} ${Date.now()} +inf`);
  }
});
