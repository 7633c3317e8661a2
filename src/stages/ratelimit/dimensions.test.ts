import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { principalWith } from '../../../test/support/principals.ts';
import { contextOf } from '../../../test/support/stage-context.ts';
import { NO_ATTRIBUTES, type Principal } from '../../core/principal.ts';
import { type ByConfig, bySchema, PLAIN_DIMENSIONS } from './dimension.schema.ts';
import { compileDimension, scopeOf } from './dimensions.ts';

interface Sketch {
  readonly client?: string;
  readonly headers?: readonly string[];
  readonly principal?: Principal;
}

function clientOf(by: ByConfig, { client, headers, principal }: Sketch = {}, ipv6Prefix = 64): string {
  const ctx = contextOf({ ...(client === undefined ? {} : { client }), headers: headers ?? [] });
  ctx.principal = principal ?? null;
  return compileDimension(bySchema.parse(by), ipv6Prefix).clientOf(ctx);
}

const device = (...values: string[]): Sketch => ({ headers: values.flatMap((value) => ['X-Device', value]) });
const BY_DEVICE: ByConfig = { header: 'X-Device' };
const of = (change: Partial<Principal>): Sketch => ({ principal: principalWith(change) });
const ofTenant = (tenant: string): Sketch => of({ attributes: { ...NO_ATTRIBUTES, tenant } });
const ofClaim = (...entries: [string, string][]): Sketch => of({ claims: new Map(entries) });

describe('two callers share a counter', () => {
  test.each<[string, ByConfig, Sketch, Sketch]>([
    ['in one IPv6 prefix', 'address', { client: '2001:db8::1' }, { client: '2001:db8::ffff:0:0:1' }],
    ['with one key', 'key', of({ keyId: 'k', counterKey: 'a' }), of({ keyId: 'k', counterKey: 'b' })],
    ['of one owner, with two keys', 'user', of({ keyId: 'k' }), of({ keyId: 'l', counterKey: 'key:l' })],
    ['of one client', 'client', of({ clientId: 'c', subject: 'a' }), of({ clientId: 'c', subject: 'b' })],
    ['of one tenant', 'tenant', ofTenant('t'), { ...ofTenant('t'), client: '192.0.2.99' }],
    ['with one claim', { claim: 'org' }, ofClaim(['org', 'a']), ofClaim(['org', 'a'], ['other', 'x'])],
    ['with another case in a header', BY_DEVICE, device('Phone-ä'), device('PHONE-ä')],
    ['without a header', BY_DEVICE, { client: '192.0.2.1' }, { client: '192.0.2.2' }],
    ['with a header twice and without', BY_DEVICE, device('a', 'b'), {}],
    ['with an empty header and without', BY_DEVICE, device(''), {}],
    ['without tenant', 'tenant', of({ subject: 'a' }), of({ subject: 'b' })],
    ['without client', 'client', of({ subject: 'a' }), of({ subject: 'b' })],
    ['without a claim', { claim: 'org' }, of({ subject: 'a' }), ofClaim(['ORG', 'a'])],
    ['whoever they are', 'api', of({ subject: 'a' }), {}],
    ['of one tenant, whatever else', ['tenant', 'api'], ofTenant('t'), ofTenant('t')],
  ])('%s', (_, by, one, other) => {
    expect(clientOf(by, one)).toBe(clientOf(by, other));
  });
});

describe('two callers do not share a counter', () => {
  test.each<[string, ByConfig, Sketch, Sketch]>([
    ['in two IPv6 prefixes', 'address', { client: '2001:db8::1' }, { client: '2001:db8:0:1::1' }],
    ['of two issuers with one name', 'user', of({ issuer: 'https://a' }), of({ issuer: 'https://b' })],
    [
      'that divide issuer and name otherwise',
      'user',
      of({ issuer: 'a', subject: 'bc' }),
      of({ issuer: 'ab', subject: 'c' }),
    ],
    ['with two tenants', 'tenant', ofTenant('a'), ofTenant('b')],
    ['of tenants named like what is missing', 'tenant', ofTenant('-'), of({})],
    ['with values that differ beyond case', BY_DEVICE, device('a'), device('ab')],
    ['with a header named like a hash', BY_DEVICE, device('a'), device(clientOf(BY_DEVICE, device('a')))],
    [
      'with long names that end otherwise',
      'tenant',
      ofTenant(`${'a'.repeat(250)}b`),
      ofTenant(`${'a'.repeat(250)}c`),
    ],
    ['with halves of characters', 'tenant', ofTenant('\ud800'), ofTenant('\ud801')],
    [
      'when one has no name but an address',
      'principal',
      of({ counterKey: '192.0.2.7' }),
      { client: '192.0.2.7' },
    ],
  ])('%s', (_, by, one, other) => {
    expect(clientOf(by, one)).not.toBe(clientOf(by, other));
  });
});

