import { existsSync, mkdirSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openTestServices, START_MS, type TestServices } from '../../test/support/control-services.ts';
import { createKey, showKey } from '../control/key-operations.ts';
import { rotateKey } from '../control/key-rotation.ts';
import { createKeyBody } from '../control/key-schemas.ts';
import { Unavailable } from '../core/errors.ts';
import type { Notice } from '../core/notices.ts';
import { DAY_MS } from '../lib/time/day.ts';
import { writeKeyFile } from '../stores/delivery/write-key-file.ts';
import type { DeliverKey, KeyParcel } from './key-courier.ts';
import { KeyLife } from './key-life.ts';
import { StandingProblems } from './standing-problems.ts';

const SETTINGS = { expiryNoticeDays: [30, 14, 7], graceHours: 24, deliveryFolder: '' };

let world: TestServices;
let raised: Notice[];
let parcels: KeyParcel[];
let problems: StandingProblems;
let arrival: () => Promise<void>;

beforeEach(async () => {
  world = await openTestServices();
  raised = [];
  parcels = [];
  problems = new StandingProblems(() => {});
  arrival = async () => {};
});
afterEach(() => world.close());

const deliver: DeliverKey = async (parcel) => {
  parcels.push(parcel);
  await arrival();
};
/** A gateway that starts now. */
const openLife = () =>
  new KeyLife({
    services: world.services,
    problems,
    settings: () => SETTINGS,
    deliver,
    raise: (notice) => raised.push(notice),
  });

async function create(body: object): Promise<string> {
  const created = await createKey(world.services, createKeyBody.parse({ name: 'batch', ...body }));
  if (!('record' in created)) throw new Error(JSON.stringify(created));
  return created.record.id;
}
const find = async (id: string) => (await world.services.keys.find(id)) ?? expect.fail(id);
/** What was raised, each once, as the outbox would keep it. */
const told = () =>
  [...new Map(raised.map((n) => [n.kind + n.dedupeKey, n])).values()].map(({ kind, payload }) =>
    `${kind} ${payload.noticeDays ?? ''}`.trim(),
  );

describe('expiry', () => {
  async function live(days: readonly number[]): Promise<string[]> {
    for (const day of days) {
      world.nowMs = START_MS + day * DAY_MS;
      await openLife().round();
    }
    return told();
  }

  test.each<[string, number[], string[]]>([
    [
      'from day to day',
      Array.from({ length: 100 }, (_, day) => day),
      ['key.expires-soon 30', 'key.expires-soon 14', 'key.expires-soon 7', 'key.expired'],
    ],
    ['long before', [0, 30, 59], []],
    ['30 days before', [60, 60, 61], ['key.expires-soon 30']],
    ['down from the start until 10 days before', [80], ['key.expires-soon 14']],
    ['down until 2 days before', [0, 88], ['key.expires-soon 7']],
    ['down beyond the end', [0, 95], ['key.expired']],
    ['down for months beyond the end', [0, 150], []],
  ])('of a key of 90 days, %s', async (_, days, notices) => {
    await create({});
    expect(await live(days)).toEqual(notices);
  });

  test('of a key of 10 days: 7 days before only', async () => {
    await create({ expiresInDays: 10 });
    expect(await live([0, 1, 2, 3, 4])).toEqual(['key.expires-soon 7']);
  });

  test('is not told of keys without one, revoked ones, and ones that have a successor', async () => {
    await create({ expiresInDays: 0 });
    const gone = await create({});
    await world.services.keys.revoke(gone, world.nowMs);
    await rotateKey(world.services, await create({}), { graceHours: 1 });
    expect(await live([65, 80, 89])).toEqual([
      'key.expires-soon 30',
      'key.expires-soon 14',
      'key.expires-soon 7',
    ]);
  });

  test('the payload says which key, and never its secret', async () => {
    const id = await create({ owner: 'team-web' });
    await live([80]);
    expect(raised[0]?.payload).toMatchObject({ keyId: id, name: 'batch', owner: 'team-web', daysLeft: 10 });
    const { salt, hash } = await find(id);
    expect(JSON.stringify(raised)).not.toContain(hash);
    expect(JSON.stringify(raised)).not.toContain(salt);
  });
});

