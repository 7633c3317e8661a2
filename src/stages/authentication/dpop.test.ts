import { generateKeyPairSync } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import {
  ISSUER,
  issuerFacts,
  NOW_S,
  PAIRS,
  type RequestChange,
  request,
  routeFacts,
} from '../../../test/support/authentication-world.ts';
import { hashOf, makeProof, type ProofSketch, thumbprint } from '../../../test/support/dpop.ts';
import { jwtWorld } from '../../../test/support/jwt-world.ts';
import { claims, encode, token } from '../../../test/support/sign-token.ts';
import { ConfigError } from '../../core/errors.ts';
import { authentication } from './authentication.ts';

const JKT = thumbprint(PAIRS.p256.publicKey);
const URI = 'https://api.company.com/orders';
const P256 = PAIRS.p256.publicKey.export({ format: 'jwk' });

let world: ReturnType<typeof jwtWorld>;
let bound: string;

beforeEach(() => {
  world = jwtWorld();
  bound = token(undefined, claims({ cnf: { jkt: JKT } }));
});

const proof = (change: Partial<ProofSketch> = {}, key = PAIRS.p256) =>
  makeProof(key, { token: bound, uri: URI, nowS: NOW_S, ...change });

async function ask(fields: readonly string[], jwt: object = {}, change: RequestChange = {}) {
  const ctx = request(fields, change);
  const decision = await world.checkOf({}, { dpop: 'accepted', ...jwt }).run(ctx);
  return { reason: decision.reason, decision, ctx };
}

const show = (text: string, jwt: object = {}, change: RequestChange = {}) =>
  ask(['Authorization', `DPoP ${bound}`, 'DPoP', text], jwt, change);

const challengesOf = (headers: readonly string[]) =>
  headers.filter((_, at) => at % 2 === 1 && headers[at - 1] === 'WWW-Authenticate');

describe('a good proof', () => {
  test('lets the token pass', async () => {
    const { reason, ctx } = await show(proof());
    expect(reason).toBe('request.passed');
    expect(ctx.principal?.subject).toBe('user-1');
    expect(ctx.addedHeaders).toEqual([]);
  });

  test.each<[string, keyof typeof PAIRS]>([
    ['ES256', 'p256'],
    ['ES384', 'p384'],
    ['EdDSA', 'ed25519'],
    ['Ed25519', 'ed25519'],
    ['PS256', 'rsa'],
    ['RS256', 'rsa'],
  ])('of %s', async (alg, pair) => {
    const key = PAIRS[pair];
    bound = token(undefined, claims({ cnf: { jkt: thumbprint(key.publicKey) } }));
    const signs = alg === 'Ed25519' ? { alg: 'EdDSA', header: { alg } } : { alg };
    expect((await show(proof(signs, key))).reason).toBe('request.passed');
  });

  test.each([
    'https://API.Company.com/orders',
    'HTTPS://api.company.com:443/orders',
    'https://api.company.com/orders?page=2',
    'https://api.company.com/orders#top',
    'https://api.company.com/a/../orders',
    'https://api.company.com/./%6Frders',
  ])('for %s', async (htu) => {
    expect((await show(proof({ claims: { htu } }))).reason).toBe('request.passed');
  });

  test.each<[RequestChange, string]>([
    [{ target: '/orders?x=1' }, URI],
    [{ target: '/' }, 'https://api.company.com'],
    [{ target: '/orders/%C3%A4' }, 'https://api.company.com/orders/ä'.replace('ä', '%c3%a4')],
    [{ authority: 'api.company.com:8443' }, 'https://api.company.com:8443/orders'],
    [{ authority: 'api.company.com:443' }, URI],
    [{ authority: '[2001:db8::1]:8443' }, 'https://[2001:DB8:0::1]:8443/orders'],
    [{ secure: false }, 'http://api.company.com:80/orders'],
    [{ method: 'POST' }, URI],
  ])('for a request with %o', async (change, uri) => {
    const { reason } = await show(proof({ uri, method: change.method ?? 'GET' }), {}, change);
    expect(reason).toBe('request.passed');
  });

  test.each([0, -60, -119, 60])('made %d seconds from now', async (offset) => {
    expect((await show(proof({ nowS: NOW_S + offset }))).reason).toBe('request.passed');
  });

  test.each(['dpop', 'DPOP', 'DPoP  '])('with the scheme %j', async (scheme) => {
    const { reason } = await ask(['Authorization', `${scheme} ${bound}`, 'dpop', proof()]);
    expect(reason).toBe('request.passed');
  });
});

