import { createHmac, createSecretKey, sign } from 'node:crypto';
import fc from 'fast-check';
import { SignJWT } from 'jose';
import { beforeEach, describe, expect, test } from 'vitest';
import { CONTINUE, type Decision } from '../../core/decision.ts';
import type { IssuerFacts } from '../../core/stage.ts';
import { authentication } from './authentication.ts';
import {
  fakePorts,
  ISSUER,
  issuerFacts,
  NOW_S,
  PAIRS,
  request,
  routeFacts,
  verificationKey,
} from './testdata/fixture.ts';
import { claims, encode, signBytes, token } from './testdata/sign.ts';

const RS = { alg: 'RS256', kid: 'k1' };
let world: ReturnType<typeof fakePorts>;

/** The check of a route that accepts tokens of one issuer. */
function checkOf(facts: Partial<IssuerFacts> = {}, jwt: object = {}) {
  const config = authentication.schema.parse({
    jwt: { issuer: 'company', audience: ['orders', 'carts'], ...jwt },
  });
  const route = routeFacts({ issuers: new Map([['company', issuerFacts(facts)]]) });
  const check = authentication.compile(config, route, world.ports).head;
  if (check === undefined) throw new Error('no check');
  return check;
}

async function decide(text: string, facts: Partial<IssuerFacts> = {}, jwt: object = {}) {
  const ctx = request(['Authorization', `Bearer ${text}`]);
  const decision: Decision = await checkOf(facts, jwt).run(ctx);
  return { reason: decision.reason, decision, ctx };
}

beforeEach(() => {
  world = fakePorts();
  world.keySets.sets.set('company', [
    verificationKey('k1', PAIRS.rsa.publicKey),
    verificationKey('p256', PAIRS.p256.publicKey),
    verificationKey('p384', PAIRS.p384.publicKey),
    verificationKey('p521', PAIRS.p521.publicKey),
    verificationKey('ed', PAIRS.ed25519.publicKey),
    verificationKey('bound', PAIRS.rsa.publicKey, 'RS512'),
  ]);
});

describe('a good token', () => {
  test('gives its principal', async () => {
    const more = { scope: 'orders:read orders:write', roles: ['editor'], tier: 'pro', jti: 'j1', azp: 'app' };
    const { decision, ctx } = await decide(token(RS, claims(more)));
    expect(decision).toBe(CONTINUE);
    expect(ctx.principal).toMatchObject({
      method: 'jwt',
      subject: 'user-1',
      issuer: ISSUER,
      credentialId: 'j1',
      clientId: 'app',
      tier: 'pro',
      scopes: new Set(['orders:read', 'orders:write']),
      roles: new Set(['editor']),
      grant: null,
      counterKey: 'jwt:company:user-1',
    });
    expect(ctx.claimedCredential).toBe('');
  });

  test.each([
    ['RS256', 'k1', PAIRS.rsa.privateKey],
    ['RS384', 'k1', PAIRS.rsa.privateKey],
    ['RS512', 'bound', PAIRS.rsa.privateKey],
    ['PS256', 'k1', PAIRS.rsa.privateKey],
    ['PS384', 'k1', PAIRS.rsa.privateKey],
    ['PS512', 'k1', PAIRS.rsa.privateKey],
    ['ES256', 'p256', PAIRS.p256.privateKey],
    ['ES384', 'p384', PAIRS.p384.privateKey],
    ['ES512', 'p521', PAIRS.p521.privateKey],
    ['EdDSA', 'ed', PAIRS.ed25519.privateKey],
  ])('of jose, signed with %s, passes where the issuer lists it and nowhere else', async (alg, kid, key) => {
    const made = await new SignJWT(claims()).setProtectedHeader({ alg, kid, typ: 'JWT' }).sign(key);
    expect((await decide(made, { algorithms: [alg] })).reason).toBe('request.passed');
    const others = ['RS256', 'RS384', 'ES256'].filter((name) => name !== alg);
    expect((await decide(made, { algorithms: others })).reason).toBe('authn.algorithm');
  });

  test.each([
    ['audience in a list', claims({ aud: ['x', 'carts'] })],
    ['exp within the tolerance', claims({ exp: NOW_S - 59 })],
    ['exp with a fraction', claims({ exp: NOW_S + 0.5 })],
    ['nbf within the tolerance', claims({ nbf: NOW_S + 60 })],
    ['iat within the skew', claims({ iat: NOW_S + 300 })],
    ['old iat', claims({ iat: 1 })],
    ['the claim __proto__', claims({ ['__proto__']: { sub: 'x' } })],
  ])('passes with %s', async (_, payload) => {
    expect((await decide(token(RS, payload))).reason).toBe('request.passed');
  });

  test.each(['JWT', 'jwt', 'at+jwt', 'AT+JWT', 'application/at+jwt'])('passes with typ %s', async (typ) => {
    expect((await decide(token({ ...RS, typ }))).reason).toBe('request.passed');
  });

  test.each([{ x5c: ['AAAA'] }, { x5t: 'abc' }, { cty: 'x' }])('passes with harmless %o', async (more) => {
    expect((await decide(token({ ...RS, ...more }))).reason).toBe('request.passed');
  });

  test('passes without kid when any fitting key verifies', async () => {
    expect((await decide(token({ alg: 'RS256' }))).reason).toBe('request.passed');
    expect((await decide(token({ alg: 'RS256' }, claims(), PAIRS.rsaOther.privateKey))).reason).toBe(
      'authn.signature',
    );
  });

  test.each(['bearer', 'BEARER', 'Bearer '])('passes with the scheme %j', async (scheme) => {
    const decision = await checkOf().run(request(['authorization', `${scheme} ${token()}`]));
    expect(decision).toBe(CONTINUE);
  });

  test('passes bare in a header field of its own', async () => {
    const check = checkOf({}, { header: 'X-Token' });
    expect(await check.run(request(['x-token', token()]))).toBe(CONTINUE);
    expect((await check.run(request(['x-token', `Bearer ${token()}`]))).reason).toBe('authn.malformed');
    expect((await check.run(request(['authorization', `Bearer ${token()}`]))).reason).toBe('authn.missing');
  });
});

