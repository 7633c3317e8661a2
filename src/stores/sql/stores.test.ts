import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import { describeAdaptiveActions } from '../../../test/support/adaptive-store-suite.ts';
import { describeLimitActivity } from '../../../test/support/limit-activity-suite.ts';
import { describeOauthStores } from '../../../test/support/oauth-store-suite.ts';
import { describeRecordStores } from '../../../test/support/record-stores.ts';
import type { DecisionBounds } from './decision-store.ts';
import { openDatabase } from './open-database.ts';

let dir = '';

afterEach(() => rmSync(dir, { recursive: true, force: true }));

const reopen = (decisions: DecisionBounds) =>
  openDatabase({
    location: { kind: 'sqlite', path: join(dir, 'portcullis.db') },
    clock: { nowMs: () => 1_000 },
    decisions,
  });

const world = {
  reopen,
  open: (decisions: DecisionBounds) => {
    dir = mkdtempSync(join(tmpdir(), 'portcullis-stores-'));
    return reopen(decisions);
  },
};

describeRecordStores(world);
describeLimitActivity(world);
describeOauthStores(world);
describeAdaptiveActions(world);
