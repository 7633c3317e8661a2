import { beforeEach, describe, expect, test } from 'vitest';
import { ISSUER, issuerFacts, NOW_S, PAIRS } from '../../../test/support/authentication-world.ts';
import { jwtWorld } from '../../../test/support/jwt-world.ts';
import { claims, token } from '../../../test/support/sign-token.ts';
import { NO_ATTRIBUTES } from '../../core/principal.ts';
import { keepClaims, parseClaimPath } from './claim-paths.ts';
import { type ClaimPaths, checkClaims } from './jwt-claims.ts';
import { type ClaimedToken, parseToken } from './jwt-token.ts';

const RS = { alg: 'RS256', kid: 'k1' };
const signed = (payload: Record<string, unknown> | string) => token(RS, payload);

let world: ReturnType<typeof jwtWorld>;

beforeEach(() => {
  world = jwtWorld();
});

describe('claims that are read', () => {
  const read = async (payload: object, jwt: object = {}) =>
    (await world.decide(token(RS, claims({ ...payload })), {}, jwt)).ctx.principal;

  test.each<[object, object, string[]]>([
    [{ scope: 'a  b ' }, {}, ['a', 'b']],
    [{ scope: ['a', 'b', 3, ''] }, {}, ['a', 'b']],
    [{ scp: 'a b' }, {}, ['a', 'b']],
    [{ scp: ['a'] }, {}, ['a']],
    [{ scope: 'a', scp: 'b' }, {}, ['a']],
    [{ scope: { a: true } }, {}, []],
    [{ scope: 7 }, {}, []],
    [{ rights: 'a', scope: 'b' }, { scopeClaim: 'rights' }, ['a']],
    [{ scp: 'b' }, { scopeClaim: 'rights' }, []],
  ])('scopes of %o with %o', async (payload, jwt, expected) => {
    expect([...((await read(payload, jwt))?.scopes ?? [])]).toEqual(expected);
  });

  test.each<[object, object, string[]]>([
    [{ roles: ['a', 'b c'] }, {}, ['a', 'b c']],
    [{ roles: 'Domain Admins' }, {}, ['Domain Admins']],
    [{ roles: { admin: 1 } }, {}, []],
    [{ realm_access: { roles: ['a'] } }, { rolesClaim: '/realm_access/roles' }, ['a']],
    [{ 'https://x/roles': ['a'] }, { rolesClaim: 'https://x/roles' }, ['a']],
    [{ 'a/b': { '~': ['a'] } }, { rolesClaim: '/a~1b/~0' }, ['a']],
    [{}, { rolesClaim: '/constructor/name' }, []],
    [{}, { rolesClaim: 'toString' }, []],
  ])('roles of %o with %o', async (payload, jwt, expected) => {
    expect([...((await read(payload, jwt))?.roles ?? [])]).toEqual(expected);
  });

  test('tier and client of another type are nothing', async () => {
    expect(await read({ tier: ['pro'], client_id: {} })).toMatchObject({ tier: '', clientId: '' });
  });

  test.each<[object, object, object]>([
    [{}, {}, NO_ATTRIBUTES],
    [{ amr: ['pwd', 'otp'] }, {}, { mfa: true, amr: ['pwd', 'otp'] }],
    [{ amr: ['mfa'] }, {}, { mfa: true, amr: ['mfa'] }],
    [{ amr: ['pwd', 'pin'] }, {}, { mfa: false }],
    [{ amr: ['otp', 'sms', 'hwk'] }, {}, { mfa: false }],
    [{ amr: ['fpt', 'hwk'] }, {}, { mfa: true }],
    [{ amr: ['pwd', 'constructor', 'user'] }, {}, { mfa: false }],
    [{ amr: 'mfa' }, {}, { mfa: true, amr: ['mfa'] }],
    [{ amr: 'pwd otp' }, {}, { mfa: false }],
    [{ amr: [['mfa'], { mfa: true }, 1] }, {}, { mfa: false, amr: [] }],
    [{ amr: Array.from({ length: 40 }, () => 'x').concat('mfa') }, {}, { mfa: false }],
    [{ second: true }, { mfaClaim: 'second' }, { mfa: true }],
    [{ second: 'true' }, { mfaClaim: 'second' }, { mfa: false }],
    [{ second: 1 }, { mfaClaim: 'second' }, { mfa: false }],
    [{ login: { strong: true } }, { mfaClaim: '/login/strong' }, { mfa: true }],
    [{ mfa: true }, {}, { mfa: false }],
    [
      { acr: 'urn:gold', department: 'sales', clearance: 'secret', tenant: 't1' },
      {},
      { acr: 'urn:gold', department: 'sales', clearance: 'secret', tenant: 't1' },
    ],
    [{ org: { unit: 'x' } }, { departmentClaim: '/org/unit' }, { department: 'x' }],
    [{ acr: 1, department: ['a'], clearance: {}, tenant: 'a\r\nb' }, {}, NO_ATTRIBUTES],
  ])('attributes of %o with %o', async (payload, jwt, expected) => {
    expect((await read(payload, jwt))?.attributes).toMatchObject(expected);
  });

  test.each<[object, object, string]>([
    [{ client_id: 'user-1' }, {}, 'client'],
    [{ azp: 'user-1' }, {}, 'client'],
    [{ client_id: 'other' }, {}, 'user'],
    [{}, {}, 'user'],
    [{ client_id: 'user-1' }, { principalType: 'user' }, 'user'],
    [{}, { principalType: 'client' }, 'client'],
  ])('%o with %o is a %s', async (payload, jwt, type) => {
    expect((await read(payload, jwt))?.type).toBe(type);
  });
});

