import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { exceptionWith } from '../../../test/support/limit-exceptions.ts';
import { principalWith } from '../../../test/support/principals.ts';
import type { LimitException } from '../../core/limit-exceptions.ts';
import { NO_ATTRIBUTES, type Principal } from '../../core/principal.ts';
import { formatIp, type Ip, ipv4Of, networkOf, parseIp } from '../../lib/ip/address.ts';
import { parseCidr } from '../../lib/ip/cidr.ts';
import { MemoryLimitExceptions } from './limit-exceptions.ts';

const ISSUER = 'https://auth.test';
const HERE = { api: 'shop', endpoint: 'search', limit: '' };
const ADDRESS = parseIp('10.1.2.3') as Ip;

const keyOf = (change: Partial<Principal> = {}) =>
  principalWith({ keyId: 'k1', subject: 'alice', clientId: 'c', ...change });
const userOf = (change: Partial<Principal> = {}) =>
  principalWith({ method: 'jwt', subject: 'alice', issuer: ISSUER, clientId: 'c', ...change });
const tenantOf = (tenant: string, issuer = ISSUER) =>
  userOf({ issuer, attributes: { ...NO_ATTRIBUTES, tenant } });

function found(
  records: Partial<LimitException>[],
  principal: Principal | null,
  place = HERE,
  nowMs = 0,
  ip = ADDRESS,
) {
  const all = records.map((one, at) => exceptionWith({ id: `e${at}`, ...one }));
  return new MemoryLimitExceptions(all).find(principal, ip, place, nowMs)?.id ?? null;
}

describe('whom an exception is for', () => {
  const user = { subject: 'user', issuer: ISSUER, value: 'alice' } as const;
  const keyOwner = { subject: 'key-owner', value: 'alice' } as const;

  test.each<[string, Partial<LimitException>, Principal | null, boolean]>([
    ['a key by its id', { subject: 'key', value: 'k1' }, keyOf(), true],
    ['another key of the same owner', { subject: 'key', value: 'k1' }, keyOf({ keyId: 'k2' }), false],
    ['the key beside a token', { subject: 'key', value: 'k1' }, userOf({ keyId: 'k1' }), true],
    ['a user', user, userOf(), true],
    ['a user of that name of another issuer', user, userOf({ issuer: 'https://other.test' }), false],
    ['a key whose owner has the name of the user', user, keyOf(), false],
    ['that key, even where it says to have the issuer', user, keyOf({ issuer: ISSUER }), false],
    ['the keys of an owner', keyOwner, keyOf({ keyId: 'k7' }), true],
    ['a user with the name of the owner', keyOwner, userOf(), false],
    ['a client', { subject: 'client', issuer: ISSUER, value: 'c' }, userOf(), true],
    [
      'a client of that name of another issuer',
      { subject: 'client', issuer: 'x', value: 'c' },
      userOf(),
      false,
    ],
    [
      'a key of the client, whose credentials have no issuer',
      { subject: 'client', value: 'c' },
      keyOf(),
      true,
    ],
    ['a token, when the client of keys was meant', { subject: 'client', value: 'c' }, userOf(), false],
    ['a tenant', { subject: 'tenant', issuer: ISSUER, value: 't' }, tenantOf('t'), true],
    [
      'the tenant of another issuer',
      { subject: 'tenant', issuer: ISSUER, value: 't' },
      tenantOf('t', 'x'),
      false,
    ],
    [
      'nobody, for a name that is empty',
      { subject: 'tenant', issuer: ISSUER, value: '' },
      tenantOf(''),
      false,
    ],
    ['an address', { subject: 'address', value: '10.1.2.3' }, null, true],
    ['a network', { subject: 'address', value: '10.0.0.0/8' }, userOf(), true],
    ['another network', { subject: 'address', value: '11.0.0.0/8' }, null, false],
    ['every IPv4 address', { subject: 'address', value: '0.0.0.0/0' }, null, true],
    ['every IPv6 address, and no IPv4 address', { subject: 'address', value: '::/0' }, null, false],
    ['a stranger, by a name', user, null, false],
  ])('%s', (_, record, principal, isFor) => {
    expect(found([record], principal)).toBe(isFor ? 'e0' : null);
  });
});

