import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ask } from '../support/ask.ts';
import { startLoad } from '../support/load.ts';
import { type RecordingUpstream, start } from '../support/recording-upstream.ts';
import {
  type JournalRecord,
  plainConfig,
  startTestGateway,
  type TestGateway,
  until,
} from '../support/test-gateway.ts';

/** Makes long records: every quote is written as two characters. */
const LONG_AGENT = `User-Agent: ${'"'.repeat(512)}\r\n`;

let upstream: RecordingUpstream;

beforeAll(async () => {
  upstream = await start({ respond: () => 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok' });
});
const folders: string[] = [];
afterAll(async () => {
  await upstream.close();
  for (const dir of folders) rmSync(dir, { recursive: true });
});

function recordsOf(dir: string, prefix: string): JournalRecord[] {
  return (
    readdirSync(dir)
      .filter((name) => name.startsWith(prefix))
      // What is behind the last line feed is being written.
      .flatMap((name) => readFileSync(join(dir, name), 'utf8').split('\n').slice(0, -1))
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as JournalRecord)
  );
}

const isPassed = (record: JournalRecord) => record.portcullis.decision.reason === 'request.passed';

test('rotation under two threads loses no record, doubles none and mixes none', async () => {
  const journal = { maxBytes: 1_048_576, keepFiles: 20 };
  await using gateway = await startTestGateway(plainConfig(upstream.port, { threads: 2, journal }));
  const data = join(gateway.dir, 'data');
  const load = startLoad(gateway.port, { keeping: 8, fresh: 1, headers: LONG_AGENT });
  await until('three rotations', () => readdirSync(data).includes('journal.jsonl.3'), 40_000);
  await load.stop();
  upstream.clear();
  expect(load.failures).toEqual([]);
  await until('every record', () => recordsOf(data, 'journal.jsonl').length >= load.answered);
  const records = recordsOf(data, 'journal.jsonl');
  expect(records.length).toBe(load.answered);
  expect(new Set(records.map((record) => record['http.request.id'])).size).toBe(load.answered);
  expect(gateway.gateway.services.status().problems).toEqual([]);
});

/** A gateway whose journal is on a full disk; `free` puts it on one with space, as `freed.jsonl`. */
async function onFullDisk(onFailure: string): Promise<{ gateway: TestGateway; free: () => void }> {
  const dir = mkdtempSync(join(tmpdir(), 'portcullis-full-'));
  folders.push(dir);
  const path = join(dir, 'journal.jsonl');
  symlinkSync('/dev/full', path);
  const gateway = await startTestGateway(plainConfig(upstream.port, { journal: { path, onFailure } }));
  const free = (): void => {
    rmSync(path);
    symlinkSync(join(gateway.dir, 'freed.jsonl'), path);
  };
  return { gateway, free };
}

/** Asks until the buffer is full, which `isFull` tells from time to time. */
async function fill(gateway: TestGateway, isFull: () => Promise<boolean>): Promise<number> {
  const load = startLoad(gateway.port, { keeping: 12, fresh: 0, headers: LONG_AGENT });
  await until('the buffer is full', isFull, 60_000);
  await load.stop();
  upstream.clear();
  return load.answered - load.failures.length;
}

test('a full disk: requests go on while records fit into memory, then they are refused until there is space', async () => {
  const { gateway, free } = await onFullDisk('refuse');
  await using _ = gateway;
  expect((await ask(gateway.port)).status).toBe(200);
  await until('the problem is known', () => gateway.gateway.services.status().problems.length === 1);
  const ready = await gateway.admin('/readyz');
  expect([ready.status, await ready.text()]).toEqual([503, expect.stringContaining('the disk is full')]);
  expect((await ask(gateway.port)).status).toBe(200);

  const passed = await fill(gateway, async () => (await ask(gateway.port)).status === 503);
  const refused = await ask(gateway.port);
  expect(refused.status).toBe(503);
  expect(JSON.parse(refused.body)).toMatchObject({ error: 'service_unavailable' });
  expect(gateway.log.filter(({ message }) => message.includes('the disk is full'))).toHaveLength(1);

  free();
  await until('the gateway is ready', async () => (await gateway.admin('/readyz')).status === 200);
  expect((await ask(gateway.port)).status).toBe(200);
  await until('every record', () => recordsOf(gateway.dir, 'freed').filter(isPassed).length >= passed + 3);
  expect(gateway.log.at(-1)?.message).toBe('The journal is written again.');
});

test('a full disk with `continue`: requests pass, and what does not fit is counted', async () => {
  const { gateway, free } = await onFullDisk('continue');
  await using _ = gateway;
  const dropped = async (): Promise<number> => {
    const text = await (await gateway.admin('/metrics')).text();
    return Number(/^portcullis_journal_dropped_total (\d+)$/m.exec(text)?.[1]);
  };
  const passed = await fill(gateway, async () => (await dropped()) > 100);
  expect((await ask(gateway.port)).status).toBe(200);
  expect((await gateway.admin('/readyz')).status).toBe(200);
  expect(gateway.gateway.services.status().problems).toEqual([expect.stringContaining('the disk is full')]);
  const lost = await dropped();

  free();
  await until('it is written again', () => gateway.gateway.services.status().problems.length === 0);
  await until('the rest is there', () => recordsOf(gateway.dir, 'freed').length + lost >= passed + 1);
  expect(await dropped()).toBe(lost);
});
