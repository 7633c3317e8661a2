import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  journalLine,
  openTestServices,
  START_MS,
  type TestServices,
} from '../../test/support/control-services.ts';
import { NO_ACTIVITY } from '../../test/support/usage-note.ts';
import { Unavailable } from '../core/errors.ts';
import { REASONS } from '../core/reasons.ts';
import { parseApiKey } from '../lib/apikey/key-format.ts';
import { matchesSecret } from '../lib/apikey/secret-hash.ts';
import { DAY_MS } from '../lib/time/day.ts';
import { Problem, type RawInput, runOperation } from './operation.ts';
import { OPERATIONS, type OperationId, type ResultOf } from './operations.ts';

let world: TestServices;

beforeEach(async () => {
  world = await openTestServices();
});
afterEach(() => world.close());

async function call<Id extends OperationId>(id: Id, input: RawInput = {}): Promise<ResultOf<Id>> {
  const result = await runOperation(OPERATIONS[id], world.services, input);
  expect(result).not.toBeInstanceOf(Problem);
  return result as ResultOf<Id>;
}

async function refused(id: OperationId, input: RawInput = {}): Promise<Problem> {
  const result = await runOperation(OPERATIONS[id], world.services, input);
  expect(result).toBeInstanceOf(Problem);
  return result as Problem;
}

const full = {
  name: 'Partner',
  owner: 'ACME',
  scopes: ['orders:read'],
  roles: ['editor'],
  tier: 'pro',
  apis: ['orders'],
  endpoints: ['orders/search'],
  methods: ['GET'],
  expiresInDays: 30,
  prefix: 'live',
};

