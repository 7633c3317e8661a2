import { describe, expect, test } from 'vitest';
import { openPool } from '../../src/stores/sql/postgres-pool.ts';
import { hasPostgres, startPostgres } from '../support/postgres.ts';
import { until } from '../support/test-gateway.ts';

const NO_FILES = { ca: undefined, cert: undefined, key: undefined };
const BOUNDS = { connections: 2, connectMs: 3000, statementMs: 3000 };

describe.runIf(hasPostgres())('a connection on loan', () => {
  test('that breaks between two statements fails the next one, and nothing else', async () => {
    await using server = await startPostgres();
    const at = server.createDatabase();
    const pool = await openPool(at.address, NO_FILES, BOUNDS);
    const loaned = await pool.connect();
    const { rows } = await loaned.query<{ pid: number }>('select pg_backend_pid() as pid', []);
    server.sql(at.name, `select pg_terminate_backend(${rows[0]?.pid})`);
    const sessions = "select count(*) from pg_stat_activity where application_name = 'portcullis'";
    await until('the session is gone', () => server.sql(at.name, sessions).trim() === '0');
    // What the end of the connection sets off comes in turns of their own.
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
    await expect(loaned.query('select 1', [])).rejects.toThrow();
    loaned.release();

    const other = await pool.connect();
    expect((await other.query('select 1 as one', [])).rows).toEqual([{ one: 1 }]);
    other.release();
    await pool.end();
  });
});