describe('which one holds', () => {
  const everyone = [
    { subject: 'address', value: '10.0.0.0/8' },
    { subject: 'address', value: '10.1.0.0/16' },
    { subject: 'tenant', issuer: ISSUER, value: 't' },
    { subject: 'client', issuer: ISSUER, value: 'c' },
    { subject: 'user', issuer: ISSUER, value: 'alice' },
    { subject: 'key', value: 'k1' },
  ] as const;
  const caller = userOf({ keyId: 'k1', attributes: { ...NO_ATTRIBUTES, tenant: 't' } });

  test.each([1, 2, 3, 4, 5, 6])('of the first %i kinds, in any order, the last', (count) => {
    const some = everyone.slice(0, count);
    expect(found([...some], caller)).toBe(`e${count - 1}`);
    expect(found([...some].reverse(), caller)).toBe('e0');
  });

  test('the keys of an owner before their client', () => {
    expect(
      found(
        [
          { subject: 'client', value: 'c' },
          { subject: 'key-owner', value: 'alice' },
        ],
        keyOf(),
      ),
    ).toBe('e1');
  });

  test.each([
    [[{ api: 'shop' }, {}], 'e0'],
    [[{}, { api: 'shop' }], 'e1'],
    [[{ api: 'shop' }, { api: 'shop', endpoint: 'search' }], 'e1'],
    [[{ api: 'shop', endpoint: 'other' }, {}], 'e1'],
    [[{ api: 'other' }], null],
    [[{ createdAtMs: 1 }, { createdAtMs: 2 }], 'e1'],
    [[{ createdAtMs: 2 }, { createdAtMs: 1 }], 'e0'],
    [[{ limit: 'accounts' }], null],
    [[{ expiresAtMs: 500, createdAtMs: 2 }, { createdAtMs: 1 }], 'e1'],
  ])('of %j it is %s', (records, id) => {
    expect(found(records, keyOf(), HERE, 500)).toBe(id);
  });

  test('one that is not about the place gives way to one for a less specific subject', () => {
    const records = [{ api: 'other' }, { subject: 'address', value: '10.0.0.0/8' } as const];
    expect(found(records, keyOf())).toBe('e1');
  });

  test('a limit on outcomes has only those that name it', () => {
    const place = { ...HERE, limit: 'accounts' };
    expect(found([{}], keyOf(), place)).toBeNull();
    expect(found([{}, { limit: 'accounts' }], keyOf(), place)).toBe('e1');
  });
});

describe('when it ends', () => {
  test.each([
    [999, 'e0'],
    [1_000, null],
    [1_001, null],
    [-5_000, 'e0'],
  ])('at %i by the clock of whoever asks: %s', (nowMs, id) => {
    expect(found([{ expiresAtMs: 1_000 }], keyOf(), HERE, nowMs)).toBe(id);
  });

  test('a clock that is set back lets it hold again, and nothing was forgotten', () => {
    const exceptions = new MemoryLimitExceptions([exceptionWith()]);
    const at = (nowMs: number) => exceptions.find(keyOf(), ADDRESS, HERE, nowMs)?.id ?? null;
    expect([at(999), at(1_000), at(999)]).toEqual(['ex1', null, 'ex1']);
  });
});

test('updates add, replace and delete', () => {
  const exceptions = new MemoryLimitExceptions();
  const factor = () => exceptions.find(keyOf(), ADDRESS, HERE, 0)?.change;
  expect(factor()).toBeUndefined();
  exceptions.update({ records: [exceptionWith()], deleted: [], isAll: false });
  expect(factor()).toEqual({ kind: 'factor', factor: 2 });
  exceptions.update({
    records: [exceptionWith({ change: { kind: 'factor', factor: 3 } })],
    deleted: [],
    isAll: false,
  });
  expect(factor()).toEqual({ kind: 'factor', factor: 3 });
  exceptions.update({ records: [], deleted: ['ex1', 'nobody'], isAll: false });
  expect(factor()).toBeUndefined();
  exceptions.update({ records: [exceptionWith({ id: 'b' })], deleted: [], isAll: false });
  exceptions.update({ records: [], deleted: [], isAll: true });
  expect(factor()).toBeUndefined();
});

test('of networks the longest that holds the address and is not over, against a search through all', () => {
  const network = fc
    .record({
      word: fc.constantFrom(0x0a000000, 0x0a010000, 0x0a010200, 0x0a010203),
      bits: fc.integer({ min: 0, max: 32 }),
    })
    .map(({ word, bits }) => `${formatIp(networkOf(ipv4Of(word), bits))}/${bits}`);
  const records = fc.array(fc.record({ network, expiresAtMs: fc.constantFrom(5, 15) }), { maxLength: 12 });
  fc.assert(
    fc.property(records, (list) => {
      const all = list.map(({ network: value, expiresAtMs }, at) =>
        exceptionWith({ id: `e${at}`, subject: 'address', value, expiresAtMs, createdAtMs: at }),
      );
      const holds = all
        .map((one) => ({ one, cidr: parseCidr(one.value) }))
        .filter(({ cidr }) => formatIp(networkOf(ADDRESS, cidr?.bits ?? 0)) === formatIp(cidr?.ip as Ip))
        .filter(({ one }) => one.expiresAtMs > 10)
        .sort((a, b) => (b.cidr?.bits ?? 0) - (a.cidr?.bits ?? 0) || b.one.createdAtMs - a.one.createdAtMs);
      expect(new MemoryLimitExceptions(all).find(null, ADDRESS, HERE, 10)).toBe(holds[0]?.one ?? null);
    }),
  );
});
