import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { WebhookConfig } from '../config/notices.schema.ts';
import { Unavailable } from '../core/errors.ts';
import type { Notice } from '../core/notices.ts';
import { type Database, openDatabase } from '../stores/sql/open-database.ts';
import type { SendWebhook, WebhookMessage } from '../stores/webhooks/send-webhook.ts';
import { NoticeBoard } from './notice-board.ts';
import { NoticeSender, PAUSES_MS } from './notice-sender.ts';
import { StandingProblems } from './standing-problems.ts';

const START_MS = Date.UTC(2026, 0, 2, 3, 4, 5);
const SECRET = 'a secret of more than 24 bytes';
const HOOKS: WebhookConfig[] = [
  { name: 'ops', url: 'https://ops.test/', secret: SECRET },
  { name: 'keys', url: 'https://keys.test/', secret: SECRET, kinds: ['key.expired'] },
];
const EXPIRED: Notice = { kind: 'key.expired', dedupeKey: 'k1', payload: { keyId: 'k1', owner: 'Zoë' } };
const STUFFING: Notice = {
  kind: 'login.stuffing',
  dedupeKey: 'a 1',
  payload: { address: '203.0.113.9', user: 'bob' },
};

let dir: string;
let database: Database;
let nowMs: number;
let sent: [string, WebhookMessage][];
let failing: Set<string>;
let problems: StandingProblems;
let boards: NoticeBoard[];

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'portcullis-notices-'));
  nowMs = START_MS;
  sent = [];
  failing = new Set();
  boards = [];
  problems = new StandingProblems(() => {});
  database = await openDatabase({
    location: { kind: 'sqlite', path: join(dir, 'db') },
    clock: { nowMs: () => nowMs },
  });
});

afterEach(async () => {
  for (const board of boards) await board.close();
  await database.close();
  rmSync(dir, { recursive: true });
});

const send: SendWebhook = async ({ name }, message) => {
  sent.push([name, message]);
  if (failing.has(name)) throw new Unavailable('webhook', `The webhook ${name} answered with status 500.`);
};

function openBoard(due?: (nowMs: number) => readonly Notice[]) {
  const parts = {
    store: database.notices,
    clock: { nowMs: () => nowMs },
    problems,
    journalPath: join(dir, 'journal.jsonl'),
    webhooks: () => HOOKS,
    send,
    due,
  };
  const sender = new NoticeSender(parts);
  const board = new NoticeBoard({ ...parts, sender });
  boards.push(board);
  const settle = async () => {
    await board.whenIdle();
    await sender.whenIdle();
  };
  return { board, settle };
}

const lines = () =>
  readFileSync(join(dir, 'journal.jsonl'), 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));

test.each([
  ['that is long', `k1 https://git.test/${'x'.repeat(300)}#L`],
  ['with a NUL, which PostgreSQL does not take', 'k1 a\u0000b'],
])('a place %s is told apart from others, and kept once', async (_, place) => {
  const { board } = openBoard();
  for (const end of ['1', '2', '1']) await board.record({ ...EXPIRED, dedupeKey: place + end });
  const kept = await database.notices.list('', 10);
  expect(kept).toHaveLength(2);
  for (const { dedupeKey } of kept) expect(dedupeKey).toMatch(/^\P{Cc}{1,200}$/u);
});

test('a notice is one line in the journal and a copy for every webhook that wants it', async () => {
  const { board, settle } = openBoard();
  board.raise(EXPIRED);
  board.raise(STUFFING);
  await settle();
  expect(lines()).toMatchObject([
    {
      '@timestamp': '2026-01-02T03:04:05.000Z',
      'event.kind': 'alert',
      'event.action': 'key.expired',
      portcullis: { notice: { keyId: 'k1', owner: 'Zoë' } },
    },
    { 'event.action': 'login.stuffing', 'source.ip': '203.0.113.9', 'user.id': 'bob' },
  ]);
  expect(readFileSync(join(dir, 'journal.jsonl'), 'latin1')).toMatch(/^[\x20-\x7e\n]+$/);
  const ids = lines().map((line) => line['event.id']);
  const copies = sent.map(([name, { id, body }]) => `${name} ${JSON.parse(body).type} ${id}`);
  expect(copies.sort()).toEqual([
    `keys key.expired ${ids[0]}`,
    `ops key.expired ${ids[0]}`,
    `ops login.stuffing ${ids[1]}`,
  ]);
});