describe('automatic rotation', () => {
  const INTERNAL = { kind: 'internal', rotateEveryDays: 30, deliverWebhook: 'ops' };
  const later = (days: number) => {
    world.nowMs = START_MS + days * DAY_MS;
  };

  test('makes a successor with the same rights when due, delivers it, and ends the old key after the grace period', async () => {
    const id = await create({ ...INTERNAL, scopes: ['a'], countries: ['DE'], limits: { perMinute: 5 } });
    later(29);
    await openLife().round();
    expect(parcels).toEqual([]);
    later(30);
    await openLife().round();
    await openLife().round();
    expect(parcels).toHaveLength(1);
    const old = await find(id);
    const next = await find(old.successorId);
    expect(old).toMatchObject({
      expiresAtMs: world.nowMs + DAY_MS,
      nextRotationAtMs: 0,
      rotatedAtMs: world.nowMs,
    });
    expect(next).toMatchObject({
      scopes: ['a'],
      grant: { countries: ['DE'] },
      limits: { perMinute: 5 },
      predecessorId: id,
      expiresAtMs: world.nowMs + 90 * DAY_MS,
      nextRotationAtMs: world.nowMs + 30 * DAY_MS,
      delivery: { webhook: 'ops' },
    });
    expect(parcels[0]).toMatchObject({ record: { id: next.id }, graceEndsAtMs: old.expiresAtMs });
    expect(raised).toMatchObject([{ kind: 'key.rotated', payload: { keyId: id, successorId: next.id } }]);
    // The successor was given to the threads before anybody could use it, the old one's end afterwards.
    expect(world.distributed.flat().map((record) => record.id)).toEqual([id, next.id, id]);
    later(60);
    await openLife().round();
    expect(parcels).toHaveLength(2);
  });

  test('a delivery that fails leaves the old key valid, revokes the successor, is a problem, and is tried again', async () => {
    const id = await create(INTERNAL);
    later(30);
    arrival = () => Promise.reject(new Unavailable('webhook', 'The webhook ops answered with status 500.'));
    await openLife().round();
    const old = await find(id);
    expect(old).toMatchObject({ successorId: '', revokedAtMs: 0, expiresAtMs: START_MS + 90 * DAY_MS });
    expect((await find((parcels[0] as KeyParcel).record.id)).revokedAtMs).toBe(world.nowMs);
    expect(problems.all).toEqual([
      expect.stringContaining('could not be rotated and stays valid: The webhook ops'),
    ]);
    expect(raised).toMatchObject([{ kind: 'key.rotation-failed', payload: { keyId: id } }]);
    await openLife().round();
    expect(parcels).toHaveLength(1);
    world.nowMs += 5 * 60_000;
    arrival = async () => {};
    await openLife().round();
    expect(parcels).toHaveLength(2);
    expect((await find(id)).successorId).toBe((parcels[1] as KeyParcel).record.id);
    expect(problems.all).toEqual([]);
  });

  test('a key that is revoked while its successor is on its way leaves none behind', async () => {
    const id = await create(INTERNAL);
    later(30);
    arrival = async () => void (await world.services.keys.revoke(id, world.nowMs));
    await openLife().round();
    expect((await find((parcels[0] as KeyParcel).record.id)).revokedAtMs).toBe(world.nowMs);
    expect(raised).toEqual([]);
    expect(world.distributed.at(-1)?.map((record) => record.id)).toEqual([parcels[0]?.record.id]);
  });

  test('a key that some thread does not know is not delivered', async () => {
    const id = await create(INTERNAL);
    later(30);
    const { distributeKeys } = world.services;
    Object.assign(world.services, {
      distributeKeys: () => Promise.reject(new Unavailable('thread', 'Thread 1 did not answer.')),
    });
    await openLife().round();
    Object.assign(world.services, { distributeKeys });
    expect(parcels).toEqual([]);
    expect((await find(id)).successorId).toBe('');
  });

  test('several gateways make one successor', async () => {
    const ids = [await create(INTERNAL), await create(INTERNAL)];
    later(31);
    await Promise.all([openLife(), openLife(), openLife()].map((life) => life.round()));
    expect(parcels.map(({ old }) => old.id).sort()).toEqual(ids.sort());
    expect(await world.services.keys.list()).toHaveLength(4);
  });

  test('what a killed process left behind ends with the old key, because it may have arrived', async () => {
    const id = await create(INTERNAL);
    later(30);
    // The process dies while it delivers: nothing of what follows happens.
    let orphan = '';
    const dying = openLife();
    arrival = () => {
      orphan = parcels[0]?.record.id ?? '';
      return new Promise(() => {});
    };
    void dying.round();
    await expect.poll(() => orphan).not.toBe('');
    expect((await find(id)).successorId).toBe('');
    world.nowMs += 5 * 60_000;
    arrival = async () => {};
    await openLife().round();
    const old = await find(id);
    expect(old.successorId).toBe(parcels[1]?.record.id);
    expect(await find(orphan)).toMatchObject({ revokedAtMs: 0, expiresAtMs: old.expiresAtMs });
  });

  test('revoked, expired and rotated keys are left alone', async () => {
    const gone = await create(INTERNAL);
    await world.services.keys.revoke(gone, world.nowMs);
    const done = await create(INTERNAL);
    await rotateKey(world.services, done, { graceHours: 72 });
    const short = await create({ ...INTERNAL, expiresInDays: 31 });
    later(29);
    await openLife().round();
    later(32);
    await openLife().round();
    expect(parcels.map(({ old }) => old.id)).not.toContain(gone);
    expect(parcels.map(({ old }) => old.id)).not.toContain(done);
    expect(parcels.map(({ old }) => old.id)).not.toContain(short);
  });
});

