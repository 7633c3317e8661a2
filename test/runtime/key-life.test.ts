import { createHmac } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ask, askAll } from '../support/ask.ts';
import { gatewayFolder } from '../support/gateway-folder.ts';
import { type RecordingUpstream, start } from '../support/recording-upstream.ts';
import { plainConfig, startTestGateway, type TestGateway, until } from '../support/test-gateway.ts';
import { type ReceivedMessage, startReceiver } from '../support/webhook-receiver.ts';

const SECRET = 'a secret of more than 24 bytes';
const key = (text: string) => `X-API-Key: ${text}\r\n`;

let upstream: RecordingUpstream;
beforeAll(async () => {
  upstream = await start();
});
afterAll(() => upstream.close());

const guarded = (more: object = {}): Record<string, unknown> =>
  plainConfig(upstream.port, {
    threads: 2,
    apis: [{ id: 'web', path: '/', upstream: `http://127.0.0.1:${upstream.port}` }],
    ...more,
  });
// biome-ignore lint/suspicious/noExplicitAny: each operation answers differently
async function post(gateway: Pick<TestGateway, 'admin'>, path: string, body: object = {}): Promise<any> {
  const response = await gateway.admin(path, { method: 'POST', body: JSON.stringify(body) });
  return response.json();
}
// biome-ignore lint/suspicious/noExplicitAny: each operation answers differently
const get = async (gateway: Pick<TestGateway, 'admin'>, path: string): Promise<any> =>
  (await gateway.admin(path)).json();
const show = (gateway: Pick<TestGateway, 'admin'>, id: string) => get(gateway, `/v1/keys/${id}`);

function isSigned({ headers, body }: ReceivedMessage): boolean {
  const text = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
  const wanted = createHmac('sha256', SECRET).update(text).digest('base64');
  return headers['webhook-signature'] === `v1,${wanted}`;
}

test('both keys of a rotation work, and when each was used is shown', async () => {
  await using gateway = await startTestGateway(guarded());
  const old = await gateway.createKey({ name: 'a' });
  const rotated = await post(gateway, `/v1/keys/${old.id}/rotate`, { graceHours: 1 });
  expect(await askAll(gateway.port, key(old.key))).toEqual({ 200: 24 });
  expect(await askAll(gateway.port, key(rotated.key))).toEqual({ 200: 24 });
  await until('both are noted', async () => {
    const { usage, related } = await show(gateway, old.id);
    return usage.requests === 24 && related.successor.lastUsedAt !== null;
  });
  expect(await show(gateway, rotated.record.id)).toMatchObject({
    status: 'active',
    usage: { requests: 24, errors: 0, p99Ms: expect.any(Number) },
    related: { predecessor: { id: old.id, status: 'grace' }, successor: null },
    activity: {
      endpoints: { values: [{ value: 'web', requests: 24 }] },
      methods: { values: [{ value: 'GET' }] },
      addresses: { values: [{ value: '127.0.0.1' }] },
      countries: { values: [{ value: 'unknown' }] },
    },
  });
  const none = await post(gateway, `/v1/keys/${rotated.record.id}/rotate`, { graceHours: 0 });
  expect(await askAll(gateway.port, key(rotated.key))).toEqual({ 401: 24 });
  expect(await askAll(gateway.port, key(none.key))).toEqual({ 200: 24 });
});

test('a compromised key is dead on every thread, and the journal and the webhook tell of it', async () => {
  await using receiver = await startReceiver();
  receiver.status = 500;
  const notices = {
    webhooks: [{ name: 'ops', url: receiver.url, secret: SECRET, kinds: ['key.compromised'] }],
  };
  await using gateway = await startTestGateway(guarded({ notices }));
  const made = await gateway.createKey({ name: 'a', countries: [] });
  expect(await askAll(gateway.port, key(made.key))).toEqual({ 200: 24 });
  await until('it is noted', async () => (await show(gateway, made.id)).usage.requests === 24);
  const report = await post(gateway, '/v1/keys/leaks', [{ token: made.key, url: 'https://git.test/x' }]);
  expect(report.keys).toMatchObject([
    { id: made.id, outcome: 'revoked', compromise: { isAcknowledged: true } },
  ]);
  const { compromise } = report.keys[0];
  expect(compromise.usage.requests).toBe(24);
  expect(await askAll(gateway.port, key(made.key))).toEqual({ 401: 24 });
  expect(await askAll(gateway.port, key(compromise.key))).toEqual({ 200: 24 });
  // The first attempt fails; the second one follows after five seconds, with the same id.
  await until('the first attempt', () => receiver.messages.length === 1);
  expect((await get(gateway, '/v1/status')).problems).toEqual(['The webhook ops answered with status 500.']);
  receiver.status = 204;
  await until('the second attempt', () => receiver.messages.length === 2, 15_000);
  const [first, second] = receiver.messages as [ReceivedMessage, ReceivedMessage];
  expect(first.headers['webhook-id']).toBe(second.headers['webhook-id']);
  expect([isSigned(first), isSigned(second)]).toEqual([true, true]);
  expect(JSON.parse(second.body)).toMatchObject({ type: 'key.compromised', data: { keyId: made.id } });
  const journal = readFileSync(gateway.gateway.services.journalPath(), 'utf8');
  const told = journal.split('\n').filter((line) => line.includes('"event.kind":"alert"'));
  expect(told.map((line) => JSON.parse(line)['event.action']).sort()).toEqual([
    'key.compromised',
    'key.leaked',
  ]);
  for (const text of [made.key, compromise.key]) expect(journal).not.toContain(text.split('_')[2]);
  await until('it is noted as delivered', async () => {
    const { notices: listed } = await get(gateway, '/v1/notices?kind=key.compromised');
    return listed[0].deliveries[0].state === 'delivered' && listed[0].deliveries[0].attempts === 2;
  });
}, 40_000);

