import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { UserStore } from '../../src/core/users.ts';
import type { Database } from '../../src/stores/sql/open-database.ts';
import { userRecord } from './users.ts';

const ALL = { namePrefix: '', after: '', limit: 100 };

const times = <T>(count: number, run: () => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, run));

/** What every store of users does; `open` gives an empty database. */
export function describeUserStore(open: () => Promise<Database>): void {
  let database: Database;
  let users: UserStore;

  beforeEach(async () => {
    database = await open();
    users = database.users;
  });
  afterEach(() => database.close());

  describe('users', () => {
    test('are given back exactly as they were stored', async () => {
      const alice = userRecord('a', { name: 'Älice "; drop table users; --', nameKey: 'älice', roles: [] });
      expect(await users.create(alice)).toBe(true);
      expect(await users.find('a')).toEqual(alice);
      expect(await users.findByName('älice')).toEqual(alice);
      expect(await users.find('b')).toBeNull();
      expect(await users.findByName('alice')).toBeNull();
    });

    test('have one name each, however many are made at once', async () => {
      const made = await Promise.all(
        [1, 2, 3].map((n) => users.create(userRecord(`u${n}`, { nameKey: 'same' }))),
      );
      expect(made.filter((isMade) => isMade)).toHaveLength(1);
      expect(await users.list(ALL)).toHaveLength(1);
    });

    test('are listed by name, in pages, by a beginning that is taken literally', async () => {
      for (const name of ['carol', 'alice', 'al_x', 'bob', 'al%y']) {
        await users.create(userRecord(`id-${name}`, { name, nameKey: name }));
      }
      const names = async (filter: Partial<typeof ALL>) =>
        (await users.list({ ...ALL, ...filter })).map(({ name }) => name);
      expect(await names({})).toEqual(['al%y', 'al_x', 'alice', 'bob', 'carol']);
      expect(await names({ limit: 2, after: 'alice' })).toEqual(['bob', 'carol']);
      expect(await names({ namePrefix: 'al_' })).toEqual(['al_x']);
      expect(await names({ namePrefix: '%' })).toEqual([]);
    });

    test('change in what is named only', async () => {
      await users.create(userRecord('a'));
      const changed = await users.update('a', { disabledAtMs: 7, roles: ['x'] });
      expect(changed).toEqual(userRecord('a', { disabledAtMs: 7, roles: ['x'] }));
      expect(await users.update('a', {})).toEqual(changed);
      expect(await users.update('nobody', { email: 'x' })).toBeNull();
    });

    test('are gone with everything that was theirs', async () => {
      await users.createLinked(userRecord('a'), 'https://idp.example', 'sub-1');
      await users.enrolSecondFactor('a', { sealedSecret: 's1.x', step: 1, recoveryHashes: ['h'] });
      expect(await users.delete('a')).toBe(true);
      expect(await users.delete('a')).toBe(false);
      expect(await users.findLinked('https://idp.example', 'sub-1')).toBeNull();
      await users.create(userRecord('a'));
      expect(await users.countRecoveryCodes('a')).toBe(0);
    });
  });

  describe('accounts at other providers', () => {
    test('belong to one user, found by issuer and subject together', async () => {
      expect(await users.createLinked(userRecord('a'), 'https://one.example', '1')).toBe(true);
      expect((await users.findLinked('https://one.example', '1'))?.id).toBe('a');
      expect(await users.findLinked('https://two.example', '1')).toBeNull();
      expect(await users.findLinked('https://one.example', '2')).toBeNull();
    });

    test('leave no user behind when the account, or the name, is taken', async () => {
      const made = await Promise.all(
        ['a', 'b', 'c'].map((id) => users.createLinked(userRecord(id), 'https://one.example', '1')),
      );
      expect(made.filter((isMade) => isMade)).toHaveLength(1);
      expect(await users.list(ALL)).toHaveLength(1);
      const [{ nameKey } = userRecord('')] = await users.list(ALL);
      expect(await users.createLinked(userRecord('d', { nameKey }), 'https://one.example', '2')).toBe(false);
      expect(await users.findLinked('https://one.example', '2')).toBeNull();
    });
  });

  describe('attempts', () => {
    test('are counted before they are looked at: of a hundred at once ten are admitted', {
      timeout: 30_000,
    }, async () => {
      await users.create(userRecord('a'));
      const admitted = (await times(100, () => users.takeAttempt('a', 5_000))).filter((is) => is);
      expect(admitted).toHaveLength(10);
    });

    test('are admitted one by one after a pause, and freely after a login', async () => {
      await users.create(userRecord('a'));
      for (let n = 0; n < 10; n++) expect(await users.takeAttempt('a', 0)).toBe(true);
      expect(await users.takeAttempt('a', 29_999)).toBe(false);
      expect(await users.takeAttempt('a', 30_000)).toBe(true);
      expect(await users.takeAttempt('a', 30_000)).toBe(false);
      await users.completeLogin('a', 90_000);
      expect((await users.find('a'))?.lastLoginAtMs).toBe(90_000);
      expect(await users.takeAttempt('a', 90_000)).toBe(true);
    });

    test('are forgotten when an administrator says so', async () => {
      await users.create(userRecord('a'));
      for (let n = 0; n < 11; n++) await users.takeAttempt('a', 0);
      await users.clearAttempts('a');
      expect(await users.takeAttempt('a', 0)).toBe(true);
      expect((await users.find('a'))?.lastLoginAtMs).toBe(0);
    });

    test('one that succeeded is given back, but the failed ones before it stay counted', async () => {
      await users.create(userRecord('a'));
      for (let n = 0; n < 9; n++) await users.takeAttempt('a', 0);
      for (let n = 0; n < 3; n++) {
        expect(await users.takeAttempt('a', 0)).toBe(true);
        await users.returnAttempt('a');
      }
      expect(await users.takeAttempt('a', 0)).toBe(true);
      expect(await users.takeAttempt('a', 0)).toBe(false);
    });

    test('of users who are not there are never admitted', async () => {
      expect(await users.takeAttempt('nobody', 0)).toBe(false);
      await users.returnAttempt('nobody');
    });
  });

  describe('second factors', () => {
    const factor = { sealedSecret: 's1.abc', step: 100, recoveryHashes: ['h1', 'h2'] };
    beforeEach(() => users.create(userRecord('a')));

    test('are enrolled once: of two at the same time one wins', async () => {
      const enrolled = await times(2, () => users.enrolSecondFactor('a', factor));
      expect(enrolled.filter((is) => is)).toHaveLength(1);
      expect(await users.countRecoveryCodes('a')).toBe(2);
      expect((await users.find('a'))?.totpSecret).toBe('s1.abc');
    });

    test('take each time step once, and none before it', async () => {
      await users.enrolSecondFactor('a', factor);
      expect(await users.takeTotpStep('a', 100)).toBe(false);
      expect((await times(20, () => users.takeTotpStep('a', 102))).filter((is) => is)).toHaveLength(1);
      expect(await users.takeTotpStep('a', 101)).toBe(false);
      expect(await users.takeTotpStep('a', 103)).toBe(true);
    });

    test('take each recovery code once', async () => {
      await users.enrolSecondFactor('a', factor);
      expect((await times(20, () => users.takeRecoveryCode('a', 'h1'))).filter((is) => is)).toHaveLength(1);
      expect(await users.takeRecoveryCode('a', 'h3')).toBe(false);
      expect(await users.countRecoveryCodes('a')).toBe(1);
    });

    test('are reset with their codes, and void what was signed in before', async () => {
      await users.enrolSecondFactor('a', factor);
      expect(await users.resetSecondFactor('a', 9_000)).toMatchObject({
        totpSecret: '',
        credentialsChangedAtMs: 9_000,
      });
      expect(await users.countRecoveryCodes('a')).toBe(0);
      expect(await users.enrolSecondFactor('a', factor)).toBe(true);
      expect(await users.resetSecondFactor('nobody', 1)).toBeNull();
    });
  });
}