describe('writeKeyFile', () => {
  test('replaces the file in one step, readable by its owner only', async () => {
    const folder = join(world.dir, 'keys');
    await writeKeyFile(join(folder, 'a.key'), folder, 'pk_one');
    await writeKeyFile(join(folder, 'a.key'), folder, 'pk_two');
    expect(readFileSync(join(folder, 'a.key'), 'utf8')).toBe('pk_two\n');
    expect(statSync(join(folder, 'a.key')).mode & 0o777).toBe(0o600);
  });

  test('a link is replaced, and none leads out of the folder', async () => {
    const folder = join(world.dir, 'keys');
    const outside = join(world.dir, 'outside');
    mkdirSync(folder);
    mkdirSync(outside);
    symlinkSync(join(outside, 'victim'), join(folder, 'a.key'));
    await writeKeyFile(join(folder, 'a.key'), folder, 'pk_one');
    expect(existsSync(join(outside, 'victim'))).toBe(false);
    symlinkSync(outside, join(folder, 'sub'));
    await expect(writeKeyFile(join(folder, 'sub/a.key'), folder, 'pk')).rejects.toThrow('leads out of');
    await expect(writeKeyFile(join(folder, 'absent/a.key'), folder, 'pk')).rejects.toThrow(
      'cannot be written',
    );
  });
});

test('showing a key tells when the other half of a rotation was used last', async () => {
  const id = await create({});
  const rotated = await rotateKey(world.services, id, { graceHours: 24 });
  if (!('old' in rotated)) throw new Error('not rotated');
  expect(await showKey(world.services, id)).toMatchObject({
    status: 'grace',
    related: { predecessor: null, successor: { id: rotated.record.id, lastUsedAt: null } },
  });
  world.nowMs += DAY_MS;
  expect(await showKey(world.services, id)).toMatchObject({ status: 'rotated' });
});
