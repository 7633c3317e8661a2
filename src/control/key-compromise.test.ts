import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openTestServices, START_MS, type TestServices } from '../../test/support/control-services.ts';
import { NO_ACTIVITY } from '../../test/support/usage-note.ts';
import { Unavailable } from '../core/errors.ts';
import type { KeyActivity } from '../core/key-usage.ts';
import { Problem, runOperation } from './operation.ts';
import { OPERATIONS } from './operations.ts';

const HOUR_MS = 3_600_000;
let world: TestServices;

beforeEach(async () => {
  world = await openTestServices();
});
afterEach(() => world.close());

// biome-ignore lint/suspicious/noExplicitAny: each operation answers differently
const run = async (id: keyof typeof OPERATIONS, input: object): Promise<any> =>
  runOperation(OPERATIONS[id], world.services, input);

async function create(body: object = {}): Promise<{ key: string; id: string }> {
  const created = await run('createKey', { body: { name: 'batch', scopes: ['orders:read'], ...body } });
  if (created instanceof Problem) throw new Error(created.message);
  return { key: created.key, id: created.record.id };
}
const use = (kind: KeyActivity['kind'], value: string, firstAtMs: number, lastAtMs = firstAtMs) => ({
  ...{ kind, value, requests: 2, firstAtMs, lastAtMs },
});
const notices = async (kind = '') =>
  (await world.services.notices.list(kind, 100)).map(({ payload, ...notice }) => ({ ...notice, payload }));

describe('compromise', () => {
  test('revokes first, tells what the key was used for and what is new, and makes a successor', async () => {
    const { key, id } = await create({ owner: 'team-web', countries: ['DE'] });
    const activity = [
      use('endpoint', 'orders/search', START_MS, START_MS + 5 * HOUR_MS),
      use('endpoint', 'orders/export', START_MS + 3 * HOUR_MS),
      use('address', '198.51.100.7', START_MS + 4 * HOUR_MS),
      use('address', '', START_MS + 4 * HOUR_MS),
      use('country', 'DE', START_MS),
      use('method', 'GET', START_MS),
      use('status', '200', START_MS),
    ];
    await world.services.usage.addUsage([
      { ...NO_ACTIVITY, keyId: id, requests: 4, errors: 1, lastUsedAtMs: START_MS + 5 * HOUR_MS, activity },
    ]);
    world.nowMs += 6 * HOUR_MS;
    const since = new Date(START_MS + 2 * HOUR_MS).toISOString();
    const report = await run('compromiseKey', { params: { id }, body: { since } });
    expect(world.distributed[1]).toMatchObject([{ id, revokedAtMs: world.nowMs }]);
    expect(report).toMatchObject({
      record: { id, status: 'revoked', successor: report.successor.id },
      isAcknowledged: true,
      usage: { requests: 4, errors: 1, errorRate: 0.25 },
      radius: {
        since,
        firstUse: new Date(START_MS).toISOString(),
        lastUse: new Date(START_MS + 5 * HOUR_MS).toISOString(),
        endpoints: {
          values: [
            { value: 'orders/search', isNew: false },
            { value: 'orders/export', isNew: true },
          ],
          beyond: null,
        },
        addresses: { values: [{ value: '198.51.100.7', isNew: true }], beyond: { requests: 2 } },
        countries: { values: [{ value: 'DE', isNew: false }] },
      },
      successor: {
        owner: 'team-web',
        scopes: ['orders:read'],
        countries: ['DE'],
        status: 'active',
        predecessor: id,
      },
    });
    expect(report.key).toMatch(/^pk_/);
    expect(report.key).not.toBe(key);
    expect(await notices()).toMatchObject([{ kind: 'key.compromised', payload: { keyId: id, requests: 4 } }]);
    expect(JSON.stringify(await notices())).not.toContain(report.key);
  });

  test('asked again it reports again, without a second successor or notice', async () => {
    const { id } = await create();
    const first = await run('compromiseKey', { params: { id }, body: {} });
    world.nowMs += HOUR_MS;
    const second = await run('compromiseKey', { params: { id }, body: {} });
    expect(second).toMatchObject({ key: null, successor: { id: first.successor.id } });
    expect(second.record.revokedAt).toBe(first.record.revokedAt);
    expect(await notices()).toHaveLength(1);
    expect(await world.services.keys.list()).toHaveLength(2);
  });

  test('two calls at once make one successor', async () => {
    const { id } = await create();
    const reports = await Promise.all(
      [1, 2, 3].map(() => run('compromiseKey', { params: { id }, body: {} })),
    );
    expect(reports.filter(({ key }) => key !== null)).toHaveLength(1);
    const active = (await world.services.keys.list()).filter(({ revokedAtMs }) => revokedAtMs === 0);
    expect(active).toHaveLength(1);
    expect(new Set(reports.map(({ successor }) => successor.id))).toEqual(new Set([active[0]?.id]));
  });

  test('without a successor when none is wanted; none for a key that has one', async () => {
    const { id } = await create();
    expect(await run('compromiseKey', { params: { id }, body: { successor: false } })).toMatchObject({
      ...{ key: null, successor: null },
    });
    const rotated = await create();
    const { record } = await run('rotateKey', { params: { id: rotated.id }, body: {} });
    expect(await run('compromiseKey', { params: { id: rotated.id }, body: {} })).toMatchObject({
      ...{ key: null, successor: { id: record.id, status: 'active' } },
    });
  });

  test('a thread that does not answer is said, and the rest is done', async () => {
    const { id } = await create();
    const distributeKeys = () => Promise.reject(new Unavailable('thread', 'Thread 1 did not answer.'));
    Object.assign(world.services, { distributeKeys });
    const report = await run('compromiseKey', { params: { id }, body: {} });
    expect(report).toMatchObject({ isAcknowledged: false, record: { status: 'revoked' } });
    expect(report.notes[0]).toContain('Thread 1 did not answer.');
  });

  test.each([
    [{ params: { id: 'ghost' }, body: {} }, 404],
    [{ params: { id: 'a' }, body: { since: 'yesterday' } }, 422],
    [{ params: { id: 'a' }, body: { since: '2026-13-45' } }, 422],
  ])('%j is refused', async (input, status) => {
    expect(await run('compromiseKey', input)).toMatchObject({ status });
  });
});

