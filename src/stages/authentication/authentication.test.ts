import { beforeEach, describe, expect, test } from 'vitest';
import {
  fakePorts,
  NOW_MS,
  newKey,
  PAIRS,
  request,
  routeFacts,
  verificationKey,
} from '../../../test/support/authentication-world.ts';
import { claims, token } from '../../../test/support/sign-token.ts';
import { CONTINUE, type Decision } from '../../core/decision.ts';
import { authentication } from './authentication.ts';

let world: ReturnType<typeof fakePorts>;
let alice: ReturnType<typeof newKey>;

function compile(block: unknown) {
  return authentication.compile(authentication.schema.parse(block), routeFacts(), world.ports).head;
}

async function decide(block: unknown, fields: readonly string[], query = '') {
  const ctx = request(fields, { query });
  const decision = (await compile(block)?.run(ctx)) as Decision;
  return { decision, reason: decision.reason, ctx };
}

beforeEach(() => {
  world = fakePorts();
  alice = newKey();
  world.records.set(alice.id, alice.record);
  world.keySets.sets.set('company', [verificationKey('k1', PAIRS.rsa.publicKey)]);
});

const BOTH = { anyOf: [{ jwt: { issuer: 'company', audience: 'orders' } }, { apiKey: {} }] };

describe('API keys', () => {
  test('a good key gives its principal, the same for every request', async () => {
    const { decision, ctx } = await decide({}, ['X-API-Key', alice.key]);
    expect(decision).toBe(CONTINUE);
    expect(ctx.principal).toMatchObject({
      method: 'apiKey',
      subject: 'alice',
      credentialId: alice.id,
      tier: 'pro',
      scopes: new Set(['orders:read']),
      roles: new Set(['editor']),
      grant: alice.record.grant,
      counterKey: `key:${alice.id}`,
    });
    expect((await decide({ apiKey: {} }, ['x-api-key', alice.key])).ctx.principal).toBe(ctx.principal);
  });

  test.each([
    ['no key', () => [], 'authn.missing', 401],
    ['a key in another field', () => ['Authorization', `Bearer ${alice.key}`], 'authn.missing', 401],
    ['an empty key', () => ['X-API-Key', ''], 'authn.malformed', 401],
    ['a typing error', () => ['X-API-Key', `${alice.key.slice(0, -1)}-`], 'authn.malformed', 401],
    ['two keys in one field', () => ['X-API-Key', `${alice.key}, ${alice.key}`], 'authn.malformed', 401],
    ['the same key twice', () => ['X-API-Key', alice.key, 'x-api-key', alice.key], 'authn.ambiguous', 400],
    ['a good and an empty one', () => ['X-API-Key', alice.key, 'X-API-KEY', ''], 'authn.ambiguous', 400],
    ['an unknown id', () => ['X-API-Key', newKey().key], 'authn.unknown', 401],
  ])('%s', async (_, fields, reason, status) => {
    const { decision, ctx } = await decide({}, fields());
    expect([decision.reason, decision.status]).toEqual([reason, status]);
    expect(decision.headers).toEqual(['WWW-Authenticate', 'ApiKey realm="orders"']);
    expect(ctx.principal).toBeNull();
  });

  test('a known id with another secret is refused as an unknown one is', async () => {
    const other = newKey();
    world.records.set(other.id, { ...alice.record, id: other.id });
    const wrong = await decide({}, ['X-API-Key', other.key]);
    const unknown = await decide({}, ['X-API-Key', newKey().key]);
    expect(wrong.reason).toBe('authn.unknown');
    expect([wrong.decision.problem, wrong.decision.headers]).toEqual([
      unknown.decision.problem,
      unknown.decision.headers,
    ]);
  });

  test.each([
    [{ revokedAtMs: 1 }, 'authn.revoked'],
    [{ revokedAtMs: NOW_MS + 1 }, 'authn.revoked'],
    [{ expiresAtMs: NOW_MS }, 'authn.expired'],
    [{ expiresAtMs: 1 }, 'authn.expired'],
    [{ expiresAtMs: 1, revokedAtMs: 1 }, 'authn.revoked'],
    [{ expiresAtMs: NOW_MS + 1 }, 'request.passed'],
  ])('%o is %s', async (change, reason) => {
    world.records.set(alice.id, { ...alice.record, ...change });
    expect((await decide({}, ['X-API-Key', alice.key])).reason).toBe(reason);
  });

  test('whether a key is revoked or expired is said only to who has its secret', async () => {
    const stranger = newKey();
    const record = { ...alice.record, id: stranger.id, revokedAtMs: 1, expiresAtMs: 1 };
    world.records.set(stranger.id, record);
    expect((await decide({}, ['X-API-Key', stranger.key])).reason).toBe('authn.unknown');
  });

  test('a revoked key stops at once', async () => {
    const check = compile({});
    expect(check?.run(request(['X-API-Key', alice.key]))).toBe(CONTINUE);
    world.records.set(alice.id, { ...alice.record, revokedAtMs: NOW_MS });
    expect(check?.run(request(['X-API-Key', alice.key]))).toMatchObject({ reason: 'authn.revoked' });
  });

  test('the journal gets eight characters of the public part', async () => {
    const unknown = newKey();
    expect((await decide({}, ['X-API-Key', unknown.key])).ctx.claimedCredential).toBe(
      unknown.key.slice(0, 8),
    );
    expect((await decide({}, ['X-API-Key', 'my password'])).ctx.claimedCredential).toBe('');
  });
});

