import { beforeEach, describe, expect, test } from 'vitest';
import {
  fakePorts,
  newKey,
  PAIRS,
  request,
  routeFacts,
  verificationKey,
} from '../../../test/support/authentication-world.ts';
import { claims, token } from '../../../test/support/sign-token.ts';
import { authentication } from './authentication.ts';

let world: ReturnType<typeof fakePorts>;
let key: ReturnType<typeof newKey>;

beforeEach(() => {
  world = fakePorts();
  key = newKey({
    owner: 'team-web',
    tier: 'pro',
    scopes: ['keys:all'],
    grant: { apis: ['orders'], endpoints: [], methods: [], countries: [] },
  });
  world.records.set(key.id, key.record);
  world.keySets.sets.set('company', [verificationKey('k1', PAIRS.rsa.publicKey)]);
});

const JWT = { jwt: { issuer: 'company', audience: 'orders' } };
const TEST_KEY = { apiKey: { header: 'X-Test-Key' } };
const bearer = (change: Record<string, unknown> = {}) => [
  'Authorization',
  `Bearer ${token(undefined, claims(change))}`,
];
const withKey = () => ['X-API-Key', key.key];

async function decide(block: unknown, fields: readonly string[]) {
  const ctx = request(fields);
  const { head } = authentication.compile(authentication.schema.parse(block), routeFacts(), world.ports);
  const decision = await head?.run(ctx);
  return {
    reason: decision?.reason,
    status: decision?.status,
    headers: decision?.headers,
    principal: ctx.principal,
  };
}

describe('all of', () => {
  const BOTH = { allOf: [JWT, { apiKey: {} }] };

  test('both credentials make one caller: rights of the first, limits of each', async () => {
    const { reason, principal } = await decide(BOTH, [
      ...bearer({ scope: 'orders:read', client_id: 'app' }),
      ...withKey(),
    ]);
    expect(reason).toBe('request.passed');
    expect(principal).toMatchObject({
      method: 'jwt',
      methods: 'jwt+apiKey',
      subject: 'user-1',
      clientId: 'app',
      keyId: key.id,
      scopes: new Set(['orders:read']),
      tier: 'pro',
      grant: { apis: ['orders'] },
    });
  });

  test('the order of the list, not of the request, says who leads', async () => {
    const { principal } = await decide({ allOf: [{ apiKey: {} }, JWT] }, [...bearer(), ...withKey()]);
    expect(principal).toMatchObject({
      methods: 'apiKey+jwt',
      subject: 'team-web',
      scopes: new Set(['keys:all']),
    });
  });

  test.each([
    ['the token alone', () => bearer(), 'authn.incomplete', 401],
    ['the key alone', () => withKey(), 'authn.incomplete', 401],
    ['nothing', () => [], 'authn.missing', 401],
    ['a good token and a bad key', () => [...bearer(), 'X-API-Key', 'x'], 'authn.malformed', 401],
    ['an expired token and a good key', () => [...bearer({ exp: 1 }), ...withKey()], 'authn.expired', 401],
  ])('%s is refused', async (_, fields, reason, status) => {
    const answer = await decide(BOTH, fields());
    expect([answer.reason, answer.status, answer.principal]).toEqual([reason, status, null]);
    expect(answer.headers?.[0]).toBe('WWW-Authenticate');
  });
});

describe('any of combinations', () => {
  const CHOICE = { anyOf: [{ allOf: [JWT, TEST_KEY] }, TEST_KEY] };

  test('the first alternative that is complete counts', async () => {
    const both = await decide(CHOICE, [...bearer(), 'X-Test-Key', key.key]);
    expect(both.principal?.methods).toBe('jwt+apiKey');
    const alone = await decide(CHOICE, ['X-Test-Key', key.key]);
    expect(alone.principal?.methods).toBe('apiKey');
    expect((await decide(CHOICE, bearer())).reason).toBe('authn.incomplete');
  });
});

describe('contradictions', () => {
  const EITHER = { anyOf: [JWT, { apiKey: {} }] };

  test.each<[string, Record<string, unknown>, string, string]>([
    ['another caller', { sub: 'mallory' }, 'team-web', 'authn.contradiction'],
    ['the same caller', { sub: 'team-web' }, 'team-web', 'request.passed'],
    [
      'the client of the token owns the key',
      { sub: 'mallory', client_id: 'team-web' },
      'team-web',
      'request.passed',
    ],
    ['a key that belongs to nobody', { sub: 'mallory' }, '', 'request.passed'],
  ])('two credentials where one is enough, of %s', async (_, change, owner, reason) => {
    world.records.set(key.id, { ...key.record, owner });
    const answer = await decide(EITHER, [...bearer(change), ...withKey()]);
    expect(answer.reason).toBe(reason);
    if (reason !== 'request.passed') expect([answer.status, answer.principal]).toEqual([400, null]);
  });
});
