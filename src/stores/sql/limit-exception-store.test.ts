import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import { describeExceptionStore } from '../../../test/support/exception-store-suite.ts';
import { openDatabase } from './open-database.ts';

let dir = '';
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const reopen = () =>
  openDatabase({
    location: { kind: 'sqlite', path: join(dir, 'portcullis.db') },
    clock: { nowMs: () => 1_000 },
  });

describeExceptionStore({
  reopen,
  open: () => {
    dir = mkdtempSync(join(tmpdir(), 'portcullis-exceptions-'));
    return reopen();
  },
});