test('a key has its own limit on every API, and a country that nobody knows is none of its own', async () => {
  const api = (id: string) => ({ id, path: `/${id}`, upstream: `http://127.0.0.1:${upstream.port}` });
  await using gateway = await startTestGateway(guarded({ apis: [api('a'), api('b')] }));
  const limited = await gateway.createKey({ name: 'limited', limits: { perMinute: 5 } });
  const statuses: number[] = [];
  for (const path of ['/a', '/b', '/a', '/b', '/a', '/b', '/a'])
    statuses.push((await ask(gateway.port, key(limited.key), path)).status);
  expect(statuses).toEqual([200, 200, 200, 200, 200, 429, 429]);
  const abroad = await gateway.createKey({ name: 'abroad', countries: ['DE'] });
  expect((await ask(gateway.port, key(abroad.key), '/a')).status).toBe(403);
});

/** A folder with an internal key that is due to be rotated as soon as a gateway starts. */
function makeDue(dir: string, id: string): void {
  const raw = new SqliteDatabase(join(dir, 'data/portcullis.db'));
  raw.prepare('update api_keys set next_rotation_at_ms = 1 where id = ?').run(id);
  raw.close();
}

test('kill -9 in the middle of a rotation: the old key works on, and the next gateway finishes', async () => {
  await using receiver = await startReceiver();
  const notices = { webhooks: [{ name: 'etl', url: receiver.url, secret: SECRET, kinds: ['key.expired'] }] };
  using folder = gatewayFolder(guarded({ notices, keys: { graceHours: 1 } }));
  const body = { name: 'etl', kind: 'internal', rotateEveryDays: 30, deliverWebhook: 'etl' };
  let running = await folder.start();
  const { key: oldKey, record } = await post(running, '/v1/keys', body);
  running.process.kill('SIGTERM');
  await running.ended;

  makeDue(folder.dir, record.id);
  receiver.status = 0;
  running = await folder.start();
  await until('the delivery is under way', () => receiver.messages.length === 1);
  running.process.kill('SIGKILL');
  await running.ended;
  const orphan = JSON.parse((receiver.messages[0] as ReceivedMessage).body).data;
  expect(orphan).toMatchObject({ replaces: record.id });

  makeDue(folder.dir, record.id);
  receiver.status = 200;
  running = await folder.start();
  await until('it is rotated', async () => (await show(running, record.id)).status === 'grace');
  expect(receiver.messages).toHaveLength(2);
  const delivered = JSON.parse((receiver.messages[1] as ReceivedMessage).body);
  expect(delivered).toMatchObject({ type: 'key.delivery', data: { replaces: record.id } });
  expect(receiver.messages.map(isSigned)).toEqual([true, true]);
  // The one that was delivered, the old one until its grace ends, and the one that may have arrived.
  for (const text of [delivered.data.key, oldKey, orphan.key])
    expect(await askAll(running.port, key(text), 6)).toEqual({ 200: 6 });
  const old = await show(running, record.id);
  expect(old.successor).toBe(delivered.data.keyId);
  expect(await show(running, orphan.keyId)).toMatchObject({ status: 'grace', expiresAt: old.expiresAt });
  running.process.kill('SIGTERM');
  await running.ended;
}, 60_000);

test('a successor is delivered into a file that only its owner can read; usage survives a restart', async () => {
  using folder = gatewayFolder(guarded({ keys: { deliveryFolder: './delivered' } }));
  const body = { name: 'etl', kind: 'internal', rotateEveryDays: 30, deliverFile: 'etl.key' };
  let running = await folder.start();
  const { key: oldKey, record } = await post(running, '/v1/keys', body);
  expect(await askAll(running.port, key(oldKey), 6)).toEqual({ 200: 6 });
  running.process.kill('SIGTERM');
  await running.ended;
  makeDue(folder.dir, record.id);
  running = await folder.start();
  await until('it is rotated', async () => (await show(running, record.id)).status === 'grace');
  const path = join(folder.dir, 'delivered/etl.key');
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(await askAll(running.port, key(readFileSync(path, 'utf8').trim()), 6)).toEqual({ 200: 6 });
  expect((await show(running, record.id)).usage.requests).toBe(6);
  running.process.kill('SIGTERM');
  await running.ended;
}, 60_000);
