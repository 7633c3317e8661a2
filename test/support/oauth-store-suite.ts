import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Artifact, OauthClient, OauthKey } from '../../src/core/oauth-records.ts';
import type { Database } from '../../src/stores/sql/open-database.ts';
import type { StoreWorld } from './record-stores.ts';

const bounds = { maxCount: 10, maxAgeMs: 1_000 };

const artifact = (id: string, more: Partial<Artifact> = {}): Artifact => ({
  id,
  kind: 'RefreshToken',
  payload: 'sealed',
  grant: 'g1',
  alias: '',
  account: 'anna',
  client: 'shop',
  expiresAtMs: 5_000,
  consumedAtMs: 0,
  ...more,
});

const client: OauthClient = {
  id: 'billing',
  name: `O'Brien "; drop table oauth_clients; --`,
  owner: 'ünïcode',
  class: 'internal',
  authMethod: 'client_secret_basic',
  secrets: [{ salt: '00', hash: 'ff', expiresAtMs: 0 }],
  jwks: '',
  certificate: null,
  grantTypes: ['client_credentials'],
  redirectUris: [],
  postLogoutRedirectUris: [],
  scopes: ['orders:read'],
  resources: [],
  roles: ['clerk'],
  tier: '',
  dpopRequired: false,
  parRequired: false,
  mayIntrospect: false,
  createdAtMs: 1,
  disabledAtMs: 0,
};

const key = (generation: number, more: Partial<OauthKey> = {}): OauthKey => ({
  purpose: 'sign',
  generation,
  kid: `k${generation}`,
  sealed: 'sealed',
  createdAtMs: 1,
  activeFromMs: generation * 1_000,
  expiresAtMs: 0,
  ...more,
});

/** THE SUITE of what the authorization server keeps: the same for every database. */
export function describeOauthStores(world: StoreWorld): void {
  describe('what the authorization server keeps', () => describeStores(world));
}