describe('rotation', () => {
  test('twice, of a revoked key, of an unknown key', async () => {
    const { id } = await create();
    const { record, old } = await run('rotateKey', { params: { id }, body: { graceHours: 5 } });
    expect(old).toMatchObject({ status: 'grace', expiresAt: new Date(START_MS + 5 * HOUR_MS).toISOString() });
    expect(await run('rotateKey', { params: { id }, body: {} })).toMatchObject({
      ...{ status: 409, error: 'rotated', members: { successor: record.id } },
    });
    await run('revokeKey', { params: { id: record.id } });
    expect(await run('rotateKey', { params: { id: record.id }, body: {} })).toMatchObject({
      status: 409,
      error: 'revoked',
    });
    expect(await run('rotateKey', { params: { id: 'ghost' }, body: {} })).toMatchObject({ status: 404 });
    expect(await run('rotateKey', { params: { id }, body: { graceHours: 721 } })).toMatchObject({
      status: 422,
    });
  });

  test('grace ends with the key at the latest, and revives none that has expired', async () => {
    const { id } = await create({ expiresInDays: 1 });
    const soon = await run('rotateKey', { params: { id }, body: { graceHours: 72 } });
    expect(soon.old.expiresAt).toBe(new Date(START_MS + 24 * HOUR_MS).toISOString());
    expect(soon.notes).toEqual(['The old key expires before the end of the grace period, and stops then.']);
    const late = await create({ expiresInDays: 1 });
    world.nowMs += 48 * HOUR_MS;
    const expired = await run('rotateKey', { params: { id: late.id }, body: { graceHours: 72 } });
    expect(expired).toMatchObject({ old: { status: 'rotated' }, record: { status: 'active' } });
    expect(expired.notes).toEqual(['The old key had expired before, and stays so.']);
  });

  test('two at once make one successor', async () => {
    const { id } = await create();
    const results = await Promise.all([1, 2].map(() => run('rotateKey', { params: { id }, body: {} })));
    expect(results.filter((result) => 'key' in result)).toHaveLength(1);
    const active = (await world.services.keys.list()).filter(({ revokedAtMs }) => revokedAtMs === 0);
    expect(active).toHaveLength(2);
  });

  test.each<[object, string]>([
    [{ rotateEveryDays: 30, deliverFile: 'a.key' }, 'only keys of the kind `internal`'],
    [{ kind: 'internal', rotateEveryDays: 30 }, 'needs one place'],
    [{ kind: 'internal', rotateEveryDays: 30, deliverFile: 'a', deliverWebhook: 'ops' }, 'needs one place'],
    [{ kind: 'internal', rotateEveryDays: 30, deliverWebhook: 'nobody' }, 'no webhook `nobody`'],
    [{ kind: 'internal', rotateEveryDays: 30, deliverFile: '../a.key' }, 'no file inside'],
    [{ kind: 'internal', rotateEveryDays: 30, deliverFile: '/etc/passwd' }, 'no file inside'],
    [{ kind: 'internal', rotateEveryDays: 30, deliverFile: 'a/../../b' }, 'no file inside'],
    [{ kind: 'internal', rotateEveryDays: 90, deliverFile: 'a.key' }, 'would expire before'],
    [{ deliverFile: 'a.key' }, 'needs `rotateEveryDays`'],
    [{ countries: ['UK'] }, 'did you mean GB'],
    [{ countries: ['de'] }, 'two capitals'],
    [{ countries: ['XX'] }, 'no country `XX`'],
    [{ countries: ['EU'] }, 'no country `EU`'],
  ])('a key with %j is refused', async (body, sentence) => {
    const refused = await run('createKey', { body: { name: 'x', ...body } });
    expect(refused).toMatchObject({ status: 422 });
    expect(refused.message).toContain(sentence);
  });
});

