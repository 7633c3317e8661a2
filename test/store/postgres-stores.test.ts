import { afterAll, beforeAll, describe } from 'vitest';
import type { DecisionBounds } from '../../src/stores/sql/decision-store.ts';
import { openDatabase } from '../../src/stores/sql/open-database.ts';
import { describeAdaptiveActions } from '../support/adaptive-store-suite.ts';
import { describeLimitActivity } from '../support/limit-activity-suite.ts';
import { describeOauthStores } from '../support/oauth-store-suite.ts';
import { type Address, hasPostgres, startPostgres, type TestPostgres } from '../support/postgres.ts';
import { describeRecordStores } from '../support/record-stores.ts';

describe.runIf(hasPostgres())('on PostgreSQL', () => {
  let server: TestPostgres;
  let at: Address;

  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server[Symbol.asyncDispose]());

  const reopen = (decisions: DecisionBounds) =>
    openDatabase({
      location: { kind: 'postgres', address: at.address },
      clock: { nowMs: () => 1_000 },
      decisions,
    });

  const world = {
    reopen,
    open: (decisions: DecisionBounds) => {
      at = server.createDatabase();
      return reopen(decisions);
    },
  };

  describeRecordStores(world);
  describeLimitActivity(world);
  describeOauthStores(world);
  describeAdaptiveActions(world);
});