function describeStores({ open, reopen }: StoreWorld): void {
  let database: Database;
  beforeEach(async () => {
    database = await open(bounds);
  });
  afterEach(() => database.close());

  describe('ArtifactStore', () => {
    test('keeps what was given out, also when opened again', async () => {
      await database.oauth.artifacts.save(artifact('a'));
      await database.close();
      database = await reopen(bounds);
      expect(await database.oauth.artifacts.find('a')).toEqual(artifact('a'));
      expect(await database.oauth.artifacts.find('b')).toBeNull();
    });

    test('saving again keeps a use that is on record', async () => {
      const { artifacts } = database.oauth;
      await artifacts.save(artifact('a'));
      expect(await artifacts.consume('a', 7)).toBe(true);
      await artifacts.save(artifact('a', { payload: 'other' }));
      expect(await artifacts.find('a')).toEqual(artifact('a', { payload: 'other', consumedAtMs: 7 }));
    });

    test('of many uses at once one is the first', async () => {
      const { artifacts } = database.oauth;
      await artifacts.save(artifact('a'));
      const won = await Promise.all(Array.from({ length: 40 }, () => artifacts.consume('a', 7)));
      expect(won.filter(Boolean)).toHaveLength(1);
      expect(await artifacts.consume('nothing', 7)).toBe(false);
    });

    test('of many who save one thing once, one does, until it has expired', async () => {
      const { artifacts } = database.oauth;
      const won = await Promise.all(
        Array.from({ length: 40 }, () => artifacts.saveOnce(artifact('a'), 1_000)),
      );
      expect(won.filter(Boolean)).toHaveLength(1);
      expect(await artifacts.saveOnce(artifact('a'), 4_999)).toBe(false);
      expect(await artifacts.saveOnce(artifact('a', { expiresAtMs: 9_000 }), 5_000)).toBe(true);
      expect(await artifacts.saveOnce(artifact('a'), 5_000)).toBe(false);
    });

    test('finds by alias within a kind', async () => {
      const { artifacts } = database.oauth;
      await artifacts.save(artifact('a', { kind: 'Session', alias: 'x' }));
      expect((await artifacts.findByAlias('Session', 'x'))?.id).toBe('a');
      expect(await artifacts.findByAlias('DeviceCode', 'x')).toBeNull();
    });

    test('ends grants, accounts and clients, and nothing that has none of them', async () => {
      const { artifacts } = database.oauth;
      const none = { grant: '', account: '', client: '' };
      await artifacts.save(artifact('a'));
      await artifacts.save(artifact('b', { kind: 'AccessToken' }));
      await artifacts.save(artifact('c', none));
      await artifacts.deleteGrant('RefreshToken', 'g1');
      expect([await artifacts.find('a'), (await artifacts.find('b'))?.id]).toEqual([null, 'b']);
      await artifacts.deleteGrant('', '');
      expect(await artifacts.deleteAccount('', '')).toBe(0);
      expect(await artifacts.deleteClient('')).toBe(0);
      expect(await artifacts.deleteAccount('', 'anna')).toBe(1);
      expect((await artifacts.find('c'))?.id).toBe('c');
      await artifacts.save(artifact('d'));
      expect(await artifacts.deleteClient('shop')).toBe(1);
    });

    test('prunes what has expired', async () => {
      const { artifacts } = database.oauth;
      for (let at = 0; at < 20; at++) await artifacts.save(artifact(`a${at}`, { expiresAtMs: at }));
      expect(await artifacts.prune(10)).toBe(10);
      expect(await artifacts.prune(10)).toBe(0);
      expect(await artifacts.find('a10')).not.toBeNull();
    });
  });

  describe('OauthClientStore', () => {
    test('keeps clients as they are', async () => {
      const { clients } = database.oauth;
      expect(await clients.create(client)).toBe(true);
      expect(await clients.create({ ...client, name: 'another' })).toBe(false);
      await clients.create({ ...client, id: 'newer', createdAtMs: 2 });
      expect(await clients.find('billing')).toEqual(client);
      expect((await clients.list()).map(({ id }) => id)).toEqual(['newer', 'billing']);
      const disabled = { ...client, disabledAtMs: 5 };
      expect(await clients.change('billing', (now) => ({ ...now, disabledAtMs: 5 }))).toEqual(disabled);
      expect(await clients.find('billing')).toEqual(disabled);
      expect(await clients.change('nobody', (now) => now)).toBeNull();
      expect([await clients.delete('billing'), await clients.delete('billing')]).toEqual([true, false]);
    });

    test('of changes at once none undoes another', async () => {
      const { clients } = database.oauth;
      await clients.create({ ...client, roles: [] });
      const role = (name: string) =>
        clients.change('billing', (now) => ({ ...now, roles: [...now.roles, name] }));
      const names = Array.from({ length: 10 }, (_, at) => `role-${at}`);
      await Promise.all([
        ...names.map(role),
        clients.change('billing', (now) => ({ ...now, disabledAtMs: 5 })),
      ]);
      const changed = await clients.find('billing');
      expect([...(changed?.roles ?? [])].sort()).toEqual(names);
      expect(changed?.disabledAtMs).toBe(5);
    });
  });

  describe('OauthKeyStore', () => {
    test('of many who add the next key one does', async () => {
      const { keys } = database.oauth;
      const won = await Promise.all(
        Array.from({ length: 20 }, (_, at) => keys.add(key(1, { kid: `k${at}` }))),
      );
      expect(won.filter(Boolean)).toHaveLength(1);
      expect(await keys.list()).toHaveLength(1);
    });

    test('dates the end of older keys once, and forgets them then', async () => {
      const { keys } = database.oauth;
      for (const generation of [1, 2, 3]) await keys.add(key(generation));
      await keys.add(key(1, { purpose: 'cookie' }));
      await keys.expireBefore('sign', 3, 9_000);
      await keys.expireBefore('sign', 3, 99_000);
      expect((await keys.list()).map(({ purpose, expiresAtMs }) => [purpose, expiresAtMs])).toEqual([
        ['cookie', 0],
        ['sign', 9_000],
        ['sign', 9_000],
        ['sign', 0],
      ]);
      expect(await keys.prune(9_001)).toBe(2);
    });
  });
}