describe('leaks', () => {
  const report = (body: unknown) => run('reportLeaks', { body: body as object });
  /** Another secret with the id and prefix of a key, and a checksum that fits. */
  async function forged(key: string): Promise<string> {
    const { crc32 } = await import('../lib/apikey/crc32.ts');
    const { toBase62 } = await import('../lib/apikey/base62.ts');
    const [prefix, id] = key.split('_');
    const body = `${prefix}_${id}_${'A'.repeat(30)}`;
    return `${body}_${toBase62(crc32(body), 6)}`;
  }

  test('an active key that is told whole is treated as compromised', async () => {
    const { key, id } = await create();
    const { keys } = await report({
      keys: [
        { token: key, file: '.env', line: 3 },
        { token: ` ${key}\n`, url: 'https://x.test/a' },
      ],
    });
    expect(keys).toMatchObject([
      {
        id,
        outcome: 'revoked',
        places: ['.env:3', 'https://x.test/a'],
        compromise: { record: { status: 'revoked' } },
      },
    ]);
    expect(keys[0].compromise.key).toMatch(/^pk_/);
    expect((await notices('key.leaked')).map(({ payload }) => payload.place).sort()).toEqual([
      '.env:3',
      'https://x.test/a',
    ]);
    const again = await run('compromiseKey', { params: { id }, body: {} });
    expect(again.leaks).toHaveLength(2);
    expect(await report([{ token: key, url: 'https://x.test/a' }])).toMatchObject({
      keys: [{ outcome: 'inactive' }],
    });
  });

  test('the report of GitHub for partners is taken', async () => {
    const { key, id } = await create();
    const body = [
      {
        token: key,
        type: 'portcullis_api_key',
        url: 'https://github.com/a/b/blob/c/.env',
        source: 'content',
      },
    ];
    expect(await report(body)).toMatchObject({ keys: [{ id, outcome: 'revoked' }] });
  });

  test('nobody can have a key revoked whose secret he does not have', async () => {
    const { key, id } = await create();
    expect(await report([{ token: await forged(key) }])).toMatchObject({ keys: [{ id, outcome: 'forged' }] });
    expect(await report([{ id, file: 'x' }])).toMatchObject({ keys: [{ id, outcome: 'unverified' }] });
    expect((await world.services.keys.find(id))?.revokedAtMs).toBe(0);
    expect(await report({ revokeById: true, keys: [{ token: await forged(key) }] })).toMatchObject({
      keys: [{ outcome: 'forged' }],
    });
    expect(await report({ revokeById: true, keys: [{ id, file: 'x' }] })).toMatchObject({
      keys: [{ outcome: 'revoked' }],
    });
  });

  test('what is no key of ours is said, and changes nothing', async () => {
    const { key } = await create();
    const strange = (await import('../lib/apikey/key-format.ts')).generateApiKey(
      'pk',
      (await import('node:crypto')).randomBytes,
    );
    expect(
      await report([{ token: strange.key }, { token: 'ghp_abc', url: 'u' }, {}, { token: key.slice(1) }]),
    ).toMatchObject({
      keys: [
        { id: strange.id, outcome: 'unknown' },
        { id: '', outcome: 'malformed', places: ['u', 'unknown place', 'unknown place'] },
      ],
    });
    expect(await notices()).toEqual([]);
    for (const bad of [[], {}, { keys: [] }, { keys: [{ token: 'x'.repeat(5000) }] }, null, 'x'])
      expect(await report(bad)).toMatchObject({ status: 422 });
  });
});
