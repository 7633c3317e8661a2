import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeCertificate, type TestCertificate } from '../support/certificates.ts';
import { handshake } from '../support/openssl.ts';
import { openRawClient } from '../support/raw-client.ts';
import { plainConfig, startTestGateway, type TestGateway, until } from '../support/test-gateway.ts';
import { openTlsWorld } from '../support/tls-world.ts';

const REQUEST = 'GET / HTTP/1.1\r\nHost: api.test\r\n\r\n';

async function shownBy(port: number): Promise<string> {
  return (await handshake(port, ['-servername', 'api.test'])).commonName;
}

function named(commonName: string): TestCertificate {
  return makeCertificate([commonName, 'api.test']);
}

async function problemsOf(gateway: TestGateway): Promise<string[]> {
  return ((await (await gateway.admin('/v1/status')).json()) as { problems: string[] }).problems;
}

test('a certificate that is overwritten is used within two seconds, and open connections go on', async () => {
  await using world = await openTlsWorld({ certificates: [named('old.test')] });
  const { dir } = world.gateway;
  const client = await openRawClient(world.port, { tls: { servername: 'api.test' } });
  await client.write(REQUEST);
  expect((await client.read(1)).responses).toHaveLength(1);

  const next = named('new.test');
  writeFileSync(join(dir, '0.key'), next.key);
  writeFileSync(join(dir, '0.pem'), next.cert);
  await until('the new certificate is shown', async () => (await shownBy(world.port)) === 'new.test', 2_000);

  await client.write(REQUEST);
  expect((await client.read(2)).responses.map(({ status }) => status)).toEqual([200, 200]);
  client.close();
});

test('a certificate that is renamed into place, the key after it, ends in the new one', async () => {
  await using world = await openTlsWorld({ certificates: [named('old.test')] });
  const { dir } = world.gateway;
  const next = named('new.test');
  writeFileSync(join(dir, 'next.pem'), next.cert);
  writeFileSync(join(dir, 'next.key'), next.key);
  renameSync(join(dir, 'next.pem'), join(dir, '0.pem'));
  await until(
    'the half-done change is noticed',
    async () => (await problemsOf(world.gateway)).length > 0,
    3_000,
  );
  expect(await shownBy(world.port)).toBe('old.test');
  renameSync(join(dir, 'next.key'), join(dir, '0.key'));
  await until('the new certificate is shown', async () => (await shownBy(world.port)) === 'new.test', 2_000);
  // The threads have the new plan before the main thread says so.
  await until('nothing is wrong', async () => (await problemsOf(world.gateway)).length === 0, 2_000);
});

test('a folder behind a link that is swapped, as Kubernetes mounts secrets', async () => {
  const [old, next] = [named('old.test'), named('new.test')];
  await using world = await openTlsWorld({ certificates: [old] });
  const { gateway, upstream } = world;
  for (const [name, pair] of [
    ['one', old],
    ['two', next],
  ] as const) {
    mkdirSync(join(gateway.dir, name));
    writeFileSync(join(gateway.dir, name, 'tls.crt'), pair.cert);
    writeFileSync(join(gateway.dir, name, 'tls.key'), pair.key);
  }
  symlinkSync('one', join(gateway.dir, 'current'));
  const certificates = [{ cert: './current/tls.crt', key: './current/tls.key' }];
  const listeners = [{ name: 'web', host: '127.0.0.1', port: 0, tls: { certificates } }];
  gateway.writeConfig(plainConfig(upstream.port, { listeners }));
  expect((await gateway.gateway.reload()).problems).toEqual([]);
  expect(await shownBy(world.port)).toBe('old.test');

  symlinkSync('two', join(gateway.dir, 'swapped'));
  renameSync(join(gateway.dir, 'swapped'), join(gateway.dir, 'current'));
  await until('the new certificate is shown', async () => (await shownBy(world.port)) === 'new.test', 2_000);
});

test.each([
  [
    'damaged',
    (pair: TestCertificate) => ({ ...pair, cert: pair.cert.replace(/\n[^\n]{10}/, '\n0000000000') }),
  ],
  ['empty', (pair: TestCertificate) => ({ ...pair, cert: '' })],
  ['with the key of another', (pair: TestCertificate) => ({ ...pair, key: named('other.test').key })],
])('a new certificate that is %s leaves the old one in force and is reported', async (_what, damage) => {
  await using world = await openTlsWorld({ certificates: [named('old.test')] });
  const { gateway } = world;
  const broken = damage(named('new.test'));
  writeFileSync(join(gateway.dir, '0.pem'), broken.cert);
  writeFileSync(join(gateway.dir, '0.key'), broken.key);
  await until('the status names the problem', async () => (await problemsOf(gateway)).length > 0, 3_000);
  expect(
    gateway.log.some(({ level, fields }) => level === 'error' && JSON.stringify(fields).includes('tls')),
  ).toBe(true);
  expect(await shownBy(world.port)).toBe('old.test');
});

test('a certificate that vanishes leaves the old one in force', async () => {
  await using world = await openTlsWorld({ certificates: [named('old.test')] });
  rmSync(join(world.gateway.dir, '0.pem'));
  await until(
    'the status names the problem',
    async () => (await problemsOf(world.gateway)).length > 0,
    3_000,
  );
  expect(await shownBy(world.port)).toBe('old.test');
});

test('a key that is too short for OpenSSL leaves the old certificate in force', async () => {
  await using world = await openTlsWorld({ certificates: [named('old.test')] });
  const weak = makeCertificate(['new.test', 'api.test'], 'rsa-1024');
  writeFileSync(join(world.gateway.dir, '0.pem'), weak.cert);
  writeFileSync(join(world.gateway.dir, '0.key'), weak.key);
  const { problems } = await world.gateway.gateway.reload();
  expect(problems.map(({ pointer }) => pointer)).toEqual(['/listeners/0/tls/certificates/0/cert']);
  expect(await shownBy(world.port)).toBe('old.test');
});

test('a gateway with such a key says so in a sentence and does not start', async () => {
  const weak = makeCertificate(['api.test'], 'rsa-1024');
  const certificates = [{ cert: './0.pem', key: './0.key' }];
  const config = plainConfig(1, { listeners: [{ name: 'web', port: 0, tls: { certificates } }] });
  const starting = startTestGateway(config, { '0.pem': weak.cert, '0.key': weak.key });
  await expect(starting).rejects.toThrow(/certificate cannot be used for TLS: ee key too small/);
});
