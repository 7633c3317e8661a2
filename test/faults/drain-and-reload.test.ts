import { expect, test } from 'vitest';
import { startHolding } from '../support/holding-upstream.ts';
import { openRawClient, type RawClient } from '../support/raw-client.ts';
import { plainConfig, startTestGateway, until } from '../support/test-gateway.ts';

const GET = 'GET /a HTTP/1.1\r\nHost: x\r\n\r\n';
const HALF = GET.slice(0, 21);
const DRAIN_MS = 10_000;
const NEW_LIMITS = { limits: { drainMs: DRAIN_MS, headerCount: 50, keepAliveMs: 30_000 } };

const config = (port: number, more: object = {}): object =>
  plainConfig(port, { limits: { drainMs: DRAIN_MS }, ...more });

async function statusesOf(client: RawClient): Promise<readonly [number[], string, string]> {
  const { responses, closed, rest } = await client.read(undefined, DRAIN_MS);
  return [responses.map(({ status }) => status), closed, rest.toString()];
}

test('a drain answers what is under way, and nothing of what waits behind it', async () => {
  await using slow = await startHolding();
  await using gateway = await startTestGateway(config(slow.port));
  const behind = [GET + GET, GET + HALF, GET + GET.repeat(5_000)];
  const clients = await Promise.all(behind.map(() => openRawClient(gateway.port)));
  const halves = await Promise.all(
    [HALF, '\r\n', 'G', ''].map(async (text) => {
      const client = await openRawClient(gateway.port);
      await client.write(text);
      return client;
    }),
  );
  for (const [at, client] of clients.entries()) void client.write(behind[at] as string);
  await until('all are under way', () => slow.waiting === clients.length);
  const startMs = performance.now();
  const closing = gateway.gateway.close();
  for (const client of halves) expect(await statusesOf(client)).toEqual([[], 'end', '']);
  slow.release('late');
  for (const client of clients) expect((await statusesOf(client)).slice(0, 1)).toEqual([[200]]);
  await closing;
  expect(performance.now() - startMs).toBeLessThan(DRAIN_MS);
  expect(slow.waiting).toBe(0);
  expect(await gateway.records(3)).toHaveLength(3);
});

test('half a head and the head behind it are taken under the plan that is in force when they are whole', async () => {
  await using old = await startHolding();
  await using next = await startHolding();
  await using gateway = await startTestGateway(config(old.port));
  const pipelining = await openRawClient(gateway.port);
  const beginning = await openRawClient(gateway.port);
  await pipelining.write(GET + GET + HALF);
  await beginning.write(HALF);
  await until('the first is under way', () => old.waiting === 1);
  gateway.writeConfig(config(next.port, NEW_LIMITS));
  expect((await gateway.gateway.reload()).problems).toEqual([]);
  await beginning.write(GET.slice(HALF.length));
  await until('the half one is under way', () => next.waiting === 1);
  old.release('old');
  await until('the second is under way', () => next.waiting === 2);
  next.release('next');
  await pipelining.write(GET.slice(HALF.length));
  await until('the third is under way', () => next.waiting === 1);
  next.release('next');
  const bodies = async (client: RawClient, count: number): Promise<string[]> =>
    (await client.read(count)).responses.map(({ body }) => body.toString());
  expect(await bodies(pipelining, 3)).toEqual(['old', 'next', 'next']);
  expect(await bodies(beginning, 1)).toEqual(['next']);
  expect(old.open).toBe(0);
  pipelining.close();
  beginning.close();
});

test('connections of limits that are gone still end in a drain', async () => {
  await using slow = await startHolding();
  await using gateway = await startTestGateway(config(slow.port));
  const busy = await openRawClient(gateway.port);
  const idle = await openRawClient(gateway.port);
  await busy.write(GET + HALF);
  await idle.write(HALF);
  await until('it is under way', () => slow.waiting === 1);
  gateway.writeConfig(config(slow.port, NEW_LIMITS));
  expect((await gateway.gateway.reload()).problems).toEqual([]);
  const closing = gateway.gateway.close();
  expect(await statusesOf(idle)).toEqual([[], 'end', '']);
  slow.release('late');
  expect(await statusesOf(busy)).toEqual([[200], 'end', '']);
  await closing;
});
