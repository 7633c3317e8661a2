import { afterAll, beforeAll, describe } from 'vitest';
import { openDatabase } from '../../src/stores/sql/open-database.ts';
import { hasPostgres, startPostgres, type TestPostgres } from '../support/postgres.ts';
import { describeUserStore } from '../support/user-store.ts';

describe.runIf(hasPostgres())('on PostgreSQL', () => {
  let server: TestPostgres;

  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server[Symbol.asyncDispose]());

  describeUserStore(() => {
    const { address } = server.createDatabase();
    return openDatabase({ location: { kind: 'postgres', address }, clock: { nowMs: () => 1_000 } });
  });
});