describe('API keys while the store is out of reach', () => {
  const problem = 'The database postgres://gw@db:5432/records was not reached for 50 s.';
  beforeEach(() => {
    world.apiKeys.problemText = problem;
  });

  test.each([
    ['a good key', () => alice.key],
    [
      'a revoked key',
      () => {
        world.records.set(alice.id, { ...alice.record, revokedAtMs: 1 });
        return alice.key;
      },
    ],
    ['a key that may be new', () => newKey().key],
    [
      'a wrong secret',
      () => {
        const other = newKey();
        world.records.set(other.id, { ...other.record, hash: alice.record.hash });
        return other.key;
      },
    ],
  ])('%s is a 503 that names the database to the journal alone', async (_, key) => {
    const { decision, reason, ctx } = await decide({}, ['X-API-Key', key()]);
    expect([decision.status, reason]).toEqual([503, 'authn.unavailable']);
    expect(decision.detail).toBe(`API keys cannot be verified. ${problem}`);
    expect(ctx.principal).toBeNull();
    expect(ctx.claimedCredential).toHaveLength(8);
  });

  test('what can be no key is no less wrong, and tokens need no store', async () => {
    expect((await decide({}, ['X-API-Key', 'nonsense'])).reason).toBe('authn.malformed');
    expect((await decide({}, [])).reason).toBe('authn.missing');
    const bearer = ['Authorization', `Bearer ${token()}`];
    expect((await decide(BOTH, bearer)).decision).toBe(CONTINUE);
  });

  test('keys are accepted again as soon as it is back', async () => {
    const check = compile({});
    const ask = async () => (await check?.run(request(['X-API-Key', alice.key])))?.reason;
    expect(await ask()).toBe('authn.unavailable');
    world.apiKeys.problemText = '';
    expect(await check?.run(request(['X-API-Key', alice.key]))).toBe(CONTINUE);
  });
});

describe('keys in the query', () => {
  const block = { apiKey: { query: 'api_key' } };
  const key = () => alice.key;

  test('are not looked at unless the operator says so', async () => {
    expect((await decide({}, [], `api_key=${key()}`)).reason).toBe('authn.missing');
  });

  test.each<[string, () => string, string]>([
    ['alone', () => `api_key=${key()}`, 'request.passed'],
    ['between others', () => `a=1&api_key=${key()}&b=2`, 'request.passed'],
    ['escaped', () => `api%5Fkey=${key().replaceAll('_', '%5f')}`, 'request.passed'],
    ['twice', () => `api_key=${key()}&api_key=${key()}`, 'authn.ambiguous'],
    ['twice, once escaped', () => `api_key=${key()}&%61pi_key=x`, 'authn.ambiguous'],
    ['without value', () => 'api_key', 'authn.malformed'],
    ['with a bad escape', () => `api_key=${key()}%`, 'authn.malformed'],
    ['in capitals', () => `API_KEY=${key()}`, 'authn.missing'],
    ['as part of a value', () => `x=api_key=${key()}`, 'authn.missing'],
    ['as part of a name', () => `xapi_key=${key()}`, 'authn.missing'],
  ])('%s', async (_, query, reason) => {
    expect((await decide(block, [], query())).reason).toBe(reason);
  });

  test('beside one in the header are refused', async () => {
    expect((await decide(block, ['X-API-Key', key()], `api_key=${key()}`)).reason).toBe('authn.ambiguous');
  });
});

