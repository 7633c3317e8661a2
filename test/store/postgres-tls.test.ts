import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openDatabase } from '../../src/stores/sql/open-database.ts';
import type { PostgresAddress } from '../../src/stores/sql/postgres-url.ts';
import { makeAuthority } from '../support/authority.ts';
import { type Address, hasPostgres, startPostgres, type TestPostgres } from '../support/postgres.ts';

const clock = { nowMs: () => 1_000 };

/** Opens the database and says what came of it. */
async function outcome(address: PostgresAddress): Promise<string> {
  try {
    const database = await openDatabase({ location: { kind: 'postgres', address }, clock });
    await database.keys.list();
    await database.close();
    return 'open';
  } catch (error) {
    return (error as Error).message;
  }
}

describe.runIf(hasPostgres())('PostgreSQL over TLS', () => {
  const authority = makeAuthority('records');
  const others = makeAuthority('others');
  let dir: string;
  let byAddress: TestPostgres;
  let byName: TestPostgres;
  let at: Address;
  let named: Address;

  const serverWith = (names: readonly string[]): Promise<TestPostgres> => {
    const { cert, key } = authority.sign(...names);
    const client = 'hostssl all all 127.0.0.1/32 scram-sha-256 clientcert=verify-ca\n';
    const files = { 'server.crt': cert, 'server.key': key, 'root.crt': authority.ca };
    const hba = `local all postgres trust\n${names.includes('DNS:client.test') ? client : ''}hostssl all all 127.0.0.1/32 scram-sha-256\n`;
    return startPostgres(['ssl = on', "ssl_ca_file = 'root.crt'"], hba, files);
  };

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'portcullis-pg-tls-'));
    writeFileSync(join(dir, 'ca.pem'), authority.ca);
    writeFileSync(join(dir, 'others.pem'), others.ca);
    const client = authority.sign('DNS:gateway');
    writeFileSync(join(dir, 'client.pem'), client.cert);
    writeFileSync(join(dir, 'client.key'), client.key);
    [byAddress, byName] = await Promise.all([
      serverWith(['IP:127.0.0.1']),
      serverWith(['DNS:localhost', 'DNS:client.test']),
    ]);
    [at, named] = [byAddress.createDatabase(), byName.createDatabase()];
  });
  afterAll(async () => {
    await Promise.all([byAddress[Symbol.asyncDispose](), byName[Symbol.asyncDispose]()]);
    rmSync(dir, { recursive: true, force: true });
  });

  test.each<[string, Partial<PostgresAddress>, RegExp]>([
    ['verify-full and its authority', { sslMode: 'verify-full', sslRootCert: 'ca.pem' }, /^open$/],
    ['verify-ca and its authority', { sslMode: 'verify-ca', sslRootCert: 'ca.pem' }, /^open$/],
    ['require and no authority', { sslMode: 'require' }, /^open$/],
    [
      'verify-full and another authority',
      { sslMode: 'verify-full', sslRootCert: 'others.pem' },
      /The certificate of the database .* is not accepted \([A-Z_]+\): name its authority with `sslrootcert`/,
    ],
    ['verify-full and the authorities of Node', { sslMode: 'verify-full' }, /is not accepted/],
    ['no TLS', { sslMode: 'disable' }, /does not let this user in: look at .* pg_hba\.conf/],
  ])('with %s', async (_, { sslRootCert = '', ...change }, expected) => {
    const file = sslRootCert === '' ? '' : join(dir, sslRootCert);
    expect(await outcome({ ...at.address, ...change, sslRootCert: file })).toMatch(expected);
  });

  test('a certificate for another name is refused, also where the host is an address', async () => {
    const client = { sslCert: join(dir, 'client.pem'), sslKey: join(dir, 'client.key') };
    const full = {
      ...named.address,
      ...client,
      sslMode: 'verify-full',
      sslRootCert: join(dir, 'ca.pem'),
    } as const;
    expect(await outcome(full)).toMatch(/is not accepted \(ERR_TLS_CERT_ALTNAME_INVALID\)/);
    expect(await outcome({ ...full, sslMode: 'verify-ca' })).toBe('open');
    expect(await outcome({ ...full, host: 'localhost' })).toBe('open');
  });

  test('a server that wants a certificate of the client gets it', async () => {
    const full = {
      ...named.address,
      host: 'localhost',
      sslMode: 'verify-full',
      sslRootCert: join(dir, 'ca.pem'),
    } as const;
    expect(await outcome(full)).not.toBe('open');
    const client = { sslCert: join(dir, 'client.pem'), sslKey: join(dir, 'client.key') };
    expect(await outcome({ ...full, ...client })).toBe('open');
  });
});
