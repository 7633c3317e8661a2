import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startHolding } from '../support/holding-upstream.ts';
import { exchange } from '../support/raw-client.ts';
import { type RecordingUpstream, start } from '../support/recording-upstream.ts';
import { plainConfig, startTestGateway, type TestGateway, until } from '../support/test-gateway.ts';
import { intercept, seeWorkers } from '../support/workers.ts';

const GET = 'GET /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';

let upstream: RecordingUpstream;

beforeAll(async () => {
  upstream = await start();
});
afterAll(() => upstream.close());

/** Asks often enough that every thread has answered. */
async function statuses(gateway: TestGateway, count = 20): Promise<Set<number | undefined>> {
  const answers = await Promise.all(Array.from({ length: count }, () => exchange(gateway.port, GET)));
  return new Set(answers.map(({ responses }) => responses[0]?.status));
}

/** A configuration in whose plan nothing is found. */
const nothingFound = (more: object = {}) =>
  plainConfig(upstream.port, {
    threads: 2,
    apis: [
      { id: 'web', path: '/other', upstream: `http://127.0.0.1:${upstream.port}`, authenticate: 'none' },
    ],
    ...more,
  });

const TEN_MISTAKES = `version: 1
threads: 2
dataDir: ./data
listeners:
  - { name: web, host: 127.0.0.1, port: 0 }
admin: { port: 0 }
colour: blue
limits:
  headerBytes: many
trustedProxies: [not-an-address]
tiers:
  free: { perMinute: -3 }
apis:
  - id: web
    path: no-slash
    upstream: ftp://127.0.0.1:1
    authenticate: { jwt: { issuer: nobody, audience: a } }
    rateLimit: { tier: golden }
    retries: 99
  - id: web
    path: /two
    upstream: http://127.0.0.1:1
    authenticate: { apiKey: { header: "a b" } }
    cors: { origins: ['*'], credentials: true }
`;

test('ten mistakes are ten problems with line and pointer, and the old plan stays', async () => {
  await using gateway = await startTestGateway(plainConfig(upstream.port, { threads: 2 }));
  writeFileSync(gateway.configPath, TEN_MISTAKES);
  const response = await gateway.admin('/v1/reload', { method: 'POST' });
  expect(response.status).toBe(422);
  const { problems, planVersion } = (await response.json()) as {
    problems: { pointer: string; line: number; message: string }[];
    planVersion: number;
  };
  expect(problems.length).toBeGreaterThanOrEqual(10);
  expect(new Set(problems.map(({ pointer }) => pointer)).size).toBeGreaterThanOrEqual(10);
  expect(problems.every(({ line, message }) => line >= 7 && message.length > 10)).toBe(true);
  expect(planVersion).toBe(1);
  expect(await statuses(gateway)).toEqual(new Set([200]));
  expect(gateway.gateway.services.status().problems).toHaveLength(1);

  gateway.writeConfig(plainConfig(upstream.port, { threads: 2 }));
  expect(await gateway.gateway.reload()).toEqual({ planVersion: 2, problems: [] });
  expect(gateway.gateway.services.status().problems).toEqual([]);
});

test('settings that need a restart are told, all of them, and nothing changes', async () => {
  await using gateway = await startTestGateway(plainConfig(upstream.port));
  gateway.writeConfig(nothingFound({ threads: 3, counters: { clients: 5000 }, journal: { keepFiles: 9 } }));
  const { problems } = await gateway.gateway.reload();
  expect(problems.map(({ pointer }) => pointer)).toEqual(['/threads', '/counters', '/journal']);
  expect(problems.every(({ message, line }) => message.includes('restart') && (line ?? 0) > 1)).toBe(true);
  expect(await statuses(gateway)).toEqual(new Set([200]));
});

test.each([
  ['finds a mistake in it', { document: {} }],
  ['ends while it compiles it', null],
])('a plan stays out of force everywhere when one thread %s', async (_what, change) => {
  using workers = seeWorkers();
  await using gateway = await startTestGateway(plainConfig(upstream.port, { threads: 2 }));
  const [, second] = workers.all;
  if (second === undefined) throw new Error('There is no second thread.');
  intercept(second, (message, send) => {
    if (message.type !== 'prepare') return send(message);
    if (change === null) return void second.terminate();
    send({ ...message, plan: { ...(message.plan as object), ...change } });
  });
  const { extra, ...ports } = gateway.gateway.ports;
  gateway.writeConfig(
    nothingFound({
      listeners: [
        { name: 'web', host: '127.0.0.1', port: 0 },
        { name: 'extra', host: '127.0.0.1', port: 0 },
      ],
    }),
  );
  const { problems, planVersion } = await gateway.gateway.reload();
  expect(problems.length).toBeGreaterThan(0);
  expect(planVersion).toBe(1);
  expect(extra).toBeUndefined();
  expect(gateway.gateway.ports).toEqual(ports);
  const isWhole = () => gateway.gateway.services.status().threads.every(({ state }) => state === 'running');
  await until('both threads run', isWhole);
  expect(await statuses(gateway)).toEqual(new Set([200]));

  if (change !== null)
    intercept(second, (message) => second.constructor.prototype.postMessage.call(second, message));
  expect((await gateway.gateway.reload()).problems).toEqual([]);
  expect(await statuses(gateway)).toEqual(new Set([404]));
});

test('a thread that does not commit is replaced by one with the plan in force', async () => {
  using workers = seeWorkers();
  await using gateway = await startTestGateway(plainConfig(upstream.port, { threads: 2 }));
  const [first] = workers.all;
  if (first === undefined) throw new Error('There is no thread.');
  intercept(first, (message, send) =>
    send(message.type === 'commit' ? { ...message, version: 99 } : message),
  );
  gateway.writeConfig(nothingFound());
  expect((await gateway.gateway.reload()).problems).toEqual([]);
  await until('the thread is replaced', () => {
    const [thread] = gateway.gateway.services.status().threads;
    return thread?.state === 'running' && thread.restarts === 1;
  });
  expect(await statuses(gateway)).toEqual(new Set([404]));
});

test('a change of the file during a reload is not missed', async () => {
  await using issuer = await startHolding();
  await using gateway = await startTestGateway(plainConfig(upstream.port, { threads: 2 }));
  const jwks = { url: `http://127.0.0.1:${issuer.port}/keys` };
  gateway.writeConfig(nothingFound({ issuers: [{ id: 'slow', issuer: 'https://slow.example', jwks }] }));
  const reload = gateway.gateway.reload();
  await until('the reload asks the issuer', () => issuer.waiting === 1);
  // The file was read already.
  gateway.writeConfig(nothingFound({ trustedProxies: ['10.0.0.1'] }));
  issuer.release('{"keys":[]}');
  expect(await reload).toEqual({ planVersion: 2, problems: [] });
  await until('the watcher reloads', () => gateway.gateway.services.status().plan?.version === 3);
  expect(gateway.gateway.services.redactedConfig()).toMatchObject({ trustedProxies: ['10.0.0.1'] });
});