describe('several methods', () => {
  const bearer = (text: string) => ['Authorization', `Bearer ${text}`];
  const expired = () => token(undefined, claims({ exp: 1 }));

  beforeEach(() => world.records.set(alice.id, { ...alice.record, owner: 'user-1' }));

  test.each<[string, () => string[], string, string?]>([
    ['a key', () => ['X-API-Key', alice.key], 'request.passed', 'apiKey'],
    ['a token', () => bearer(token()), 'request.passed', 'jwt'],
    ['both', () => ['X-API-Key', alice.key, ...bearer(token())], 'request.passed', 'jwt'],
    [
      'a good key and an expired token',
      () => ['X-API-Key', alice.key, ...bearer(expired())],
      'authn.expired',
    ],
    ['a bad key and a good token', () => ['X-API-Key', 'x', ...bearer(token())], 'authn.malformed'],
    [
      'an empty token and a good key',
      () => ['X-API-Key', alice.key, 'Authorization', 'Bearer'],
      'authn.malformed',
    ],
    [
      'another scheme and a good key',
      () => ['X-API-Key', alice.key, 'Authorization', 'Basic YTpi'],
      'authn.missing',
    ],
    ['two tokens', () => [...bearer(token()), ...bearer(token())], 'authn.ambiguous'],
    [
      'another scheme and a token',
      () => ['Authorization', 'Basic YTpi', ...bearer(token())],
      'authn.ambiguous',
    ],
    ['another scheme', () => ['Authorization', 'Basic YTpi'], 'authn.missing'],
    ['a scheme that starts alike', () => ['Authorization', `BearerX ${token()}`], 'authn.missing'],
    ['nothing', () => [], 'authn.missing'],
  ])('%s', async (_, fields, reason, method) => {
    const { reason: given, ctx } = await decide(BOTH, fields());
    expect(given).toBe(reason);
    expect(ctx.principal?.method).toBe(method);
  });

  test('the first in configured order becomes the principal', async () => {
    const block = { anyOf: [...BOTH.anyOf].reverse() };
    const { ctx } = await decide(block, ['X-API-Key', alice.key, ...bearer(token())]);
    expect(ctx.principal?.method).toBe('apiKey');
  });

  test('the challenges of all are sent, without an error where nothing came', async () => {
    const { decision } = await decide({ ...BOTH, realm: 'Our shop' }, []);
    expect(decision.headers).toEqual([
      ...['WWW-Authenticate', 'Bearer realm="Our shop"'],
      ...['WWW-Authenticate', 'ApiKey realm="Our shop"'],
    ]);
  });

  test('ambiguous tokens are an invalid request', async () => {
    const { decision } = await decide(BOTH, [...bearer('a'), ...bearer('b')]);
    expect(decision.status).toBe(400);
    expect(decision.headers[1]).toContain('error="invalid_request"');
  });

  test('a key after a token that had to wait for its keys is still verified', async () => {
    const text = token({ alg: 'RS256', kid: 'new' });
    world.keySets.onRefetch = () => {
      world.keySets.sets.get('company')?.push(verificationKey('new', PAIRS.rsa.publicKey));
    };
    const { reason, ctx } = await decide(BOTH, [...bearer(text), 'X-API-Key', 'bad']);
    expect(reason).toBe('authn.malformed');
    expect(ctx.principal).toBeNull();
    expect((await decide(BOTH, [...bearer(text), 'X-API-Key', alice.key])).ctx.principal?.method).toBe('jwt');
  });

  test('a token that had to wait does not take the place of a key that comes first', async () => {
    world.keySets.onRefetch = () => {
      world.keySets.sets.get('company')?.push(verificationKey('new', PAIRS.rsa.publicKey));
    };
    const fields = [...bearer(token({ alg: 'RS256', kid: 'new' })), 'X-API-Key', alice.key];
    const { ctx } = await decide({ anyOf: [...BOTH.anyOf].reverse() }, fields);
    expect(ctx.principal?.method).toBe('apiKey');
  });
});
