import { createServer } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ask, askAll } from '../support/ask.ts';
import { issuerBlock, startIssuer, type TestIssuer } from '../support/issuer.ts';
import { startLoad } from '../support/load.ts';
import { askRecorded } from '../support/recorded.ts';
import { type RecordingUpstream, start } from '../support/recording-upstream.ts';
import { plainConfig, startTestGateway, until } from '../support/test-gateway.ts';

const key = (text: string) => `X-API-Key: ${text}\r\n`;
const bearer = (text: string) => `Authorization: Bearer ${text}\r\n`;

let upstream: RecordingUpstream;

beforeAll(async () => {
  upstream = await start();
});
afterAll(() => upstream.close());

/** Two threads in front of one API; `api` are its members, `more` those of the configuration. */
function configOf(api: object, more: object = {}): object {
  const web = { id: 'web', path: '/', upstream: `http://127.0.0.1:${upstream.port}`, ...api };
  return plainConfig(upstream.port, { threads: 2, apis: [web], ...more });
}

const withTokens = (issuer: TestIssuer, more: object = {}, facts: object = {}) =>
  configOf(
    { authenticate: { jwt: { issuer: 'test', audience: 'api' } } },
    { issuers: [issuerBlock(issuer, facts)], ...more },
  );

test('a key works on every thread once it is created, and on none once it is revoked', async () => {
  await using gateway = await startTestGateway(configOf({}));
  for (let round = 0; round < 4; round++) {
    const created = await gateway.createKey({ name: `k${round}` });
    expect(await askAll(gateway.port, key(created.key))).toEqual({ 200: 24 });
    const revoked = await gateway.admin(`/v1/keys/${created.id}`, { method: 'DELETE' });
    expect(revoked.status).toBe(200);
    expect(await askAll(gateway.port, key(created.key))).toEqual({ 401: 24 });
  }
  const told = gateway.log.filter(({ message }) => message === 'An admin operation was asked for.');
  expect(told).toHaveLength(8);
  expect(told[0]?.fields).toMatchObject({ operation: 'createKey', status: 201 });
  expect(told[1]?.fields).toMatchObject({ operation: 'revokeKey', status: 200 });
});

test('a revocation under load: not one request after it is let in', async () => {
  await using gateway = await startTestGateway(configOf({}));
  const created = await gateway.createKey({ name: 'a' });
  const load = startLoad(gateway.port, { keeping: 4, fresh: 2, headers: key(created.key) });
  await until('it runs', () => load.answered > 50);
  expect(load.failures).toEqual([]);
  await gateway.admin(`/v1/keys/${created.id}`, { method: 'DELETE' });
  expect(await askAll(gateway.port, key(created.key), 60)).toEqual({ 401: 60 });
  await load.stop();
  upstream.clear();
});

test.each([
  ['a caller', { rateLimit: { perHour: 30 } }],
  ['an address', { addressLimit: { perHour: 30 } }],
  ['a tier', { rateLimit: { tier: 'free' } }],
])('of 100 requests at once, exactly the 30 of the limit of %s are let in', async (_whose, limit) => {
  await using gateway = await startTestGateway(configOf(limit, { tiers: { free: { perHour: 30 } } }));
  const created = await gateway.createKey({ name: 'a' });
  expect(await askAll(gateway.port, key(created.key), 100)).toEqual({ 200: 30, 429: 70 });
  const { requests } = upstream;
  expect(requests.length).toBe(30);
  upstream.clear();
});

test('tokens of a key that is new are let in, and the keys are fetched again for all of them together', async () => {
  await using issuer = await startIssuer();
  await using gateway = await startTestGateway(withTokens(issuer));
  expect(await askAll(gateway.port, bearer(issuer.sign()))).toEqual({ 200: 24 });
  expect(issuer.asked).toBe(1);
  const old = issuer.sign();
  issuer.rotate();
  expect(await askAll(gateway.port, bearer(issuer.sign()))).toEqual({ 200: 24 });
  // Once, or once for each thread when one of them asks after the other was answered.
  expect(issuer.asked).toBeLessThanOrEqual(3);
  expect(await askAll(gateway.port, bearer(old))).toEqual({ 401: 24 });
});

test('tokens of made-up keys make the gateway ask the issuer ten times a minute at most', async () => {
  await using issuer = await startIssuer();
  await using forger = await startIssuer();
  await using gateway = await startTestGateway(withTokens(issuer));
  for (let i = 0; i < 30; i++) {
    forger.rotate();
    expect((await ask(gateway.port, bearer(forger.sign()))).status).toBe(401);
  }
  expect(issuer.asked).toBeLessThanOrEqual(10);
  expect((await ask(gateway.port, bearer(issuer.sign()))).status).toBe(200);
});

test('an issuer that is down is a 503 with its name, and one that is back is a 200', async () => {
  await using issuer = await startIssuer();
  issuer.isDown = true;
  await using gateway = await startTestGateway(withTokens(issuer));
  const token = bearer(issuer.sign());
  const refused = await askRecorded(gateway, 'GET /', `${token}\r\n`);
  expect(refused).toMatchObject({ status: 503, reason: 'authn.unavailable' });
  expect(refused.detail).toContain(issuer.url);
  expect((await askRecorded(gateway)).reason).toBe('authn.missing');
  issuer.isDown = false;
  await until('it is let in', async () => (await ask(gateway.port, token)).status === 200);
});

test('keys of an issuer stay in force while a reload changes it, and when the reload fails', async () => {
  await using issuer = await startIssuer();
  await using gateway = await startTestGateway(withTokens(issuer));
  const load = startLoad(gateway.port, { keeping: 3, fresh: 1, headers: bearer(issuer.sign()) });
  for (let round = 1; round <= 5; round++) {
    gateway.writeConfig(withTokens(issuer, {}, { refreshS: 100 + round }));
    expect((await gateway.gateway.reload()).problems).toEqual([]);
  }
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  const { port } = taken.address() as { port: number };
  const listeners = [
    { name: 'web', host: '127.0.0.1', port: 0 },
    { name: 'taken', host: '127.0.0.1', port },
  ];
  gateway.writeConfig(configOf({ authenticate: 'none' }, { listeners }));
  const { problems } = await gateway.gateway.reload();
  expect(problems).toEqual([expect.objectContaining({ message: expect.stringContaining('is in use') })]);
  const before = load.answered;
  await until('requests go on', () => load.answered > before + 30);
  await load.stop();
  taken.close();
  upstream.clear();
  expect(load.failures).toEqual([]);
});