describe('claims that are read', () => {
  const read = async (payload: object, jwt: object = {}) =>
    (await decide(token(RS, claims({ ...payload })), {}, jwt)).ctx.principal;

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

  test('tier, jti and client of another type are nothing', async () => {
    expect(await read({ tier: ['pro'], jti: 7, client_id: {} })).toMatchObject({
      tier: '',
      credentialId: '',
      clientId: '',
    });
  });
});

const signed = (payload: Record<string, unknown> | string) => token(RS, payload);
const [head, body, signature] = token().split('.') as [string, string, string];
const pem = PAIRS.rsa.publicKey.export({ type: 'spki', format: 'pem' });
const der = PAIRS.rsa.publicKey.export({ type: 'spki', format: 'der' });
const hmac = (key: string | Buffer, alg: string, kid = 'k1') => {
  const data = `${encode({ alg, kid })}.${encode(claims())}`;
  return `${data}.${createHmac(`sha${alg.slice(2)}`, key)
    .update(data)
    .digest('base64url')}`;
};
const es256 = (bytes: Buffer) => {
  const data = `${encode({ alg: 'ES256', kid: 'p256' })}.${encode(claims())}`;
  return `${data}.${bytes.toString('base64url')}`;
};
const es256Data = es256(Buffer.alloc(0)).slice(0, -1);
const p256Order = Buffer.from('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551', 'hex');
const ofByte = (value: number) => Buffer.from([...new Uint8Array(31), value]);
const own = PAIRS.rsaOther.publicKey.export({ format: 'jwk' });
/** The same bytes with a bit set in what the last digit does not use. */
const loose = (part: string) => {
  const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return part.slice(0, -1) + digits[digits.indexOf(part.at(-1) as string) | 1];
};
/** A payload whose base64url has unused bits. */
const uneven = [0, 1, 2]
  .map((n) => token(RS, claims({ n: 'x'.repeat(n) })))
  .find((t) => (t.split('.')[1] as string).length % 4)
  ?.split('.') as [string, string, string];