describe('a token of another purpose', () => {
  test.each<[object, object, object, string]>([
    [{ at_hash: 'x' }, {}, {}, 'authn.claims'],
    [{ c_hash: 'x' }, {}, {}, 'authn.claims'],
    [{ s_hash: 'x' }, {}, {}, 'authn.claims'],
    [{ events: { 'http://schemas.openid.net/event/backchannel-logout': {} } }, {}, {}, 'authn.claims'],
    [{ token_use: 'id' }, {}, {}, 'authn.claims'],
    [{ token_use: 'access' }, {}, {}, 'request.passed'],
    [{ typ: 'ID' }, {}, {}, 'authn.claims'],
    [{ typ: 'Refresh' }, {}, {}, 'authn.claims'],
    [{ typ: 'Logout' }, {}, {}, 'authn.claims'],
    [{ typ: 'Bearer' }, {}, {}, 'request.passed'],
    [{ nonce: 'n' }, {}, {}, 'request.passed'],
    [{}, { typ: 'JWT' }, { tokenType: 'at+jwt' }, 'authn.claims'],
    [{}, {}, { tokenType: 'at+jwt' }, 'authn.claims'],
    [{}, { typ: 'at+jwt' }, { tokenType: 'at+jwt' }, 'request.passed'],
    [{}, { typ: 'application/at+JWT' }, { tokenType: 'at+jwt' }, 'request.passed'],
    [{}, { typ: 'dpop+jwt' }, {}, 'authn.malformed'],
    [{}, { typ: 'logout+jwt' }, {}, 'authn.malformed'],
    [{}, { typ: 'secevent+jwt' }, {}, 'authn.malformed'],
    [{}, { typ: 'rt+jwt' }, {}, 'authn.malformed'],
    [{}, { typ: 'token-introspection+jwt' }, {}, 'authn.malformed'],
  ])('claims %o, header %o with %o is %s', async (payload, header, jwt, reason) => {
    const text = token({ ...RS, ...header }, claims({ ...payload }));
    expect((await world.decide(text, {}, jwt)).reason).toBe(reason);
  });
});