describe('a bad proof', () => {
  const jwkOf = (change: object) => ({ header: { jwk: { ...P256, ...change } } });
  const { privateKey } = PAIRS.p256;

  test.each<[string, Partial<ProofSketch>]>([
    ['of another type', { header: { typ: 'jwt' } }],
    ['of no type', { header: { typ: undefined } }],
    ['of an access token type', { header: { typ: 'at+jwt' } }],
    ['without algorithm', { header: { alg: undefined } }],
    ['with alg none', { header: { alg: 'none' } }],
    ['with alg NONE', { header: { alg: 'NONE' } }],
    ['with an HMAC algorithm', { header: { alg: 'HS256' } }],
    ['with an algorithm that is not listed', { header: { alg: 'ES512' } }],
    ['with an algorithm that its key does not fit', { header: { alg: 'RS256' } }],
    ['with crit', { header: { crit: ['b64'] } }],
    ['with b64', { header: { b64: false } }],
    ['with jku', { header: { jku: 'https://evil.example' } }],
    ['with x5c', { header: { x5c: ['AAAA'] } }],
    ['without key', { header: { jwk: undefined } }],
    ['with a key that is text', { header: { jwk: JSON.stringify(P256) } }],
    ['with a list of keys', { header: { jwk: [P256] } }],
    ['with a private key', { header: { jwk: privateKey.export({ format: 'jwk' }) } }],
    ['with an empty private member', jwkOf({ d: '' })],
    ['with a secret beside', jwkOf({ k: 'AAAA' })],
    ['with a secret key', { header: { jwk: { kty: 'oct', k: 'AAAA' } } }],
    ['with a key for another algorithm', jwkOf({ alg: 'ES384' })],
    ['with another key', { header: { jwk: PAIRS.p384.publicKey.export({ format: 'jwk' }) } }],
    ['with a coordinate that is padded', jwkOf({ x: `${P256.x}=` })],
    ['with a coordinate too short', jwkOf({ x: P256.x?.slice(0, -3) })],
    ['without jti', { claims: { jti: undefined } }],
    ['with an empty jti', { claims: { jti: '' } }],
    ['with a jti that is a number', { claims: { jti: 7 } }],
    ['with a long jti', { claims: { jti: 'x'.repeat(257) } }],
    ['without htm', { claims: { htm: undefined } }],
    ['for another method', { claims: { htm: 'POST' } }],
    ['for the method in lower case', { claims: { htm: 'get' } }],
    ['without htu', { claims: { htu: undefined } }],
    ['for another scheme', { claims: { htu: 'http://api.company.com/orders' } }],
    ['for another host', { claims: { htu: 'https://evil.example/orders' } }],
    ['for a host with a name before', { claims: { htu: 'https://api.company.com@evil.example/orders' } }],
    ['for the host with user information', { claims: { htu: 'https://u@api.company.com/orders' } }],
    ['for another port', { claims: { htu: 'https://api.company.com:8443/orders' } }],
    ['for another path', { claims: { htu: 'https://api.company.com/carts' } }],
    ['for the path with a slash', { claims: { htu: 'https://api.company.com/orders/' } }],
    ['for the path in capitals', { claims: { htu: 'https://api.company.com/ORDERS' } }],
    ['for a path alone', { claims: { htu: '/orders' } }],
    ['for a list of addresses', { claims: { htu: [URI] } }],
    ['for a very long address', { claims: { htu: `${URI}?${'x'.repeat(4096)}` } }],
    ['without iat', { claims: { iat: undefined } }],
    ['with iat as text', { claims: { iat: String(NOW_S) } }],
    ['with iat in milliseconds', { claims: { iat: NOW_S * 1000 } }],
    ['with a negative iat', { claims: { iat: -1 } }],
    ['that is too old', { nowS: NOW_S - 120 }],
    ['from the future', { nowS: NOW_S + 61 }],
    ['without ath', { claims: { ath: undefined } }],
    ['for another token', { claims: { ath: hashOf('other') } }],
    ['with an empty ath', { claims: { ath: '' } }],
    ['with as many characters of ath, but more bytes', { claims: { ath: 'é'.repeat(43) } }],
    ['with ath in hexadecimal', { claims: { ath: Buffer.from(hashOf('x'), 'base64url').toString('hex') } }],
    ['with a nonce that is a number', { claims: { nonce: 7 } }],
    ['signed by another key', { signer: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey }],
  ])('%s is refused', async (_, change) => {
    const { reason, decision } = await show(proof(change));
    expect(reason).toBe('authn.proof');
    expect(decision.status).toBe(401);
    expect(challengesOf(decision.headers)).toEqual([
      'DPoP realm="orders", algs="ES256 ES384 EdDSA Ed25519 PS256 RS256", error="invalid_dpop_proof"',
    ]);
  });

  test.each<[string, (good: string) => string]>([
    ['empty', () => ''],
    ['without signature', (good) => good.slice(0, good.lastIndexOf('.') + 1)],
    ['in two parts', (good) => good.slice(0, good.lastIndexOf('.'))],
    ['with a part more', (good) => `${good}.x`],
    ['with padding', (good) => `${good}=`],
    ['with a signature of zeros', (good) => good.slice(0, good.lastIndexOf('.') + 1) + 'A'.repeat(86)],
    ['that is the token', () => bound],
    ['too long', (good) => `${good}${'A'.repeat(8192)}`],
    [
      'with a claim twice',
      (good) => {
        const [head, payload, signature] = good.split('.') as [string, string, string];
        const text = Buffer.from(payload, 'base64url').toString().replace('{', '{"htm":"GET",');
        return [head, encode(text), signature].join('.');
      },
    ],
    ['in a list', (good) => `${good}, ${good}`],
  ])('%s is refused', async (_, change) => {
    expect((await show(change(proof()))).reason).toBe('authn.proof');
  });

  test('an ECDSA signature in DER is refused', async () => {
    const good = proof();
    const raw = Buffer.from(good.slice(good.lastIndexOf('.') + 1), 'base64url');
    const half = (part: Buffer) => Buffer.concat([Buffer.from([2, 33, 0]), part]);
    const body = Buffer.concat([half(raw.subarray(0, 32)), half(raw.subarray(32))]);
    const der = Buffer.concat([Buffer.from([0x30, body.length]), body]);
    const text = `${good.slice(0, good.lastIndexOf('.'))}.${der.toString('base64url')}`;
    expect((await show(text)).reason).toBe('authn.proof');
  });

  test('two of them are refused, and none', async () => {
    const fields = ['Authorization', `DPoP ${bound}`];
    expect((await ask([...fields, 'DPoP', proof(), 'DPoP', proof()])).reason).toBe('authn.proof');
    expect((await ask(fields)).reason).toBe('authn.proof');
  });

  test('is used once, and that by one client', async () => {
    const once = proof({ claims: { jti: 'same' } });
    expect((await show(once)).reason).toBe('request.passed');
    expect((await show(once)).reason).toBe('authn.proof');
    expect((await show(proof({ claims: { jti: 'same' } }))).reason, 'the same jti in another proof').toBe(
      'authn.proof',
    );
    bound = token(undefined, claims({ cnf: { jkt: thumbprint(PAIRS.ed25519.publicKey) } }));
    const other = proof({ alg: 'EdDSA', claims: { jti: 'same' } }, PAIRS.ed25519);
    expect((await show(other)).reason, 'the jti of another client').toBe('request.passed');
  });

  test('is remembered for as long as it would be accepted', async () => {
    const once = proof({ nowS: NOW_S + 60 });
    expect((await show(once)).reason).toBe('request.passed');
    world.clock.time += 179_000;
    expect((await show(once)).decision.detail).toContain('used already');
    world.clock.time += 1_000;
    expect((await show(once)).decision.detail).toContain('too old');
  });

  test('that was refused is not used up', async () => {
    const text = proof({ claims: { jti: 'same', htm: 'POST' } });
    await show(text);
    expect((await show(proof({ claims: { jti: 'same' } }))).reason).toBe('request.passed');
  });
});

