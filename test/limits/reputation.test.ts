import { renameSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { exchange } from '../support/raw-client.ts';
import { type RecordingUpstream, start } from '../support/recording-upstream.ts';
import { plainConfig, startTestGateway, type TestGateway, until } from '../support/test-gateway.ts';

const closing: AsyncDisposable[] = [];
afterEach(async () => {
  for (const each of closing.splice(0).reverse()) await each[Symbol.asyncDispose]();
});

async function open(text: string, reputation: object = {}): Promise<[TestGateway, RecordingUpstream]> {
  const upstream = await start();
  closing.push({ [Symbol.asyncDispose]: () => upstream.close() });
  const config = plainConfig(upstream.port, {
    threads: 2,
    trustedProxies: ['127.0.0.1'],
    defaults: { access: { reputation: { files: ['./bad.txt'], ...reputation } } },
  });
  const gateway = await startTestGateway(config, { 'bad.txt': text });
  closing.push(gateway);
  return [gateway, upstream];
}

/** Asks often enough that every thread has answered. */
async function statuses(gateway: TestGateway, client: string): Promise<number[]> {
  const get = `GET / HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: ${client}\r\nConnection: close\r\n\r\n`;
  const answers = await Promise.all(Array.from({ length: 12 }, () => exchange(gateway.port, get)));
  return [...new Set(answers.map(({ responses }) => responses[0]?.status ?? 0))];
}

/** Replaces the list in one step, as what renews it should. */
function write(gateway: TestGateway, text: string): void {
  writeFileSync(join(gateway.dir, 'next.txt'), text);
  renameSync(join(gateway.dir, 'next.txt'), join(gateway.dir, 'bad.txt'));
}

test('a list is carried out in all threads, read again when it changes, and kept when it cannot be read', async () => {
  const [gateway] = await open('# seen last week\n203.0.113.0/24\n');
  expect(await statuses(gateway, '203.0.113.7')).toEqual([403]);
  expect(await statuses(gateway, '::ffff:203.0.113.7')).toEqual([403]);
  expect(await statuses(gateway, '198.51.100.7')).toEqual([200]);
  const [record] = await gateway.records(1);
  expect(record?.portcullis.decision).toMatchObject({
    effect: 'deny',
    reason: 'access.reputation',
    stage: 'access',
    detail: 'the address is on the list bad.txt of `access.reputation`',
  });

  write(gateway, '198.51.100.7\n');
  await until('the new list', async () => (await statuses(gateway, '198.51.100.7')).join() === '403');
  expect(await statuses(gateway, '203.0.113.7')).toEqual([200]);

  write(gateway, '203.0.113.7\nnobody\n');
  const problems = async (): Promise<string[]> =>
    ((await (await gateway.admin('/v1/status')).json()) as { problems: string[] }).problems;
  await until('the problem', async () => (await problems()).length === 1);
  expect(await statuses(gateway, '198.51.100.7')).toEqual([403]);
  const told = gateway.log.find(({ fields }) => fields?.problems !== undefined);
  expect(JSON.stringify(told)).toMatch(/Line 2 of [^ ]*bad\.txt: .*nobody/);

  write(gateway, '203.0.113.7\n');
  await until('the mended list', async () => (await statuses(gateway, '203.0.113.7')).join() === '403');
  expect(await problems()).toEqual([]);
});

test('for attacks only, and told when it is old', async () => {
  const [gateway] = await open('127.0.0.9\n203.0.113.7\n', { when: 'attack', maxAgeH: 24 });
  expect(await statuses(gateway, '203.0.113.7')).toEqual([200]);
  await gateway.admin('/v1/attack', { method: 'POST', body: JSON.stringify({ minutes: 5 }) });
  expect(await statuses(gateway, '203.0.113.7')).toEqual([403]);
  await gateway.admin('/v1/attack', { method: 'DELETE' });
  expect(await statuses(gateway, '203.0.113.7')).toEqual([200]);
});

test('the age of a list is in the status, and a notice tells of one that is old', async () => {
  const upstream = await start();
  closing.push({ [Symbol.asyncDispose]: () => upstream.close() });
  const first = await startTestGateway(plainConfig(upstream.port), { 'bad.txt': '203.0.113.7\n::1\n' });
  closing.push(first);
  const file = join(first.dir, 'bad.txt');
  const old = new Date(Date.now() - 30 * 3_600_000);
  utimesSync(file, old, old);
  const gateway = await startTestGateway(
    plainConfig(upstream.port, {
      defaults: { access: { reputation: { files: [file], maxAgeH: 24 } } },
    }),
  );
  closing.push(gateway);
  const status = (await (await gateway.admin('/v1/status')).json()) as { lists: object[] };
  expect(status.lists).toEqual([
    { kind: 'reputation', file, entries: 2, changedAt: old.toISOString(), ageH: 30, isStale: true },
  ]);
  await until('the notice', async () => {
    const { notices } = (await (await gateway.admin('/v1/notices')).json()) as {
      notices: { kind: string }[];
    };
    return notices.some(({ kind }) => kind === 'reputation.stale');
  });
});

test('a malformed line keeps a gateway from starting, with file and line', async () => {
  await expect(open('203.0.113.7\n\n300.1.1.1\n')).rejects.toMatchObject({
    problems: [
      {
        pointer: '/defaults/access/reputation/files/0',
        message: expect.stringMatching(/^Line 3 of .*bad\.txt: "300\.1\.1\.1" is not/),
      },
    ],
  });
});

test('countries of a file are refused in all threads, and the file is told when it is old', async () => {
  const upstream = await start();
  closing.push({ [Symbol.asyncDispose]: () => upstream.close() });
  const place = { files: ['./countries.txt'], except: ['8.8.4.0/24'], maxAgeH: 168 };
  const config = plainConfig(upstream.port, {
    threads: 2,
    trustedProxies: ['127.0.0.1'],
    defaults: { access: { countries: place } },
  });
  const gateway = await startTestGateway(config, { 'countries.txt': '# by decree\nUS\n' });
  closing.push(gateway);
  expect(await statuses(gateway, '8.8.8.8')).toEqual([403]);
  expect(await statuses(gateway, '8.8.4.4')).toEqual([200]);
  expect(await statuses(gateway, '10.0.0.1')).toEqual([200]);
  const [record] = await gateway.records(1);
  expect(record?.portcullis.decision).toMatchObject({
    reason: 'access.country',
    stage: 'access',
    detail: 'US is on the list countries.txt of `access.countries`',
  });
  writeFileSync(join(gateway.dir, 'countries.txt'), 'KP\n');
  await until('the new list', async () => (await statuses(gateway, '8.8.8.8')).join() === '200');
  const file = join(gateway.dir, 'countries.txt');
  const old = new Date(Date.now() - 200 * 3_600_000);
  utimesSync(file, old, old);
  await until('the age', async () => {
    const { lists } = (await (await gateway.admin('/v1/status')).json()) as { lists: object[] };
    return JSON.stringify(lists).includes('"isStale":true');
  });
});