describe('a forged or malformed token is refused', () => {
  test.each<[string, string, string, Partial<IssuerFacts>?]>([
    ['empty', '', 'authn.malformed'],
    ['one part', head, 'authn.malformed'],
    ['two parts', `${head}.${body}`, 'authn.malformed'],
    ['four parts', `${head}.${body}.${signature}.`, 'authn.malformed'],
    ['five parts, as an encrypted token has', `${head}.a.b.c.d`, 'authn.malformed'],
    ['no header', `.${body}.${signature}`, 'authn.malformed'],
    ['no payload', `${head}..${signature}`, 'authn.malformed'],
    ['no signature', `${head}.${body}.`, 'authn.signature'],
    ['JSON serialization', JSON.stringify({ payload: body, protected: head, signature }), 'authn.malformed'],
    ['two tokens in one field', `${token()}, ${token()}`, 'authn.malformed'],
    ['more than 16 KiB', token(RS, claims({ pad: 'x'.repeat(16_384) })), 'authn.malformed'],
    ['a megabyte', `${token()}${'A'.repeat(1 << 20)}`, 'authn.malformed'],
    ['padding', `${token()}==`, 'authn.malformed'],
    ['padding of the header', `${head}=.${body}.${signature}`, 'authn.malformed'],
    ['standard base64', `${head}.${body}.${signature.slice(0, -4)}+/+/`, 'authn.malformed'],
    ['a space at the end', `${token()} `, 'authn.malformed'],
    ['a space inside', `${head}. ${body}.${signature}`, 'authn.malformed'],
    ['a newline inside', `${head}.${body}\n.${signature}`, 'authn.malformed'],
    ['a tab before', `\t${token()}`, 'authn.malformed'],
    ['unused bits in the signature', `${head}.${body}.${loose(signature)}`, 'authn.malformed'],
    ['unused bits in the payload', `${uneven[0]}.${loose(uneven[1])}.${uneven[2]}`, 'authn.malformed'],
    ['a truncated signature', `${head}.${body}.${signature.slice(0, -4)}`, 'authn.signature'],
    ['a longer signature', `${head}.${body}.AAAA${signature}`, 'authn.signature'],
    [
      'the signature of another token',
      `${head}.${encode(claims({ sub: 'admin' }))}.${signature}`,
      'authn.signature',
    ],
    ['the signature of another key', token(RS, claims(), PAIRS.rsaOther.privateKey), 'authn.signature'],
    ['another header', `${encode({ ...RS, x: 1 })}.${body}.${signature}`, 'authn.signature'],
    ['RS384 said, RS256 done', token({ ...RS, alg: 'RS384' }), 'authn.signature', { algorithms: ['RS384'] }],
    ['PS256 said, RS256 done', token({ ...RS, alg: 'PS256' }), 'authn.signature', { algorithms: ['PS256'] }],
    ['a key bound to RS512', token({ ...RS, kid: 'bound' }), 'authn.algorithm'],
    ['a kid of another type', token({ ...RS, kid: 'p256' }), 'authn.algorithm'],
    [
      'ES256 with a P-384 key',
      token({ alg: 'ES256', kid: 'p384' }, claims(), PAIRS.p384.privateKey, 'ES256'),
      'authn.algorithm',
      { algorithms: ['ES256'] },
    ],
  ])('%s', async (_, text, reason, facts) => {
    const { reason: given, decision, ctx } = await decide(text, facts);
    expect(given).toBe(reason);
    expect(ctx.principal).toBeNull();
    expect(decision.status).toBe(401);
    expect(decision.headers).toEqual([
      'WWW-Authenticate',
      'Bearer realm="orders", error="invalid_token", error_description="The token is not valid"',
    ]);
  });

  test.each([
    'none',
    'None',
    'nOnE',
    'NONE',
    '',
    'rs256',
    'HS256',
    'RS257',
    'constructor',
    '__proto__',
    'toString',
  ])('alg %j', async (alg) => {
    for (const sig of ['', signature, 'AAAA']) {
      expect((await decide(`${encode({ alg, kid: 'k1' })}.${body}.${sig}`)).reason).toBe('authn.algorithm');
    }
  });

  test.each(['HS256', 'HS384', 'HS512'])(
    '%s with the public RSA key as its secret, named or not',
    async (alg) => {
      const all = { algorithms: ['RS256', alg] };
      for (const secret of [
        pem,
        pem.toString().trim(),
        der,
        JSON.stringify(PAIRS.rsa.publicKey.export({ format: 'jwk' })),
      ]) {
        expect((await decide(hmac(secret, alg))).reason).toBe('authn.algorithm');
        expect((await decide(hmac(secret, alg), all)).reason).toBe('authn.algorithm');
      }
    },
  );

  test('HS256 passes only where the operator named it and a secret is in the file', async () => {
    const secret = createSecretKey(Buffer.alloc(32, 7));
    world.keySets.sets.get('company')?.push(verificationKey('hs', secret));
    const text = hmac(Buffer.alloc(32, 7), 'HS256', 'hs');
    expect((await decide(text, { algorithms: ['HS256'] })).reason).toBe('request.passed');
    expect((await decide(text)).reason).toBe('authn.algorithm');
    expect((await decide(hmac(Buffer.alloc(32, 8), 'HS256', 'hs'), { algorithms: ['HS256'] })).reason).toBe(
      'authn.signature',
    );
    expect((await decide(hmac(Buffer.alloc(32, 7), 'HS512', 'hs'), { algorithms: ['HS512'] })).reason).toBe(
      'authn.algorithm',
    );
    expect((await decide(token({ ...RS, kid: 'hs' }))).reason).toBe('authn.algorithm');
  });

  test.each<[string, object]>([
    ['crit', { crit: ['exp'], exp: 1 }],
    ['empty crit', { crit: [] }],
    ['b64 false', { b64: false, crit: ['b64'] }],
    ['b64 true', { b64: true }],
    ['its own key', { jwk: own }],
    ['the address of its key', { jku: 'https://evil.example/jwks' }],
    ['the address of its certificate', { x5u: 'https://evil.example/cert' }],
    ['typ of another kind', { typ: 'dpop+jwt' }],
    ['typ that is no text', { typ: 7 }],
    ['kid that is no text', { kid: { $ne: 1 } }],
    ['kid that is a list', { kid: ['k1'] }],
    ['empty kid', { kid: '' }],
    ['null kid', { kid: null }],
    ['long kid', { kid: 'k'.repeat(257) }],
    ['alg that is a list', { alg: ['RS256'] }],
    ['no alg', { alg: undefined }],
  ])('with %s in the header', async (_, more) => {
    const text = token({ ...RS, ...more } as Record<string, unknown>, claims(), PAIRS.rsa.privateKey);
    expect((await decide(text)).reason).toBe('authn.malformed');
  });

  test('even when it is signed with the key that it brings', async () => {
    const text = token({ alg: 'RS256', jwk: own }, claims(), PAIRS.rsaOther.privateKey);
    expect((await decide(text)).reason).toBe('authn.malformed');
  });

  test.each([
    '../../dev/null',
    "x' UNION SELECT 'key",
    '/etc/passwd',
    'k1\0',
    'k1 ',
    'K1',
    '__proto__',
    'constructor',
  ])('with the kid %j', async (kid) => {
    expect((await decide(token({ ...RS, kid }))).reason).toBe('authn.key-unknown');
  });

  test.each<[string, string, string]>([
    ['duplicate claim', `{"sub":"admin",${JSON.stringify(claims()).slice(1)}`, 'authn.malformed'],
    [
      'duplicate claim, escaped',
      `{"\\u0073ub":"admin",${JSON.stringify(claims()).slice(1)}`,
      'authn.malformed',
    ],
    ['duplicate inside', `{"x":{"a":1,"a":2},${JSON.stringify(claims()).slice(1)}`, 'authn.malformed'],
    ['text after the object', `${JSON.stringify(claims())} x`, 'authn.malformed'],
    ['two objects', `${JSON.stringify(claims())}{}`, 'authn.malformed'],
    ['a byte order mark', `\ufeff${JSON.stringify(claims())}`, 'authn.malformed'],
    ['a comment', `/**/${JSON.stringify(claims())}`, 'authn.malformed'],
    ['a list', JSON.stringify([claims()]), 'authn.malformed'],
    ['null', 'null', 'authn.malformed'],
    ['a string', '"x"', 'authn.malformed'],
    [
      'deep nesting',
      JSON.stringify(claims()).replace('}', `,"d":${'['.repeat(5000)}${']'.repeat(5000)}}`),
      'authn.malformed',
    ],
  ])('with %s as payload', async (_, payload, reason) => {
    expect((await decide(signed(payload))).reason).toBe(reason);
  });

  test('with duplicate header names', async () => {
    expect((await decide(token('{"alg":"none","kid":"k1","alg":"RS256"}'))).reason).toBe('authn.malformed');
  });

  test('with invalid UTF-8 in the payload', async () => {
    const bytes = Buffer.from(JSON.stringify(claims({ x: 'é' })), 'latin1').toString('base64url');
    const data = `${encode(RS)}.${bytes}`;
    const text = `${data}.${signBytes('RS256', PAIRS.rsa.privateKey, data).toString('base64url')}`;
    expect((await decide(text)).reason).toBe('authn.malformed');
  });
});