describe('how a token may come', () => {
  const plain = () => token();

  test.each<[string, () => readonly string[], object, string]>([
    ['a bound token as Bearer', () => ['Authorization', `Bearer ${bound}`], {}, 'authn.binding'],
    [
      'a bound token as Bearer with its proof',
      () => ['Authorization', `Bearer ${bound}`, 'DPoP', proof()],
      {},
      'authn.binding',
    ],
    [
      'a bound token as Bearer, off',
      () => ['Authorization', `Bearer ${bound}`],
      { dpop: 'off' },
      'authn.binding',
    ],
    [
      'with the DPoP scheme, off',
      () => ['Authorization', `DPoP ${bound}`, 'DPoP', proof()],
      { dpop: 'off' },
      'authn.missing',
    ],
    [
      'an unbound token with the DPoP scheme',
      () => ['Authorization', `DPoP ${plain()}`, 'DPoP', proof()],
      {},
      'authn.binding',
    ],
    ['an unbound token as Bearer', () => ['Authorization', `Bearer ${plain()}`], {}, 'request.passed'],
    [
      'an unbound token as Bearer, required',
      () => ['Authorization', `Bearer ${plain()}`],
      { dpop: 'required' },
      'authn.binding',
    ],
    [
      'two schemes',
      () => ['Authorization', `Bearer ${plain()}`, 'Authorization', `DPoP ${bound}`],
      {},
      'authn.ambiguous',
    ],
    [
      'a forged token with a good proof',
      () => ['Authorization', `DPoP ${bound.slice(0, -4)}AAAA`, 'DPoP', proof()],
      {},
      'authn.signature',
    ],
  ])('%s', async (_, fields, jwt, reason) => {
    expect((await ask(fields(), jwt)).reason).toBe(reason);
  });

  test.each([
    [{ kid: 'k1' }],
    [{ jwe: 'x' }],
    [{ jwk: P256 }],
    [{ jkt: 7 }],
    [{ jkt: JKT.slice(1) }],
    [{ jkt: `${JKT}=` }],
    [{ jkt: [JKT] }],
    [{ jkt: '' }],
    [{}],
    [[]],
    ['jkt'],
    [null],
    [{ jkt: JKT, kid: 'k1' }],
    [{ 'x5t#S256': 'short' }],
  ])('cnf %j cannot be checked', async (cnf) => {
    bound = token(undefined, claims({ cnf }));
    const { reason } = await ask(['Authorization', `Bearer ${bound}`]);
    expect(reason).toBe('authn.binding');
    expect((await show(proof())).reason).toBe('authn.binding');
  });

  test.each<[object, string, string[]]>([
    [{ dpop: 'off' }, 'none', ['Bearer realm="orders"']],
    [
      {},
      'none',
      ['Bearer realm="orders"', 'DPoP realm="orders", algs="ES256 ES384 EdDSA Ed25519 PS256 RS256"'],
    ],
    [{ dpop: 'required', dpopAlgorithms: ['ES256'] }, 'none', ['DPoP realm="orders", algs="ES256"']],
    [
      { dpopAlgorithms: ['ES256'] },
      'DPoP',
      [
        'Bearer realm="orders"',
        'DPoP realm="orders", algs="ES256", error="invalid_token", error_description="The token is not valid"',
      ],
    ],
    [
      { dpopAlgorithms: ['ES256'] },
      'Bearer',
      [
        'Bearer realm="orders", error="invalid_token", error_description="The token is not valid"',
        'DPoP realm="orders", algs="ES256"',
      ],
    ],
    [
      { dpop: 'required', dpopAlgorithms: ['ES256'] },
      'Bearer',
      [
        'DPoP realm="orders", algs="ES256", error="invalid_token", error_description="The token is not valid"',
      ],
    ],
  ])('challenges with %o for the scheme %s', async (jwt, scheme, expected) => {
    const fields = scheme === 'none' ? [] : ['Authorization', `${scheme} x.y.z`];
    expect(challengesOf((await ask(fields, jwt)).decision.headers)).toEqual(expected);
  });

  test('DPoP in another field than Authorization is a mistake', () => {
    const block = { jwt: { issuer: 'company', audience: 'a', header: 'X-Token', dpop: 'accepted' } };
    const route = routeFacts({ issuers: new Map([['company', issuerFacts({ issuer: ISSUER })]]) });
    const compile = () => authentication.compile(authentication.schema.parse(block), route, world.ports);
    expect(compile).toThrow(ConfigError);
  });
});