describe('keys', () => {
  test('creates a key that verifies against what is stored, and tells every thread before it answers', async () => {
    const { key, record, slowestMs, notes } = await call('createKey', { body: full });
    const parsed = parseApiKey(key);
    const stored = await world.services.keys.find(record.id);
    expect(parsed).toMatchObject({ prefix: 'live', id: record.id });
    expect(matchesSecret(parsed?.secret ?? '', stored?.salt ?? '', stored?.hash ?? '')).toBe(true);
    expect(world.distributed).toEqual([[stored]]);
    expect(stored).toMatchObject({
      owner: 'ACME',
      grant: { apis: ['orders'], endpoints: ['orders/search'], methods: ['GET'] },
      expiresAtMs: START_MS + 30 * DAY_MS,
    });
    expect([slowestMs, notes, record.status]).toEqual([3, [], 'active']);
  });

  test('gives 90 days unless told otherwise, and says that never is weak', async () => {
    const usual = await call('createKey', { body: { name: 'a' } });
    expect(usual.record.expiresAt).toBe(new Date(START_MS + 90 * DAY_MS).toISOString());
    const eternal = await call('createKey', { body: { name: 'b', expiresInDays: 0 } });
    expect(eternal.record.expiresAt).toBeNull();
    expect(eternal.notes).toEqual([expect.stringMatching(/^Weak: this key never expires/)]);
    const long = await call('createKey', { body: { name: 'c', expiresInDays: 91 } });
    expect(long.notes).toEqual([expect.stringMatching(/^Weak: /)]);
  });

  test('no two keys share salt or secret', async () => {
    for (let i = 0; i < 5; i++) await call('createKey', { body: { name: 'a' } });
    const stored = await world.services.keys.list();
    expect(new Set(stored.map((record) => record.salt)).size).toBe(5);
    expect(new Set(stored.map((record) => record.hash)).size).toBe(5);
  });

  test.each([
    ['no name', {}, /name/],
    ['a blank name', { name: '  ' }, /name/],
    ['an unknown field', { name: 'a', scope: ['x'] }, /scope/],
    [
      'a scope with a space',
      { name: 'a', scopes: ['orders:read orders:write'] },
      /scopes\.0: a scope has printable/,
    ],
    ['a small method', { name: 'a', methods: ['get'] }, /methods\.0: a method is written in capitals/],
    ['a negative life', { name: 'a', expiresInDays: -1 }, /expiresInDays/],
    ['half a day', { name: 'a', expiresInDays: 0.5 }, /expiresInDays/],
    ['a life as text', { name: 'a', expiresInDays: '90' }, /expiresInDays/],
    ['an impossible prefix', { name: 'a', prefix: 'p_k' }, /prefix: a prefix has 2 to 8/],
    ['an API that does not exist', { name: 'a', apis: ['order'] }, /no API `order`, only orders, hooks/],
    ['a tier that does not exist', { name: 'a', tier: 'por' }, /no tier `por`, only free, pro/],
    [
      'an endpoint that does not exist',
      { name: 'a', endpoints: ['orders/serach'] },
      /no endpoint `orders\/serach`: did you mean `orders\/search`/,
    ],
    ['no object', 'name', /expected object/],
    ['nothing', undefined, /expected object/],
  ])('refuses %s and stores nothing', async (_, body, sentence) => {
    const problem = await refused('createKey', { body });
    expect(problem.status).toBe(422);
    expect(problem.message).toMatch(sentence);
    expect(await world.services.keys.list()).toEqual([]);
    expect(world.distributed).toEqual([]);
  });

  test('answers a stored key even when a thread does not acknowledge it', async () => {
    await world.close();
    world = await openTestServices({
      distributeKeys: () => Promise.reject(new Unavailable('thread', 'Thread 2 did not answer.')),
    });
    const { key, notes } = await call('createKey', { body: { name: 'a' } });
    expect(parseApiKey(key)).not.toBeNull();
    expect(notes).toEqual(['The key is stored, but not every thread knows it yet: Thread 2 did not answer.']);
  });

  test('shows usage, and the state of a key as the clock has it', async () => {
    const { record } = await call('createKey', { body: { name: 'a', expiresInDays: 1 } });
    await world.services.usage.addUsage([
      { ...NO_ACTIVITY, keyId: record.id, requests: 5, errors: 2, lastUsedAtMs: START_MS },
    ]);
    const shown = await call('getKey', { params: { id: record.id } });
    expect(shown).toMatchObject({
      status: 'active',
      usage: { requests: 5, errors: 2, lastUsedAt: '2026-11-23T12:00:00.000Z' },
    });
    world.nowMs += DAY_MS;
    expect((await call('getKey', { params: { id: record.id } })).status).toBe('expired');
  });

  test('revokes: stored first, then acknowledged by all threads, and again without harm', async () => {
    const { record } = await call('createKey', { body: { name: 'a' } });
    world.nowMs += 5;
    const first = await call('revokeKey', { params: { id: record.id } });
    expect(first).toMatchObject({ record: { status: 'revoked' }, slowestMs: 3 });
    expect(world.distributed.at(-1)).toMatchObject([{ id: record.id, revokedAtMs: START_MS + 5 }]);
    world.nowMs += 5;
    const second = await call('revokeKey', { params: { id: record.id } });
    expect(second.record.revokedAt).toBe(first.record.revokedAt);
    expect(world.distributed).toHaveLength(3);
  });

  test('a revocation that not every thread acknowledged is no success, but it is stored', async () => {
    await world.close();
    let isDown = false;
    world = await openTestServices({
      distributeKeys: async () => {
        if (isDown) throw new Unavailable('thread', 'Thread 2 did not answer.');
        return { slowestMs: 1, slowestThread: 0, nodes: [] };
      },
    });
    const { record } = await call('createKey', { body: { name: 'a' } });
    isDown = true;
    const problem = await refused('revokeKey', { params: { id: record.id } });
    expect(problem).toMatchObject({ status: 503, error: 'not_distributed' });
    expect((await world.services.keys.find(record.id))?.revokedAtMs).toBe(START_MS);
  });

  test.each(['getKey', 'revokeKey'] as const)('%s names the id it does not know', async (id) => {
    expect(await refused(id, { params: { id: 'AAAA' } })).toMatchObject({
      status: 404,
      message: 'There is no key with the id AAAA: `portcullis key list` shows all of them.',
    });
    expect((await refused(id, { params: { id: "a' or 1=1" } })).status).toBe(422);
  });

  test('no answer but that of the creation holds the key, and none ever salt or hash', async () => {
    const { key, record } = await call('createKey', { body: full });
    const stored = await world.services.keys.find(record.id);
    const secret = parseApiKey(key)?.secret ?? '';
    const answers = JSON.stringify([
      await call('listKeys'),
      await call('getKey', { params: { id: record.id } }),
      await call('revokeKey', { params: { id: record.id } }),
      await call('getStatus'),
      await call('getConfig'),
      await call('listRequests'),
      await call('getOpenApi'),
    ]);
    expect(answers).not.toContain(secret);
    expect(answers + JSON.stringify(record)).not.toContain(stored?.salt);
    expect(answers + JSON.stringify(record)).not.toContain(stored?.hash);
    expect(record.prefix).toBe(key.slice(0, 8));
  });
});

