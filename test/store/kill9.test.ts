import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDatabase } from '../../src/stores/sql/open-database.ts';

const writer = join(import.meta.dirname, 'create-keys.ts');
let dir: string;
let path: string;
const acknowledged = new Set<string>();

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'portcullis-kill9-'));
  path = join(dir, 'portcullis.db');
});

afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** Lets the writer acknowledge a number of keys, kills it without warning, and notes all it printed. */
function writeAndKill(afterKeys: number): Promise<void> {
  return new Promise((done, fail) => {
    const child = spawn(process.execPath, [writer, path], { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    let errors = '';
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      if (output.split('\n').length > afterKeys) child.kill('SIGKILL');
    });
    child.stderr.on('data', (chunk: Buffer) => {
      errors += chunk.toString();
    });
    child.on('close', (_, signal) => {
      // The last line may be cut off; every whole one was acknowledged.
      for (const id of output.split('\n').slice(0, -1)) acknowledged.add(id);
      if (signal === 'SIGKILL') done();
      else fail(new Error(`the writer ended by itself: ${errors}`));
    });
  });
}

test.each([1, 37, 400, 1500])('every acknowledged key survives kill -9 after %i keys', async (afterKeys) => {
  await writeAndKill(afterKeys);
  const database = await openDatabase({
    location: { kind: 'sqlite', path },
    clock: { nowMs: () => Date.now() },
  });
  const stored = new Set((await database.keys.list()).map((record) => record.id));
  await database.close();
  expect(acknowledged.size).toBeGreaterThanOrEqual(afterKeys);
  expect([...acknowledged].filter((id) => !stored.has(id))).toEqual([]);

  const raw = new SqliteDatabase(path, { readonly: true });
  expect(raw.pragma('integrity_check', { simple: true })).toBe('ok');
  raw.close();
});
