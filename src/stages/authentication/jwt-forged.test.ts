import { createHmac, createSecretKey } from 'node:crypto';
import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { PAIRS, request, verificationKey } from '../../../test/support/authentication-world.ts';
import { jwtWorld } from '../../../test/support/jwt-world.ts';
import { claims, encode, signBytes, token } from '../../../test/support/sign-token.ts';
import type { IssuerFacts } from '../../core/stage.ts';

const RS = { alg: 'RS256', kid: 'k1' };

let world: ReturnType<typeof jwtWorld>;

beforeEach(() => {
  world = jwtWorld();
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
    ['a truncated signature', `${head}.${body}.${signature.slice(0, -2)}`, 'authn.signature'],
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
    const { reason: given, decision, ctx } = await world.decide(text, facts);
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
      expect((await world.decide(`${encode({ alg, kid: 'k1' })}.${body}.${sig}`)).reason).toBe(
        'authn.algorithm',
      );
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
        expect((await world.decide(hmac(secret, alg))).reason).toBe('authn.algorithm');
        expect((await world.decide(hmac(secret, alg), all)).reason).toBe('authn.algorithm');
      }
    },
  );

  test('HS256 passes only where the operator named it and a secret is in the file', async () => {
    const secret = createSecretKey(Buffer.alloc(32, 7));
    world.keySets.sets.get('company')?.push(verificationKey('hs', secret));
    const text = hmac(Buffer.alloc(32, 7), 'HS256', 'hs');
    expect((await world.decide(text, { algorithms: ['HS256'] })).reason).toBe('request.passed');
    expect((await world.decide(text)).reason).toBe('authn.algorithm');
    expect(
      (await world.decide(hmac(Buffer.alloc(32, 8), 'HS256', 'hs'), { algorithms: ['HS256'] })).reason,
    ).toBe('authn.signature');
    expect(
      (await world.decide(hmac(Buffer.alloc(32, 7), 'HS512', 'hs'), { algorithms: ['HS512'] })).reason,
    ).toBe('authn.algorithm');
    expect((await world.decide(token({ ...RS, kid: 'hs' }))).reason).toBe('authn.algorithm');
  });

  test.each([0, 1, 31, 33])('HS256 with a signature of %i bytes', async (length) => {
    world.keySets.sets.get('company')?.push(verificationKey('hs', createSecretKey(Buffer.alloc(32, 7))));
    const [data] = hmac(Buffer.alloc(32, 7), 'HS256', 'hs').split(/\.[^.]*$/);
    const text = `${data}.${Buffer.alloc(length).toString('base64url')}`;
    expect((await world.decide(text, { algorithms: ['HS256'] })).reason).toBe('authn.signature');
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
    expect((await world.decide(text)).reason).toBe('authn.malformed');
  });

  test('even when it is signed with the key that it brings', async () => {
    const text = token({ alg: 'RS256', jwk: own }, claims(), PAIRS.rsaOther.privateKey);
    expect((await world.decide(text)).reason).toBe('authn.malformed');
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
    expect((await world.decide(token({ ...RS, kid }))).reason).toBe('authn.key-unknown');
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
    expect((await world.decide(signed(payload))).reason).toBe(reason);
  });

  test('with duplicate header names', async () => {
    expect((await world.decide(token('{"alg":"none","kid":"k1","alg":"RS256"}'))).reason).toBe(
      'authn.malformed',
    );
  });

  test('with invalid UTF-8 in the payload', async () => {
    const bytes = Buffer.from(JSON.stringify(claims({ x: 'é' })), 'latin1').toString('base64url');
    const data = `${encode(RS)}.${bytes}`;
    const text = `${data}.${signBytes('RS256', PAIRS.rsa.privateKey, data).toString('base64url')}`;
    expect((await world.decide(text)).reason).toBe('authn.malformed');
  });
});

test('every change of one character is refused, and nothing throws', async () => {
  const good = token();
  const check = world.checkOf();
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
  const check = world.checkOf();
  await fc.assert(
    fc.asyncProperty(fc.json(), fc.json(), fc.base64String(), async (h, p, s) => {
      const ctx = request(['authorization', `Bearer ${encode(h)}.${encode(p)}.${s.replaceAll('=', '')}`]);
      expect((await check.run(ctx)).effect).toBe('deny');
      expect(ctx.principal).toBeNull();
    }),
  );
});
