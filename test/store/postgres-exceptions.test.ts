import { afterAll, beforeAll, describe } from 'vitest';
import { openDatabase } from '../../src/stores/sql/open-database.ts';
import { describeExceptionStore } from '../support/exception-store-suite.ts';
import { type Address, hasPostgres, startPostgres, type TestPostgres } from '../support/postgres.ts';

describe.runIf(hasPostgres())('on PostgreSQL', () => {
  let server: TestPostgres;
  let at: Address;

  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server[Symbol.asyncDispose]());

  const reopen = () =>
    openDatabase({ location: { kind: 'postgres', address: at.address }, clock: { nowMs: () => 1_000 } });

  describeExceptionStore({
    reopen,
    open: () => {
      at = server.createDatabase();
      return reopen();
    },
  });
});