describe('ECDSA and EdDSA signatures', () => {
  const order1 = Buffer.from(p256Order);
  order1.writeUInt8(p256Order.readUInt8(31) - 1, 31);
  const numbers = {
    zero: ofByte(0),
    one: ofByte(1),
    order: p256Order,
    orderLess1: order1,
    full: Buffer.alloc(32, 255),
  };
  const pairs = Object.entries(numbers).flatMap(([r, rBytes]) =>
    Object.entries(numbers).map(([s, sBytes]) => [r, s, Buffer.concat([rBytes, sBytes])] as const),
  );

  test.each(pairs)('of r %s and s %s is refused', async (_r, _s, bytes) => {
    expect((await decide(es256(bytes), { algorithms: ['ES256'] })).reason).toBe('authn.signature');
  });

  test('in DER is refused', async () => {
    const bytes = sign('sha256', Buffer.from(es256Data), { key: PAIRS.p256.privateKey, dsaEncoding: 'der' });
    expect((await decide(es256(bytes), { algorithms: ['ES256'] })).reason).toBe('authn.signature');
  });

  test.each(['before', 'after'])('with a zero %s is refused', async (where) => {
    const bytes = sign('sha256', Buffer.from(es256Data), {
      key: PAIRS.p256.privateKey,
      dsaEncoding: 'ieee-p1363',
    });
    const zero = Buffer.alloc(1);
    const longer = where === 'before' ? Buffer.concat([zero, bytes]) : Buffer.concat([bytes, zero]);
    expect((await decide(es256(bytes), { algorithms: ['ES256'] })).reason).toBe('request.passed');
    expect((await decide(es256(longer), { algorithms: ['ES256'] })).reason).toBe('authn.signature');
  });

  test.each([0, 63, 64, 65])('of EdDSA, %i zeros, is refused', async (length) => {
    const text = `${encode({ alg: 'EdDSA', kid: 'ed' })}.${body}.${Buffer.alloc(length).toString('base64url')}`;
    expect((await decide(text, { algorithms: ['EdDSA'] })).reason).toBe('authn.signature');
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
    const { reason: given, ctx } = await decide(signed(claims(change)));
    expect(given).toBe(reason);
    expect(ctx.principal).toBeNull();
  });

  test('exp beyond the numbers of JSON', async () => {
    const text = signed(JSON.stringify(claims()).replace(/"exp":\d+/, '"exp":1e999'));
    expect((await decide(text)).reason).toBe('authn.claims');
  });

  test.each([['scope'], ['jti'], ['constructor']])('a token without the required claim %s', async (name) => {
    const requiredClaims = ['sub', 'iss', 'exp', 'iat', 'aud', name];
    expect((await decide(signed(claims()), { requiredClaims })).reason).toBe('authn.claims');
    expect((await decide(signed(claims({ [name]: null })), { requiredClaims })).reason).toBe('authn.claims');
    expect((await decide(signed(claims({ [name]: 'x' })), { requiredClaims })).reason).toBe('request.passed');
  });

  test('nothing is said about claims before the signature verified', async () => {
    const forged = (change: object) => token(RS, claims({ ...change }), PAIRS.rsaOther.privateKey);
    for (const change of [{ exp: 1 }, { aud: 'x' }, { nbf: NOW_S + 900 }, { sub: undefined }]) {
      expect((await decide(forged(change))).reason).toBe('authn.signature');
    }
  });
});