describe('nonces', () => {
  const required = { dpopNonce: 'required' };
  const nonceOf = (headers: readonly string[]) => headers[headers.indexOf('DPoP-Nonce') + 1] as string;

  test('are asked for, taken, and given with what passes', async () => {
    const { reason, decision } = await show(proof(), required);
    expect([reason, decision.status]).toEqual(['authn.proof-nonce', 401]);
    expect(challengesOf(decision.headers)[0]).toContain('error="use_dpop_nonce"');
    const nonce = nonceOf(decision.headers);
    const { reason: second, ctx } = await show(proof({ claims: { nonce } }), required);
    expect(second).toBe('request.passed');
    expect(ctx.addedHeaders).toEqual(['DPoP-Nonce', nonce]);
  });

  test('are over after five minutes at most, and not before two and a half', async () => {
    const nonce = nonceOf((await show(proof(), required)).decision.headers);
    const later = async (ms: number) => {
      world.clock.time += ms;
      return (await show(proof({ nowS: world.clock.time / 1000, claims: { nonce } }), required)).reason;
    };
    expect(await later(150_000)).toBe('request.passed');
    expect(await later(150_001)).toBe('authn.proof-nonce');
  });

  test.each(['', 'x', 'A'.repeat(43), 'é'.repeat(43)])('%j is none', async (nonce) => {
    expect((await show(proof({ claims: { nonce } }), required)).reason).toBe('authn.proof-nonce');
  });

  test('are not asked for of who has not the key', async () => {
    const { reason } = await show(proof({ alg: 'ES384' }, PAIRS.p384), required);
    expect(reason).toBe('authn.proof');
  });
});
