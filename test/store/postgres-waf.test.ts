import { afterAll, beforeAll, describe } from 'vitest';
import { openDatabase } from '../../src/stores/sql/open-database.ts';
import { type Address, hasPostgres, startPostgres, type TestPostgres } from '../support/postgres.ts';
import { describeWafStores } from '../support/waf-store-suite.ts';

describe.runIf(hasPostgres())('on PostgreSQL', () => {
  let server: TestPostgres;
  let at: Address;

  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server[Symbol.asyncDispose]());

  const reopen = () =>
    openDatabase({ location: { kind: 'postgres', address: at.address }, clock: { nowMs: () => 1_000 } });

  describeWafStores({
    reopen,
    open: () => {
      at = server.createDatabase();
      return reopen();
    },
  });
});