describe('issuers', () => {
  const two = () => {
    const config = authentication.schema.parse({
      anyOf: [
        { jwt: { issuer: 'company', audience: 'orders' } },
        { jwt: { issuer: 'partner', audience: 'orders' } },
      ],
    });
    const partner = issuerFacts({ id: 'partner', issuer: 'https://partner.example' });
    const issuers = new Map([
      ['company', issuerFacts()],
      ['partner', partner],
    ]);
    world.keySets.sets.set('partner', [verificationKey('k1', PAIRS.rsaOther.publicKey)]);
    return authentication.compile(config, routeFacts({ issuers }), world.ports).head;
  };
  const bearer = (text: string) => request(['authorization', `Bearer ${text}`]);

  test('two in one header field are told apart by iss', async () => {
    const ctx = bearer(token(RS, claims({ iss: 'https://partner.example' }), PAIRS.rsaOther.privateKey));
    expect(await two()?.run(ctx)).toBe(CONTINUE);
    expect(ctx.principal?.counterKey).toBe('jwt:partner:user-1');
    expect(await two()?.run(bearer(token()))).toBe(CONTINUE);
  });

  test('the key of one does not sign for the other', async () => {
    const mixed = bearer(token(RS, claims({ iss: 'https://partner.example' }), PAIRS.rsa.privateKey));
    expect((await two()?.run(mixed))?.reason).toBe('authn.signature');
  });

  test('a token that another route remembered is not good where its issuer is not accepted', async () => {
    const partner = token(RS, claims({ iss: 'https://partner.example' }), PAIRS.rsaOther.privateKey);
    expect(await two()?.run(bearer(partner))).toBe(CONTINUE);
    expect((await checkOf().run(bearer(partner))).reason).toBe('authn.issuer');
  });
});

