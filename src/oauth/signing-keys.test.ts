import { beforeEach, describe, expect, test } from 'vitest';
import { Unavailable } from '../core/errors.ts';
import type { OauthKey, OauthKeyStore } from '../core/oauth-records.ts';
import { DAY_MS } from '../lib/time/day.ts';
import { publicKeySet, rotationSettings, SigningKeys } from './signing-keys.ts';
import { Vault } from './vault.ts';

const HOUR_MS = 3_600_000;
const SETTINGS = rotationSettings(90, 24, 30 * 86_400);

/** A key store in memory that several gateways share. */
class FakeKeys implements OauthKeyStore {
  rows: OauthKey[] = [];

  async list() {
    return this.rows.toSorted((a, b) => a.purpose.localeCompare(b.purpose) || a.generation - b.generation);
  }
  async add(key: OauthKey) {
    if (this.rows.some((row) => row.purpose === key.purpose && row.generation === key.generation))
      return false;
    this.rows.push(key);
    return true;
  }
  async expireBefore(purpose: OauthKey['purpose'], generation: number, expiresAtMs: number) {
    this.rows = this.rows.map((row) =>
      row.purpose === purpose && row.generation < generation && row.expiresAtMs === 0
        ? { ...row, expiresAtMs }
        : row,
    );
  }
  async prune(nowMs: number) {
    const before = this.rows.length;
    this.rows = this.rows.filter(({ expiresAtMs }) => expiresAtMs === 0 || expiresAtMs >= nowMs);
    return before - this.rows.length;
  }
}

let store: FakeKeys;
let nowMs: number;
const clock = { nowMs: () => nowMs };
const gateway = (secret = 's'.repeat(43)) => new SigningKeys(store, new Vault(secret), clock, SETTINGS);

beforeEach(() => {
  store = new FakeKeys();
  nowMs = 1_800_000_000_000;
});

const states = async (keys: SigningKeys) => (await keys.report()).map(({ state }) => state);

describe('signing keys', () => {
  test('are made once, by whichever gateway is first', async () => {
    const rings = await Promise.all(Array.from({ length: 5 }, () => gateway().load()));
    expect(new Set(rings.map(({ signing }) => signing[0]?.kid)).size).toBe(1);
    expect(store.rows).toHaveLength(2);
  });

  test('the next one is published a day before it signs, and the old one stays', async () => {
    const keys = gateway();
    const [first] = (await keys.load()).signing;
    nowMs += 89 * DAY_MS - 1;
    expect((await keys.load()).signing).toHaveLength(1);
    nowMs += 1;
    expect((await keys.load()).signing[0]?.kid).toBe(first?.kid);
    expect(await states(keys)).toEqual(['signs', 'next']);
    nowMs += DAY_MS;
    const ring = (await keys.load()).signing;
    expect(ring[0]?.kid).not.toBe(first?.kid);
    expect(ring[1]?.kid).toBe(first?.kid);
    expect(await states(keys)).toEqual(['signs', 'retired']);
    nowMs += 30 * DAY_MS + HOUR_MS - 1;
    expect((await keys.load()).signing).toHaveLength(2);
    nowMs += 2;
    expect((await keys.load()).signing).toHaveLength(1);
  });

  test('a gateway that was off for long still publishes ahead', async () => {
    const keys = gateway();
    const [first] = (await keys.load()).signing;
    nowMs += 400 * DAY_MS;
    const ring = (await keys.load()).signing;
    expect(ring[0]?.kid).toBe(first?.kid);
    expect(await states(keys)).toEqual(['signs', 'next']);
  });

  test('a year of several gateways: one key signs at a time, and all agree', async () => {
    const gateways = [gateway(), gateway(), gateway()];
    for (let hour = 0; hour < 24 * 365; hour += 6) {
      nowMs += 6 * HOUR_MS;
      const rings = await Promise.all(gateways.map((keys) => keys.load()));
      expect(new Set(rings.map(({ signing }) => signing[0]?.kid)).size).toBe(1);
      expect(rings[0]?.signing.length).toBeLessThanOrEqual(3);
    }
  }, 60_000);

  test('rotating now withdraws what there was', async () => {
    const keys = gateway();
    const [first] = (await keys.load()).signing;
    await keys.rotate(true);
    nowMs += 1;
    const ring = (await keys.load()).signing;
    expect(ring).toHaveLength(1);
    expect(ring[0]?.kid).not.toBe(first?.kid);
  });

  test('rotating early publishes ahead, once', async () => {
    const keys = gateway();
    await keys.load();
    await keys.rotate(false);
    await keys.rotate(false);
    expect(await states(keys)).toEqual(['signs', 'next']);
  });

  test('another secret is told', async () => {
    await gateway().load();
    await expect(gateway('t'.repeat(43)).load()).rejects.toThrow(Unavailable);
  });

  test('are sealed, and published by their public half only', async () => {
    const { signing } = await gateway().load();
    expect(JSON.stringify(store.rows)).not.toContain(String(signing[0]?.d));
    expect(Object.keys(JSON.parse(publicKeySet(signing)).keys[0])).toEqual([
      'kty',
      'n',
      'e',
      'kid',
      'use',
      'alg',
    ]);
  });
});