test('what was raised before is not told again, also after a restart', async () => {
  const first = openBoard();
  first.board.raise(EXPIRED);
  first.board.raise(EXPIRED);
  await first.settle();
  await first.board.close();
  const second = openBoard();
  second.board.raise(EXPIRED);
  second.board.raise({ ...EXPIRED, kind: 'key.expires-soon' });
  await second.settle();
  expect(lines().map((line) => line['event.action'])).toEqual(['key.expired', 'key.expires-soon']);
});

test('two gateways on one database tell each notice once', async () => {
  const both = [openBoard(), openBoard()];
  for (let n = 0; n < 20; n++) {
    for (const { board } of both) board.raise({ ...EXPIRED, dedupeKey: `k${n}` });
  }
  for (const { settle } of both) await settle();
  for (const { settle } of both) await settle();
  expect(lines()).toHaveLength(20);
  expect(sent.filter(([name]) => name === 'ops')).toHaveLength(20);
});

test('a webhook that fails is tried again with the same id, later and later, and given up at last', async () => {
  const { board, settle } = openBoard();
  failing.add('ops');
  board.raise(EXPIRED);
  await settle();
  expect(sent.map(([name]) => name)).toEqual(['ops', 'keys']);
  expect(problems.all).toEqual(['The webhook ops answered with status 500.']);
  for (const pauseMs of PAUSES_MS) {
    const before = sent.length;
    nowMs += pauseMs - 1;
    await board.round();
    await settle();
    expect(sent).toHaveLength(before);
    nowMs += 1;
    await board.round();
    await settle();
    expect(sent).toHaveLength(before + 1);
  }
  expect(new Set(sent.map(([, { id }]) => id)).size).toBe(1);
  nowMs += 10 * 86_400_000;
  await board.round();
  await settle();
  expect(sent).toHaveLength(PAUSES_MS.length + 2);
  const [record] = await database.notices.list('', 10);
  expect(record?.deliveries).toMatchObject([
    { target: 'keys', state: 'delivered', attempts: 1 },
    { target: 'ops', state: 'failed', attempts: PAUSES_MS.length + 1, error: expect.stringContaining('500') },
  ]);
});

test('a copy that was due while no gateway ran is sent after the start', async () => {
  const first = openBoard();
  failing.add('ops');
  first.board.raise(STUFFING);
  await first.settle();
  await first.board.close();
  failing.clear();
  nowMs += 3_600_000;
  const second = openBoard();
  await second.board.round();
  await second.settle();
  expect(sent.map(([name]) => name)).toEqual(['ops', 'ops']);
  expect(lines()).toHaveLength(1);
});

test('threads cannot flood the database', async () => {
  const { board, settle } = openBoard();
  for (let n = 0; n < 200; n++) board.hear({ ...STUFFING, dedupeKey: `a ${n}` });
  board.hear(EXPIRED);
  await settle();
  expect(await database.notices.list('login.stuffing', 1000)).toHaveLength(60);
  expect(await database.notices.list('key.expired', 1000)).toHaveLength(1);
  expect(problems.all).toEqual([expect.stringContaining('More than 60 notices `login.stuffing`')]);
  nowMs += 60_000;
  board.hear({ ...STUFFING, dedupeKey: 'next minute' });
  await settle();
  expect(problems.all).toEqual([]);
});

test('what cannot be kept waits and is a standing problem', async () => {
  const { board, settle } = openBoard();
  const { add } = database.notices;
  database.notices.add = () => Promise.reject(new Unavailable('database', 'The disk is full.'));
  board.raise(EXPIRED);
  await settle();
  expect(problems.all).toEqual([expect.stringContaining('The disk is full.')]);
  database.notices.add = add;
  await board.round();
  await settle();
  expect(problems.all).toEqual([]);
  expect(lines()).toHaveLength(1);
});

test('what is due by itself is asked for every hour, and told once, also after a restart', async () => {
  let asked = 0;
  const due = () => {
    asked++;
    return [{ ...EXPIRED, kind: 'webhook-secret.expires-soon' as const }];
  };
  const first = openBoard(due);
  await first.board.round();
  await first.board.round();
  nowMs += 3_600_000;
  await first.board.round();
  expect(asked).toBe(2);
  const second = openBoard(due);
  await second.board.round();
  expect(asked).toBe(3);
  expect(lines().map((line) => line['event.action'])).toEqual(['webhook-secret.expires-soon']);
});