describe('keys that are not there', () => {
  test('an unknown kid is refetched once, and then accepted when it came', async () => {
    world.keySets.onRefetch = () => {
      world.keySets.sets.get('company')?.push(verificationKey('new', PAIRS.rsaOther.publicKey));
    };
    const text = token({ ...RS, kid: 'new' }, claims(), PAIRS.rsaOther.privateKey);
    expect((await decide(text)).reason).toBe('request.passed');
    expect(world.keySets.refetched).toEqual(['company new']);
  });

  test('an unknown kid that does not come is refused', async () => {
    expect((await decide(token({ ...RS, kid: 'new' }))).reason).toBe('authn.key-unknown');
    expect(world.keySets.refetched).toEqual(['company new']);
  });

  test('keys that were never loaded are a 503 that names the cause, not a 401', async () => {
    world.keySets.sets.clear();
    world.keySets.problemText = 'https://auth.company.com could not be reached.';
    const { decision, reason } = await decide(token());
    expect(reason).toBe('authn.unavailable');
    expect(decision.status).toBe(503);
    expect(decision.detail).toBe('https://auth.company.com could not be reached.');
    expect(decision.headers).toEqual([]);
    expect(decision.problem).not.toContain('auth.company.com');
  });

  test('nothing is fetched for an issuer or an algorithm that is not accepted', async () => {
    await decide(token({ ...RS, kid: 'new' }, claims({ iss: 'https://evil.example' })));
    await decide(token({ alg: 'none', kid: 'new' }));
    expect(world.keySets.refetched).toEqual([]);
  });
});

