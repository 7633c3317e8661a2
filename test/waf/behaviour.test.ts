import { afterEach, expect, test } from 'vitest';
import { exchange } from '../support/raw-client.ts';
import { start } from '../support/recording-upstream.ts';
import { plainConfig, startTestGateway, type TestGateway, until } from '../support/test-gateway.ts';

const closing: AsyncDisposable[] = [];
afterEach(async () => {
  for (const each of closing.splice(0).reverse()) await each[Symbol.asyncDispose]();
});

/** A gateway of two threads in front of an upstream that has the orders below 10 and no other. */
async function open(behaviour: object): Promise<TestGateway> {
  const upstream = await start({
    respond: ({ target }) =>
      /\/orders\/\d$/.test(target)
        ? 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'
        : 'HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n',
  });
  closing.push({ [Symbol.asyncDispose]: () => upstream.close() });
  const gateway = await startTestGateway(
    plainConfig(upstream.port, { threads: 2, trustedProxies: ['127.0.0.1'], defaults: { behaviour } }),
  );
  closing.push(gateway);
  return gateway;
}

async function ask(gateway: TestGateway, client: string, path: string): Promise<number> {
  const get = `GET ${path} HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: ${client}\r\nConnection: close\r\n\r\n`;
  const { responses } = await exchange(gateway.port, get);
  return responses[0]?.status ?? 0;
}

async function guess(gateway: TestGateway, client: string, count: number): Promise<number[]> {
  const statuses: number[] = [];
  for (let at = 0; at < count; at++) statuses.push(await ask(gateway, client, `/orders/${1000 + at * 17}`));
  return statuses;
}

test('who guesses identifiers is kept out of the API by all threads, told of, and let in again', async () => {
  const gateway = await open({ guessing: { objects: 20 } });
  const statuses = await guess(gateway, '203.0.113.7', 40);
  expect(statuses.slice(0, 15)).toEqual(Array(15).fill(404));
  expect(statuses.slice(-10)).toEqual(Array(10).fill(403));
  expect(await ask(gateway, '203.0.113.7', '/orders/1')).toBe(403);
  expect(await ask(gateway, '203.0.113.8', '/orders/1')).toBe(200);
  const record = (await gateway.records(42)).find(
    ({ portcullis }) => portcullis.decision.stage === 'behaviour',
  );
  expect(record?.portcullis.decision).toMatchObject({
    effect: 'deny',
    reason: 'behaviour.blocked',
    detail: expect.stringMatching(/^identifiers were guessed, so the client is kept out until 20/),
  });
  await until('the notice', async () => {
    const { notices } = (await (await gateway.admin('/v1/notices')).json()) as {
      notices: { kind: string; payload: object }[];
    };
    const told = notices.filter(({ kind }) => kind === 'behaviour.blocked');
    return told.length === 1 && JSON.stringify(told).includes('203.0.113.7');
  });
  const list = async (): Promise<{ blocked: object[] }> =>
    (await (await gateway.admin('/v1/behaviour/blocked')).json()) as { blocked: object[] };
  expect((await list()).blocked).toMatchObject([{ client: '203.0.113.7', rule: 'guessing' }]);
  await gateway.admin('/v1/behaviour/blocked?client=203.0.113.7', { method: 'DELETE' });
  expect((await list()).blocked).toEqual([]);
  expect(await ask(gateway, '203.0.113.7', '/orders/1')).toBe(200);
});

test('in observe mode everything goes on, and the journal says what would have been', async () => {
  const gateway = await open({ mode: 'observe', guessing: { objects: 20 } });
  expect(new Set(await guess(gateway, '203.0.113.7', 40))).toEqual(new Set([404]));
  const records = await gateway.records(40);
  expect(JSON.stringify(records.at(-1))).toContain('behaviour.blocked');
  await until('the notice', async () => {
    const { notices } = (await (await gateway.admin('/v1/notices')).json()) as {
      notices: { kind: string }[];
    };
    return notices.some(({ kind }) => kind === 'behaviour.seen');
  });
});

test('a network that is excepted, and paths that name no object, are not watched', async () => {
  const gateway = await open({ guessing: { objects: 20 }, except: ['203.0.113.0/24'] });
  expect(new Set(await guess(gateway, '203.0.113.7', 40))).toEqual(new Set([404]));
  const statuses: number[] = [];
  for (let at = 0; at < 40; at++) statuses.push(await ask(gateway, '198.51.100.7', '/nothing/here'));
  expect(new Set(statuses)).toEqual(new Set([404]));
});

test('who probes privileged paths is kept out', async () => {
  const gateway = await open({ probing: { paths: 4 } });
  const paths = ['/admin', '/admin/users', '/.git/config', '/actuator/env', '/debug', '/console', '/backup'];
  const statuses: number[] = [];
  for (const path of paths) statuses.push(await ask(gateway, '203.0.113.7', path));
  expect(statuses).toEqual([404, 404, 404, 404, 404, 403, 403]);
});