test.each(['principal', 'key', 'user', 'client', 'tenant', { claim: 'org' }] as const)(
  'a stranger is counted by address in the dimension %j',
  (by) => {
    expect(clientOf(by, { client: '192.0.2.1' })).toBe(clientOf('address', { client: '192.0.2.1' }));
  },
);

test('a token is counted as its subject where keys are counted', () => {
  expect(clientOf('key', of({ counterKey: 'jwt:a:b' }))).toBe(
    clientOf('principal', of({ counterKey: 'jwt:a:b' })),
  );
});

test('the prefix of IPv6 addresses is the one that is configured', () => {
  expect(clientOf('address', { client: '2001:db8:1::1' }, 32)).toBe(
    clientOf('address', { client: '2001:db8:2::1' }, 32),
  );
});

test('a header value is in no counter, for it may be a secret', () => {
  expect(
    clientOf({ header: 'Authorization' }, { headers: ['Authorization', 'Bearer s3cret'] }),
  ).not.toContain('s3cret');
});

describe('scopes', () => {
  const place = { apiId: 'orders', endpointId: 'search' };
  const scope = (by: ByConfig) => scopeOf('limit', compileDimension(by, 64), place);

  test.each<[ByConfig, string]>([
    ['principal', 'limit/principal/orders/search'],
    ['endpoint', 'limit/endpoint/orders/search'],
    ['api', 'limit/api/orders'],
    [['tenant', 'api'], 'limit/tenant+api/orders'],
    [['global', 'tenant'], 'limit/global+tenant/'],
    [{ claim: '/a+b/c' }, 'limit/claim%20%2Fa%2Bb%2Fc/orders/search'],
  ])('%j', (by, text) => {
    expect(scope(by)).toBe(text);
  });

  test('of no two dimensions are equal', () => {
    const all: ByConfig[] = [
      ...PLAIN_DIMENSIONS,
      { header: 'api' },
      { claim: 'api' },
      ['api', 'key'],
      ['key', 'api'],
    ];
    expect(new Set(all.map(scope)).size).toBe(all.length);
  });
});

/** Text of anything, with what an encoding could stumble over more often. */
const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc
    .array(fc.constantFrom('1', '0', ':', '-', 't', 'T', 'p', 'a', '', 'm1', '\ud800'), { maxLength: 8 })
    .map((list) => list.join('')),
);

test('different tuples of claims, tenants and users never share a counter', () => {
  const tuple = fc.tuple(anyText, anyText, anyText);
  const by: ByConfig = ['tenant', { claim: 'org' }, 'user'];
  const read = ([tenant, org, subject]: [string, string, string]) =>
    clientOf(
      by,
      of({
        attributes: { ...NO_ATTRIBUTES, tenant },
        claims: new Map([['org', org]]),
        subject,
        counterKey: `key:${subject}`,
      }),
    );
  fc.assert(
    fc.property(tuple, tuple, (one, other) => {
      fc.pre(one.some((part, at) => part !== other[at]));
      expect(read(one)).not.toBe(read(other));
    }),
    { numRuns: 2000 },
  );
});

test('different header values of any bytes never share a counter, unless in case alone', () => {
  const bytes = fc.uint8Array({ minLength: 1, maxLength: 200 }).map((list) =>
    Buffer.from(list.map((byte) => (byte < 32 || byte === 127 ? 33 : byte)))
      .toString('latin1')
      .trim(),
  );
  const fold = (text: string) => text.replace(/[A-Z]/g, (char) => char.toLowerCase());
  fc.assert(
    fc.property(bytes, bytes, (one, other) => {
      fc.pre(one !== '' && other !== '' && !/^[ \t]|[ \t]$/.test(one + other));
      const same = fold(one) === fold(other);
      expect(clientOf(BY_DEVICE, device(one)) === clientOf(BY_DEVICE, device(other))).toBe(same);
    }),
  );
});

test('a counter has a bounded name', () => {
  const parts = ofTenant('t'.repeat(256));
  const long = { ...parts, headers: ['X-Device', 'x'.repeat(10_000)] };
  expect(clientOf(['tenant', BY_DEVICE as { header: string }, 'user', 'address'], long).length).toBeLessThan(
    600,
  );
});

test.each([
  [''],
  ['subject'],
  [[]],
  [['key', 'user', 'client', 'tenant', 'address']],
  [{ header: 'a b' }],
  [{}],
  [{ header: 'a', claim: 'b' }],
])('the schema refuses %j', (by) => {
  expect(bySchema.safeParse(by).success).toBe(false);
});