describe('a repeated token', () => {
  const text = token();
  const bearer = () => request(['authorization', `Bearer ${text}`]);

  test('is judged again by time', async () => {
    const check = checkOf();
    expect(check.run(bearer())).toBe(CONTINUE);
    world.clock.time += 959_000;
    expect(check.run(bearer())).toBe(CONTINUE);
    world.clock.time += 1000;
    expect(await check.run(bearer())).toMatchObject({ reason: 'authn.expired' });
    world.clock.time -= 2_000_000;
    expect(await check.run(bearer())).toMatchObject({ reason: 'authn.not-yet-valid' });
  });

  test('is not asked of the keys again, until they change', async () => {
    const check = checkOf();
    expect(check.run(bearer())).toBe(CONTINUE);
    world.keySets.sets.set('company', [verificationKey('k1', PAIRS.rsaOther.publicKey)]);
    expect(check.run(bearer())).toBe(CONTINUE);
    world.keySets.versions++;
    expect(await check.run(bearer())).toMatchObject({ reason: 'authn.signature' });
  });

  test('has one principal', () => {
    const [one, other] = [bearer(), bearer()];
    checkOf().run(one);
    checkOf().run(other);
    expect(one.principal).not.toBeNull();
    expect(other.principal).toBe(one.principal);
  });

  test('is judged by the audience of each route', async () => {
    expect(checkOf().run(bearer())).toBe(CONTINUE);
    expect((await decide(text, {}, { audience: 'billing' })).reason).toBe('authn.audience');
    expect((await decide(text)).reason).toBe('request.passed');
  });

  test.each<[Partial<IssuerFacts>, string]>([
    [{ requiredClaims: ['sub', 'iss', 'exp', 'iat', 'aud', 'jti'] }, 'authn.claims'],
    [{ algorithms: ['ES256'] }, 'authn.algorithm'],
    [{ issuer: 'https://other.example' }, 'authn.issuer'],
  ])('is verified again after a reload with %o', async (facts, reason) => {
    expect((await decide(text)).reason).toBe('request.passed');
    expect((await decide(text, facts)).reason).toBe(reason);
    expect((await decide(text)).reason).toBe('request.passed');
  });

  test('with other names of claims gives another principal', async () => {
    const rich = token(RS, claims({ roles: ['user'], admin_roles: ['admin'] }));
    expect((await decide(rich)).ctx.principal?.roles).toEqual(new Set(['user']));
    expect((await decide(rich, {}, { rolesClaim: 'admin_roles' })).ctx.principal?.roles).toEqual(
      new Set(['admin']),
    );
  });

  test('does not help a forged one of the same header and payload', async () => {
    expect((await decide(text)).reason).toBe('request.passed');
    const [h, p, s] = text.split('.') as [string, string, string];
    const other = (s[0] === 'A' ? 'B' : 'A') + s.slice(1);
    expect((await decide(`${h}.${p}.${other}`)).reason).toBe('authn.signature');
  });

  test('that was refused is not remembered', async () => {
    const early = token(RS, claims({ nbf: NOW_S + 120 }));
    expect((await decide(early)).reason).toBe('authn.not-yet-valid');
    world.clock.time += 60_000;
    expect((await decide(early)).reason).toBe('request.passed');
  });
});

test('every change of one character is refused, and nothing throws', async () => {
  const good = token();
  const check = checkOf();
  await fc.assert(
    fc.asyncProperty(fc.nat(good.length - 1), fc.string({ minLength: 1, maxLength: 1 }), async (at, char) => {
      const bad = good.slice(0, at) + char + good.slice(at + 1);
      if (bad === good) return;
      const decision = await check.run(request(['authorization', `Bearer ${bad}`]));
      expect(decision.reason).toMatch(/^authn\./);
    }),
  );
});

test('any header and payload: a decision, never a principal', async () => {
  const check = checkOf();
  await fc.assert(
    fc.asyncProperty(fc.json(), fc.json(), fc.base64String(), async (h, p, s) => {
      const ctx = request(['authorization', `Bearer ${encode(h)}.${encode(p)}.${s.replaceAll('=', '')}`]);
      expect((await check.run(ctx)).effect).toBe('deny');
      expect(ctx.principal).toBeNull();
    }),
  );
});

test('the journal gets eight characters of the signature and no more', async () => {
  const text = token(RS, claims({ exp: 1 }));
  const { ctx, decision } = await decide(text);
  expect(ctx.claimedCredential).toBe((text.split('.')[2] as string).slice(0, 8));
  expect(decision.detail + decision.problem + decision.headers.join()).not.toContain(ctx.claimedCredential);
});