describe('requests', () => {
  test('lists the newest first, filtered', async () => {
    await world.services.decisions.addDecisions([
      { id: 'r1', atMs: START_MS, record: journalLine('r1') },
      { id: 'r2', atMs: START_MS, record: '{"damaged' },
    ]);
    const { requests } = await call('listRequests', { query: { effect: 'deny', limit: '10' } });
    expect(requests).toEqual([
      {
        id: 'r1',
        at: '2026-11-23T12:00:00.000Z',
        method: 'GET',
        path: '/orders/7',
        clientIp: '203.0.113.7',
        user: '',
        api: 'orders',
        route: 'orders/one',
        status: 401,
        effect: 'deny',
        reason: 'authn.missing',
        title: REASONS['authn.missing'].title,
        stage: 'authentication',
        durationMs: 1.5,
      },
    ]);
    expect((await call('listRequests')).requests.map((request) => request.id)).toEqual(['r2', 'r1']);
  });

  test.each([{ limit: '0' }, { limit: '1001' }, { limit: 'x' }, { effect: 'maybe' }, { sort: 'id' }])(
    'refuses the filter %j',
    async (query) => {
      expect((await refused('listRequests', { query })).status).toBe(422);
    },
  );

  test('explains from the database', async () => {
    await world.services.decisions.addDecisions([{ id: 'r1', atMs: START_MS, record: journalLine('r1') }]);
    const { source, explanation, record } = await call('getRequest', { params: { id: 'r1' } });
    expect(source).toBe('database');
    expect(explanation.remedy).toBe(REASONS['authn.missing'].remedy);
    expect(record['http.request.id']).toBe('r1');
  });

  test('explains from the journal when the database does not have it any more', async () => {
    writeFileSync(join(world.dir, 'journal.jsonl'), `${journalLine('r0')}\n${journalLine('r1')}\n`);
    const { source, explanation } = await call('getRequest', { params: { id: 'r0' } });
    expect(source).toBe('journal');
    expect(explanation.reason).toBe('authn.missing');
  });

  test('says where it looked', async () => {
    const problem = await refused('getRequest', { params: { id: 'r9' } });
    expect(problem.status).toBe(404);
    expect(problem.message).toBe(
      `There is no record of the request r9 in the database and the journal ${join(world.dir, 'journal.jsonl')}.`,
    );
  });
});

describe('system', () => {
  test('tells its status', async () => {
    expect(await call('getStatus')).toEqual({
      version: '1.2.3',
      startedAt: '2026-11-23T11:59:55.000Z',
      uptimeS: 5,
      nodes: [],
      threads: [{ id: 1, state: 'running', restarts: 0 }],
      plan: {
        version: 7,
        loadedAt: '2026-11-23T12:00:00.000Z',
        apis: ['orders', 'hooks'],
        tiers: ['free', 'pro'],
      },
      configPath: '/etc/portcullis.yaml',
      certificates: [],
      attack: null,
      lists: [],
      problems: [],
    });
  });

  test('reloads, or tells every mistake', async () => {
    expect(await call('reload')).toEqual({ planVersion: 8 });
    await world.close();
    const problems = [
      { pointer: '/apis/0', message: 'no id', line: 3 },
      { pointer: '/x', message: 'unknown' },
    ];
    world = await openTestServices({ reload: async () => ({ planVersion: 7, problems }) });
    expect(await refused('reload')).toMatchObject({
      status: 422,
      message: 'The configuration has 2 mistakes: version 7 stays in force.',
      members: { problems, planVersion: 7 },
    });
  });

  test('lists every reason', async () => {
    expect((await call('listReasons')).reasons).toHaveLength(Object.keys(REASONS).length);
  });

  test.each(['live', 'ready', 'started'] as const)('%s fails with the sentence it is given', async (id) => {
    expect(await call(id)).toEqual({ ok: true });
    await world.close();
    world = await openTestServices({ [id]: () => 'No thread runs.' });
    expect(await refused(id)).toMatchObject({ status: 503, message: 'No thread runs.' });
  });

  test('takes no body where none belongs', async () => {
    expect((await refused('reload', { body: { force: true } })).status).toBe(422);
  });
});

describe('the OpenAPI document', () => {
  test('describes every operation with its parameters, body and answers', async () => {
    // biome-ignore lint/suspicious/noExplicitAny: the document is what is examined
    const document = (await call('getOpenApi')) as any;
    expect(document.openapi).toBe('3.1.0');
    expect(document.info.version).toBe('1.2.3');
    for (const [id, operation] of Object.entries(OPERATIONS)) {
      const described = document.paths[operation.path][operation.method.toLowerCase()];
      expect(described.operationId).toBe(id);
      expect(described.summary).toMatch(/\.$/);
      expect(described.security).toEqual(operation.access === 'open' ? [] : [{ adminToken: [] }]);
      const inPath = (described.parameters ?? []).filter((entry: { in: string }) => entry.in === 'path');
      const expected = [...operation.path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
      expect(inPath.map((entry: { name: string }) => entry.name)).toEqual(expected);
      expect(inPath.every((entry: { required: boolean }) => entry.required)).toBe(true);
      expect(described.responses[operation.status].content[operation.media].schema).toBeTypeOf('object');
    }
    const operationCount = Object.values(document.paths).flatMap((path) =>
      Object.keys(path as object),
    ).length;
    expect(operationCount).toBe(Object.keys(OPERATIONS).length);
    const body = document.paths['/v1/keys'].post.requestBody.content['application/json'].schema;
    expect(body.required).toEqual(['name']);
    expect(body.additionalProperties).toBe(false);
    expect(body.properties.expiresInDays.default).toBe(90);
  });

  test('has every reference inside itself', async () => {
    const document = await call('getOpenApi');
    const text = JSON.stringify(document);
    for (const [, pointer] of text.matchAll(/"\$ref":"#([^"]+)"/g)) {
      let at: unknown = document;
      for (const step of (pointer as string).split('/').slice(1)) at = (at as Record<string, unknown>)[step];
      expect(at).toBeTypeOf('object');
    }
    expect(text).not.toContain('"$schema"');
  });
});
