import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import { describeWafStores } from '../../../test/support/waf-store-suite.ts';
import { openDatabase } from './open-database.ts';

let dir = '';
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const reopen = () =>
  openDatabase({
    location: { kind: 'sqlite', path: join(dir, 'portcullis.db') },
    clock: { nowMs: () => 1_000 },
  });

describeWafStores({
  reopen,
  open: () => {
    dir = mkdtempSync(join(tmpdir(), 'portcullis-waf-'));
    return reopen();
  },
});
