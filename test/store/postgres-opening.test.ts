import { createServer } from 'node:net';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Unavailable } from '../../src/core/errors.ts';
import { MIGRATIONS } from '../../src/stores/sql/migrations.ts';
import { openDatabase } from '../../src/stores/sql/open-database.ts';
import type { PostgresAddress } from '../../src/stores/sql/postgres-url.ts';
import { freePorts } from '../support/free-ports.ts';
import { hasPostgres, startPostgres, type TestPostgres } from '../support/postgres.ts';

const clock = { nowMs: () => 1_000 };
const open = (address: PostgresAddress) => openDatabase({ location: { kind: 'postgres', address }, clock });

async function sentenceOf(run: Promise<unknown>): Promise<string> {
  const error = await run.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(Unavailable);
  return (error as Unavailable).message;
}

describe.runIf(hasPostgres())('opening a PostgreSQL database', () => {
  let server: TestPostgres;

  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server[Symbol.asyncDispose]());

  test('twenty gateways at once apply the migrations once', async () => {
    const at = server.createDatabase();
    const opened = await Promise.all(
      Array.from({ length: 20 }, () =>
        openDatabase({ location: { kind: 'postgres', address: at.address }, clock, connections: 2 }),
      ),
    );
    await Promise.all(opened.map((database) => database.close()));
    const steps = server.sql(at.name, 'select version from schema_migrations order by version');
    expect(steps.trim().split('\n').map(Number)).toEqual(MIGRATIONS.map((_, i) => i + 1));
  });

  test('works over the socket of the server', async () => {
    const at = server.createDatabase();
    const database = await open({ ...at.address, host: server.dir });
    expect(database.name).toBe(`postgres://gateway@/${at.name}?host=${server.dir}`);
    expect(await database.keys.list()).toEqual([]);
    await database.close();
    expect(await sentenceOf(database.keys.list())).toBe(`The database ${database.name} was closed.`);
  });

  test('keeps its tables in the schema that it is given', async () => {
    const at = server.createDatabase();
    server.sql(at.name, 'create table bookmarks (url text); create schema gate authorization gateway');
    const database = await open({ ...at.address, schema: 'gate' });
    await database.close();
    expect(server.sql(at.name, 'select count(*) from gate.api_keys').trim()).toBe('0');
    const missing = sentenceOf(open({ ...at.address, schema: 'nowhere' }));
    expect(await missing).toMatch(/has no schema `nowhere`: create it/);
  });

  test.each([
    ['a wrong password', { password: 'wrong' }, /refuses the password: set `store.password`/],
    ['no password', { password: '' }, /asks for a password: set `store.password`/],
    ['another user', { user: 'nobody' }, /refuses the password/],
    ['no such database', { database: 'nothing' }, /nothing does not exist: create it with `createdb`/],
    ['TLS where the server has none', { sslMode: 'require' }, /does not speak TLS: turn `ssl` on/],
    ['a name without an address', { host: 'no-such-host.invalid' }, /has no address \(E/],
    [
      'a file that is not there',
      { sslRootCert: '/nowhere/ca.pem' },
      /the file \/nowhere\/ca.pem, cannot be read/,
    ],
  ] as const)(
    'refuses %s with a sentence that names the database and no password',
    async (_, change, sentence) => {
      const at = server.createDatabase();
      const message = await sentenceOf(open({ ...at.address, ...change }));
      expect(message).toMatch(sentence);
      expect(message).toMatch(/postgres:\/\/\w+@[\w.-]+:\d+\/\w+/);
      expect(message).not.toContain(at.address.password);
    },
  );

  test('says so when no server is there, and when what is there says nothing', async () => {
    const at = server.createDatabase();
    const [port = 0] = await freePorts(1);
    expect(await sentenceOf(open({ ...at.address, port }))).toMatch(
      /cannot be reached \(ECONNREFUSED\): start/,
    );
    const silent = createServer();
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const to = { ...at.address, port: (silent.address() as { port: number }).port };
    expect(await sentenceOf(open(to))).toMatch(/cannot be reached \((?:timeout|Connection)/);
    silent.close();
  });

  test('refuses tables of another program, but not those of an extension', async () => {
    const at = server.createDatabase();
    server.sql(at.name, 'create table schema_migrations (version text); create table bookmarks (url text)');
    expect(await sentenceOf(open(at.address))).toMatch(/holds tables of another program: name another one/);
    expect(server.sql(at.name, '\\dt')).not.toContain('api_keys');
  });

  test('refuses the schema of a newer version', async () => {
    const at = server.createDatabase();
    await (await open(at.address)).close();
    server.sql(at.name, "insert into schema_migrations values (99, 'from the future', 1)");
    expect(await sentenceOf(open(at.address))).toMatch(
      new RegExp(`newer Portcullis \\(schema 99, this one knows ${MIGRATIONS.length}\\): run`),
    );
  });

  test('refuses a database that is not UTF-8', async () => {
    const at = server.createDatabase("encoding 'LATIN1' lc_collate 'C' lc_ctype 'C' template template0");
    expect(await sentenceOf(open(at.address))).toMatch(/has the encoding LATIN1: create one with UTF8/);
  });

  test('says what right is missing', async () => {
    const at = server.createDatabase();
    server.sql('postgres', `alter database ${at.name} owner to postgres`);
    server.sql(at.name, 'revoke create on schema public from public');
    expect(await sentenceOf(open(at.address))).toMatch(
      /does not let this user do that: make the user the owner/,
    );
  });

  test('what waits for a connection waits for a bounded time, and is told what it waited for', async () => {
    const at = server.createDatabase();
    const location = { kind: 'postgres', address: at.address } as const;
    const database = await openDatabase({ location, clock, connections: 2 });
    const holder = new Client({ host: server.dir, port: server.port, user: 'postgres', database: at.name });
    await holder.connect();
    await holder.query('begin; lock table api_keys in access exclusive mode');
    const waiting = [1, 2, 3].map(() => database.keys.list().then(String, (error: Error) => error.message));
    expect(await waiting[2]).toMatch(
      /is slow, or `store.connections` too few: none of them became free in time/,
    );
    await holder.end();
    expect(await Promise.all(waiting.slice(0, 2))).toEqual(['', '']);
    await database.close();
  });

  test('recovers by itself from a server that was stopped, and from one that hung', async () => {
    const at = server.createDatabase();
    const database = await open(at.address);
    await database.keys.list();
    await server.stop();
    expect(await sentenceOf(database.keys.list())).toMatch(/cannot be reached/);
    await server.start();
    expect(await database.keys.list()).toEqual([]);
    server.signal('SIGSTOP');
    const waiting = sentenceOf(database.keys.list());
    expect(await waiting).toMatch(/cannot be reached \(Query read timeout\)/);
    server.signal('SIGCONT');
    for (let i = 0; i < 20; i++) expect(await database.keys.list()).toEqual([]);
    await database.close();
  });
});