describe('claims are judged', () => {
  test.each<[string, Record<string, unknown>, string]>([
    ['another issuer', { iss: 'https://evil.example' }, 'authn.issuer'],
    ['the issuer with a slash', { iss: `${ISSUER}/` }, 'authn.issuer'],
    ['the issuer in capitals', { iss: ISSUER.toUpperCase() }, 'authn.issuer'],
    ['a list of issuers', { iss: [ISSUER] }, 'authn.issuer'],
    ['no issuer', { iss: undefined }, 'authn.issuer'],
    ['another audience', { aud: 'billing' }, 'authn.audience'],
    ['part of an audience', { aud: 'order' }, 'authn.audience'],
    ['audiences in one text', { aud: 'orders carts' }, 'authn.audience'],
    ['other audiences', { aud: ['billing', 'Orders'] }, 'authn.audience'],
    ['an empty list of audiences', { aud: [] }, 'authn.audience'],
    ['an audience that is an object', { aud: { orders: true } }, 'authn.audience'],
    ['a nested audience', { aud: [['orders']] }, 'authn.audience'],
    ['an audience among other things', { aud: ['orders', 7] }, 'authn.audience'],
    ['jti that is a number', { jti: 7 }, 'authn.claims'],
    ['an empty jti', { jti: '' }, 'authn.claims'],
    ['a long jti', { jti: 'x'.repeat(257) }, 'authn.claims'],
    ['null jti', { jti: null }, 'authn.claims'],
    ['no audience', { aud: undefined }, 'authn.claims'],
    ['null audience', { aud: null }, 'authn.claims'],
    ['no exp', { exp: undefined }, 'authn.claims'],
    ['null exp', { exp: null }, 'authn.claims'],
    ['exp as text', { exp: String(NOW_S + 900) }, 'authn.claims'],
    ['exp in a list', { exp: [NOW_S + 900] }, 'authn.claims'],
    ['exp true', { exp: true }, 'authn.claims'],
    ['huge exp', { exp: 1e300 }, 'authn.claims'],
    ['exp in milliseconds', { exp: (NOW_S + 900) * 1000 }, 'authn.claims'],
    ['negative exp', { exp: -1 }, 'authn.claims'],
    ['exp zero', { exp: 0 }, 'authn.expired'],
    ['exp exactly the tolerance ago', { exp: NOW_S - 60 }, 'authn.expired'],
    ['nbf past the tolerance', { nbf: NOW_S + 61 }, 'authn.not-yet-valid'],
    ['nbf as text', { nbf: '0' }, 'authn.claims'],
    ['nbf null', { nbf: null }, 'authn.claims'],
    ['iat too far ahead', { iat: NOW_S + 301 }, 'authn.not-yet-valid'],
    ['no iat', { iat: undefined }, 'authn.claims'],
    ['iat as text', { iat: 'now' }, 'authn.claims'],
    ['no sub', { sub: undefined }, 'authn.claims'],
    ['empty sub', { sub: '' }, 'authn.claims'],
    ['sub as number', { sub: 7 }, 'authn.claims'],
    ['sub in a list', { sub: ['admin'] }, 'authn.claims'],
    ['long sub', { sub: 's'.repeat(257) }, 'authn.claims'],
    ['sub with a newline', { sub: 'a\nb' }, 'authn.claims'],
  ])('%s', async (_, change, reason) => {
    const { reason: given, ctx } = await world.decide(signed(claims(change)));
    expect(given).toBe(reason);
    expect(ctx.principal).toBeNull();
  });

  test('exp beyond the numbers of JSON', async () => {
    const text = signed(JSON.stringify(claims()).replace(/"exp":\d+/, '"exp":1e999'));
    expect((await world.decide(text)).reason).toBe('authn.claims');
  });

  test.each([['scope'], ['jti'], ['constructor']])('a token without the required claim %s', async (name) => {
    const requiredClaims = ['sub', 'iss', 'exp', 'iat', 'aud', name];
    expect((await world.decide(signed(claims()), { requiredClaims })).reason).toBe('authn.claims');
    expect((await world.decide(signed(claims({ [name]: null })), { requiredClaims })).reason).toBe(
      'authn.claims',
    );
    expect((await world.decide(signed(claims({ [name]: 'x' })), { requiredClaims })).reason).toBe(
      'request.passed',
    );
  });

  test('nothing is said about claims before the signature verified', async () => {
    const forged = (change: object) => token(RS, claims({ ...change }), PAIRS.rsaOther.privateKey);
    for (const change of [{ exp: 1 }, { aud: 'x' }, { nbf: NOW_S + 900 }, { sub: undefined }]) {
      expect((await world.decide(forged(change))).reason).toBe('authn.signature');
    }
  });
});

test('the issuer is compared also by who judges the claims, whoever chose the keys', () => {
  const names = ['tier', 'roles', 'scope', 'acr', 'amr', 'department', 'clearance', 'tenant'] as const;
  const paths = Object.fromEntries(names.map((name) => [name, [name]])) as unknown as ClaimPaths;
  const [tokenType, principalType] = ['any', 'auto'] as const;
  const rules = {
    id: 'x',
    issuer: issuerFacts(),
    paths: { ...paths, mfa: null, kept: [] },
    tokenType,
    principalType,
  };
  const parsed = (change: object) => parseToken(signed(claims({ ...change }))) as ClaimedToken;
  expect(checkClaims(parsed({}), rules, NOW_S * 1000)).toMatchObject({ audience: ['orders'] });
  expect(checkClaims(parsed({ iss: 'https://evil.example' }), rules, NOW_S * 1000)).toBe('issuer');
});

test.each<[object, string, string | undefined]>([
  [{ org: 'acme' }, 'org', 'acme'],
  [{ org: { id: 7 } }, '/org/id', '7'],
  [{ org: true }, 'org', 'true'],
  [{ org: ['acme'] }, 'org', undefined],
  [{ org: null }, 'org', undefined],
  [{ org: '' }, 'org', undefined],
  [{ org: 'a'.repeat(256) }, 'org', 'a'.repeat(256)],
  [{ org: 'a'.repeat(257) }, 'org', undefined],
  [{ org: 'a\nb' }, 'org', undefined],
  [{}, '__proto__', undefined],
])('of %j the claim %s is kept as %j', (payload, name, text) => {
  const kept = keepClaims({ ...payload }, [[name, parseClaimPath(name)]]);
  expect([...kept]).toEqual(text === undefined ? [] : [[name, text]]);
});
