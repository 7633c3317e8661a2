import { beforeEach, describe, expect, test } from 'vitest';
import {
  fakePorts,
  ISSUER,
  NOW_S,
  newKey,
  PAIRS,
  request,
  routeFacts,
  verificationKey,
} from '../../../test/support/authentication-world.ts';
import { makeProof, thumbprint } from '../../../test/support/dpop.ts';
import { token } from '../../../test/support/sign-token.ts';
import type { ConfigError } from '../../core/errors.ts';
import type { IntrospectionAnswer, IntrospectionServer } from '../../core/ports.ts';
import type { Check } from '../../core/stage.ts';
import { authentication } from './authentication.ts';

const PASSED = 'request.passed';
const CLIENT = { id: 'gateway', secret: 's3cret' };
const BLOCK = { endpoint: 'https://idp.test/introspect', client: CLIENT, audience: 'orders', replay: 'off' };

/** A route that asks about opaque tokens, and a server that answers as the test says. */
function openWorld() {
  const world = fakePorts();
  const asked: { server: IntrospectionServer; token: string }[] = [];
  const state = {
    answer: { active: true } as Record<string, unknown> | IntrospectionAnswer,
    gate: null as Promise<void> | null,
  };
  const introspect = async (server: IntrospectionServer, token: string): Promise<IntrospectionAnswer> => {
    asked.push({ server, token });
    await state.gate;
    const { answer } = state;
    if ('kind' in answer) return answer as IntrospectionAnswer;
    return answer.active === true ? { kind: 'active', claims: answer } : { kind: 'inactive' };
  };
  Object.assign(world.ports, { introspection: { introspect } });

  const checkOf = (block: object = {}, more: object = {}) => {
    const config = authentication.schema.parse({ introspection: { ...BLOCK, ...block }, ...more });
    const { head } = authentication.compile(config, routeFacts(), world.ports);
    if (head === undefined) throw new Error('The route has no check.');
    return head;
  };
  const decide = async (check: ReturnType<typeof checkOf>, value: string, header = 'Authorization') => {
    const ctx = request([header, value]);
    const decision = await check.run(ctx);
    return { reason: decision.reason as string, decision, ctx };
  };
  return { ...world, asked, state, checkOf, decide };
}

let world: ReturnType<typeof openWorld>;
beforeEach(() => {
  world = openWorld();
  world.state.answer = active();
});

const active = (change: Record<string, unknown> = {}): Record<string, unknown> => ({
  active: true,
  sub: 'alice',
  client_id: 'shop',
  scope: 'orders:read orders:write',
  aud: 'orders',
  exp: NOW_S + 3600,
  ...change,
});

describe('an active token', () => {
  test('gives a principal', async () => {
    world.state.answer = active({
      jti: 't1',
      iss: ISSUER,
      roles: ['editor'],
      tier: 'pro',
      acr: '2',
      tenant: 'acme',
    });
    const { reason, ctx } = await world.decide(world.checkOf(), 'Bearer opaque-1');
    expect(reason).toBe(PASSED);
    expect(ctx.principal).toMatchObject({
      type: 'user',
      method: 'introspection',
      subject: 'alice',
      clientId: 'shop',
      credentialId: 't1',
      issuer: ISSUER,
      tier: 'pro',
      attributes: { acr: '2', tenant: 'acme' },
    });
    expect([...(ctx.principal?.scopes ?? [])]).toEqual(['orders:read', 'orders:write']);
    expect(world.asked[0]).toMatchObject({
      token: 'opaque-1',
      server: {
        endpoint: 'https://idp.test/introspect',
        client: { id: 'gateway', secret: 's3cret', method: 'client_secret_basic' },
        timeoutMs: 3000,
      },
    });
  });

  test.each([
    [{ sub: undefined, username: 'al' }, 'al', 'user'],
    [{ sub: undefined }, 'shop', 'client'],
    [{ sub: 'shop' }, 'shop', 'client'],
  ])('%j is of %s', async (change, subject, type) => {
    world.state.answer = active(change);
    const { ctx } = await world.decide(world.checkOf(), 'Bearer x');
    expect(ctx.principal).toMatchObject({ subject, type });
  });

  test.each([
    ['inactive', { active: false }, 'authn.inactive'],
    ['another audience', active({ aud: ['billing'] }), 'authn.audience'],
    ['no audience', active({ aud: undefined }), 'authn.audience'],
    ['expired', active({ exp: NOW_S - 61 }), 'authn.expired'],
    ['not valid yet', active({ nbf: NOW_S + 61 }), 'authn.not-yet-valid'],
    ['issued ahead', active({ iat: NOW_S + 61 }), 'authn.not-yet-valid'],
    ['an `exp` that is text', active({ exp: String(NOW_S + 60) }), 'authn.claims'],
    ['an `exp` in milliseconds', active({ exp: NOW_S * 1000 }), 'authn.claims'],
    ['an `iss` that is no text', active({ iss: 1 }), 'authn.issuer'],
    ['nobody', active({ sub: undefined, client_id: undefined }), 'authn.claims'],
    ['a refresh token', active({ token_type: 'refresh_token' }), 'authn.claims'],
    ['an ID token', active({ token_use: 'id' }), 'authn.claims'],
    ['Keycloak’s refresh token', active({ typ: 'Refresh' }), 'authn.claims'],
    ['bound to what cannot be checked', active({ cnf: { kid: 'x' } }), 'authn.binding'],
    ['bound to a certificate', active({ cnf: { 'x5t#S256': 'A'.repeat(43) } }), 'authn.binding'],
    ['bound to a key, as a bearer token', active({ cnf: { jkt: 'A'.repeat(43) } }), 'authn.binding'],
  ])('is not taken: %s', async (_, answer, reason) => {
    world.state.answer = answer;
    const { decision, ctx } = await world.decide(world.checkOf(), 'Bearer some-token');
    expect(decision.reason).toBe(reason);
    expect(decision.status).toBe(401);
    expect(decision.headers.join()).toContain('error="invalid_token"');
    expect(JSON.stringify(decision) + ctx.claimedCredential).not.toContain('some-token');
  });

  test('must be of the issuer that is configured, where it says one', async () => {
    const check = world.checkOf({ issuer: 'company' });
    expect((await world.decide(check, 'Bearer a')).reason).toBe(PASSED);
    world.state.answer = active({ iss: ISSUER });
    expect((await world.decide(check, 'Bearer b')).reason).toBe(PASSED);
    world.state.answer = active({ iss: `${ISSUER}/` });
    expect((await world.decide(check, 'Bearer c')).reason).toBe('authn.issuer');
  });
});

describe('a token that is none', () => {
  test.each([
    ['Bearer ', 'authn.malformed'],
    ['Bearer a b', 'authn.malformed'],
    ['Bearer a,b', 'authn.malformed'],
    ['Bearer a"b', 'authn.malformed'],
    ['Bearer =a', 'authn.malformed'],
    ['Bearer \xfc', 'authn.malformed'],
    [`Bearer ${'a'.repeat(16_385)}`, 'authn.malformed'],
    ['Basic YTpi', 'authn.missing'],
    ['DPoP abc', 'authn.missing'],
  ])('%.20j asks nobody', async (value, reason) => {
    expect((await world.decide(world.checkOf(), value)).reason).toBe(reason);
    expect(world.asked).toEqual([]);
  });

  test('an Authorization field with another scheme is refused beside a good key, too', async () => {
    const { record, key } = newKey();
    world.records.set(record.id, record);
    const config = authentication.schema.parse({ anyOf: [{ apiKey: {} }, { introspection: BLOCK }] });
    const { head } = authentication.compile(config, routeFacts(), world.ports);
    for (const value of ['Basic YTpi', 'DPoP abc']) {
      const ctx = request(['X-API-Key', key, 'Authorization', value]);
      expect((await head?.run(ctx))?.reason).toBe('authn.missing');
    }
    expect((await head?.run(request(['X-API-Key', key])))?.reason).toBe(PASSED);
  });

  test('two of them are ambiguous', async () => {
    const ctx = request(['Authorization', 'Bearer a', 'authorization', 'Bearer a']);
    expect((await world.checkOf().run(ctx)).reason).toBe('authn.ambiguous');
  });

  test('a header field of its own carries it bare', async () => {
    const check = world.checkOf({ header: 'X-Token' });
    expect((await world.decide(check, 'abc', 'X-Token')).reason).toBe(PASSED);
    expect(world.asked.map(({ token }) => token)).toEqual(['abc']);
  });
});

describe('what is remembered', () => {
  test('an answer is used for `cacheS`, by every route with the same rules', async () => {
    const check = world.checkOf();
    for (const atS of [0, 30, 59]) {
      world.clock.time = (NOW_S + atS) * 1000;
      expect((await world.decide(check, 'Bearer a')).reason).toBe(PASSED);
    }
    expect((await world.decide(world.checkOf({ audience: ['orders', 'x'] }), 'Bearer a')).reason).toBe(
      PASSED,
    );
    expect((await world.decide(world.checkOf({ audience: 'x' }), 'Bearer a')).reason).toBe('authn.audience');
    expect(world.asked).toHaveLength(1);
    world.clock.time = (NOW_S + 60) * 1000;
    world.state.answer = { active: false };
    expect((await world.decide(check, 'Bearer a')).reason).toBe('authn.inactive');
    expect(world.asked).toHaveLength(2);
  });

  test('each route uses an answer for its own `cacheS`, whichever asked', async () => {
    const [long, short, never] = [3600, 10, 0].map((cacheS) =>
      world.checkOf({ cacheS, inactiveCacheS: 0 }),
    ) as [Check, Check, Check];
    expect((await world.decide(long, 'Bearer a')).reason).toBe(PASSED);
    world.clock.time = (NOW_S + 9) * 1000;
    expect((await world.decide(short, 'Bearer a')).reason).toBe(PASSED);
    expect(world.asked).toHaveLength(1);
    world.clock.time = (NOW_S + 10) * 1000;
    world.state.answer = { active: false };
    expect((await world.decide(long, 'Bearer a')).reason).toBe(PASSED);
    expect((await world.decide(short, 'Bearer a')).reason).toBe('authn.inactive');
    // What one of them was told counts for all.
    expect((await world.decide(long, 'Bearer a')).reason).toBe('authn.inactive');
    world.state.answer = active();
    await world.decide(long, 'Bearer a');
    world.state.answer = { active: false };
    expect((await world.decide(never, 'Bearer a')).reason).toBe('authn.inactive');
  });

  test('with other rules, or another client, the server is asked anew', async () => {
    for (const block of [
      {},
      { client: { ...CLIENT, id: 'other' } },
      { rolesClaim: 'groups' },
      { endpoint: 'https://b.test/' },
    ])
      await world.decide(world.checkOf(block), 'Bearer a');
    expect(world.asked).toHaveLength(4);
  });

  test('never beyond `exp`, however long the cache', async () => {
    world.state.answer = active({ exp: NOW_S + 10 });
    const check = world.checkOf({ cacheS: 3600 });
    await world.decide(check, 'Bearer a');
    world.clock.time = (NOW_S + 9) * 1000;
    await world.decide(check, 'Bearer a');
    expect(world.asked).toHaveLength(1);
    // The clocks may differ: the server knows.
    world.clock.time = (NOW_S + 10) * 1000;
    expect((await world.decide(check, 'Bearer a')).reason).toBe(PASSED);
    await world.decide(check, 'Bearer a');
    expect(world.asked).toHaveLength(3);
    world.clock.time = (NOW_S + 70) * 1000;
    expect((await world.decide(check, 'Bearer a')).reason).toBe('authn.expired');
  });

  test('`cacheS: 0` asks every time', async () => {
    const check = world.checkOf({ cacheS: 0, inactiveCacheS: 0 });
    for (let i = 0; i < 3; i++) await world.decide(check, 'Bearer a');
    world.state.answer = { active: false };
    for (let i = 0; i < 3; i++) await world.decide(check, 'Bearer a');
    expect(world.asked).toHaveLength(6);
  });

  test('that a token is not active is used for a shorter time', async () => {
    world.state.answer = { active: false };
    const check = world.checkOf();
    await world.decide(check, 'Bearer a');
    world.state.answer = active();
    world.clock.time = (NOW_S + 9) * 1000;
    expect((await world.decide(check, 'Bearer a')).reason).toBe('authn.inactive');
    world.clock.time = (NOW_S + 10) * 1000;
    expect((await world.decide(check, 'Bearer a')).reason).toBe(PASSED);
    expect(world.asked).toHaveLength(2);
  });

  test('a flood of random tokens does not push out good ones', async () => {
    const check = world.checkOf();
    await world.decide(check, 'Bearer good');
    world.state.answer = { active: false };
    for (let i = 0; i < 12_000; i++) await world.decide(check, `Bearer random-${i}`);
    world.asked.length = 0;
    expect((await world.decide(check, 'Bearer good')).reason).toBe(PASSED);
    expect(world.asked).toEqual([]);
  });

  test('requests with one token at once make one call, also when it fails', async () => {
    let open = () => {};
    world.state.gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const check = world.checkOf();
    const many = Array.from({ length: 50 }, () => world.decide(check, 'Bearer a'));
    const other = world.decide(check, 'Bearer b');
    world.state.answer = { kind: 'unavailable', problem: 'It is down.' };
    open();
    const reasons = (await Promise.all([...many, other])).map(({ reason }) => reason);
    expect(new Set(reasons)).toEqual(new Set(['authn.unavailable']));
    expect(world.asked).toHaveLength(2);
    world.state.answer = active();
    expect((await world.decide(check, 'Bearer a')).reason).toBe(PASSED);
  });
});

describe('a server that cannot be asked', () => {
  test.each([
    ['unavailable', 'authn.unavailable', []],
    ['busy', 'authn.busy', ['Retry-After', '1']],
  ] as const)(
    '%s is 503 with the cause for the operator, and remembered for nobody',
    async (kind, reason, headers) => {
      world.state.answer = { kind, problem: 'The cause.' };
      const check = world.checkOf();
      const { decision } = await world.decide(check, 'Bearer a');
      expect(decision).toMatchObject({ reason, status: 503, detail: 'The cause.', headers });
      expect(decision.problem).not.toContain('The cause.');
      world.state.answer = active();
      expect((await world.decide(check, 'Bearer a')).reason).toBe(PASSED);
    },
  );

  test('refuses no token that is known', async () => {
    const check = world.checkOf();
    await world.decide(check, 'Bearer a');
    world.state.answer = { kind: 'unavailable', problem: 'It is down.' };
    expect((await world.decide(check, 'Bearer a')).reason).toBe(PASSED);
    expect((await world.decide(check, 'Bearer b')).reason).toBe('authn.unavailable');
  });
});

describe('how a token is used', () => {
  test('from one client at a time, or once', async () => {
    const bound = world.checkOf({ replay: 'bound' });
    const from = async (check: typeof bound, agent: string) => {
      const ctx = request(['Authorization', 'Bearer a', 'User-Agent', agent]);
      Object.assign(ctx, { client: { family: 4, words: [0, 0, 0xffff, 0x0a000001] } });
      return (await check.run(ctx)).reason;
    };
    expect(await from(bound, 'one')).toBe(PASSED);
    expect(await from(bound, 'one')).toBe(PASSED);
    expect(await from(bound, 'two')).toBe('authn.replayed');
    const once = world.checkOf({ replay: 'once', endpoint: 'https://other.test/' });
    expect(await from(once, 'one')).toBe(PASSED);
    expect(await from(once, 'one')).toBe('authn.replayed');
  });
});

describe('a token that is bound', () => {
  const jkt = thumbprint(PAIRS.p256.publicKey);
  const proof = (change: object = {}): string =>
    makeProof(PAIRS.p256, { token: 'opaque', uri: 'https://api.company.com/orders', nowS: NOW_S, ...change });
  const show = async (fields: readonly string[], block: object = {}) => {
    const ctx = request(fields);
    return (await world.checkOf({ dpop: 'accepted', ...block }).run(ctx)).reason;
  };

  test('to a key needs a proof of it, each time another one', async () => {
    world.state.answer = active({ cnf: { jkt } });
    const good = proof();
    expect(await show(['Authorization', 'DPoP opaque', 'DPoP', good])).toBe(PASSED);
    expect(await show(['Authorization', 'DPoP opaque', 'DPoP', good])).toBe('authn.proof');
    expect(await show(['Authorization', 'DPoP opaque', 'DPoP', proof()])).toBe(PASSED);
    expect(await show(['Authorization', 'DPoP opaque', 'DPoP', proof({ token: 'other' })])).toBe(
      'authn.proof',
    );
    expect(await show(['Authorization', 'DPoP opaque'])).toBe('authn.proof');
    expect(await show(['Authorization', 'Bearer opaque', 'DPoP', proof()])).toBe('authn.binding');
    expect(await show(['Authorization', 'Bearer opaque'], { dpop: 'off' })).toBe('authn.binding');
    expect(world.asked).toHaveLength(1);
  });

  test('to none is not taken with the DPoP scheme, nor as Bearer where DPoP is required', async () => {
    expect(await show(['Authorization', 'DPoP opaque', 'DPoP', proof()])).toBe('authn.binding');
    expect(await show(['Authorization', 'Bearer opaque'], { dpop: 'required' })).toBe('authn.binding');
  });

  test('to a certificate needs that certificate', async () => {
    world.state.answer = active({ cnf: { 'x5t#S256': 'A'.repeat(43) } });
    for (const [thumbprintS256, reason] of [
      ['A'.repeat(43), PASSED],
      ['B'.repeat(43), 'authn.binding'],
    ]) {
      const ctx = Object.assign(request(['Authorization', 'Bearer opaque']), {
        certificate: { thumbprintS256 },
      });
      expect((await world.checkOf().run(ctx)).reason).toBe(reason);
    }
  });
});

describe('beside JSON Web Tokens in one header field', () => {
  const jwtOf = (claims: object, header: object = { alg: 'RS256' }): string =>
    [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.') +
    '.AAAA';
  const both = () => {
    const jwt = { issuer: 'company', audience: 'orders', replay: 'off' };
    const config = authentication.schema.parse({ anyOf: [{ jwt }, { introspection: BLOCK }] });
    const { head } = authentication.compile(config, routeFacts(), world.ports);
    return head as NonNullable<typeof head>;
  };

  test.each([
    ['an opaque token', 'opaque'],
    ['a JWT of another issuer', jwtOf({ iss: 'https://other.test' })],
    ['a JWT without issuer', jwtOf({})],
    ['something with dots', 'a.b.c'],
  ])('%s is asked about', async (_, token) => {
    const { reason, ctx } = await world.decide(both(), `Bearer ${token}`);
    expect(reason).toBe(PASSED);
    expect(ctx.principal?.method).toBe('introspection');
    expect(world.asked).toHaveLength(1);
  });

  test('a scheme that only one kind takes is no way around the other', async () => {
    const jwt = { issuer: 'company', audience: 'orders', replay: 'off' };
    for (const [first, second] of [
      [{ ...jwt, dpop: 'accepted' }, BLOCK],
      [jwt, { ...BLOCK, dpop: 'accepted' }],
    ]) {
      const config = authentication.schema.parse({ anyOf: [{ jwt: first }, { introspection: second }] });
      const { head } = authentication.compile(config, routeFacts(), world.ports);
      for (const token of ['opaque', jwtOf({ iss: ISSUER })]) {
        const decision = await head?.run(request(['Authorization', `DPoP ${token}`]));
        expect([401, 503]).toContain(decision?.status);
      }
    }
  });

  test.each([
    ['a forged one', jwtOf({ iss: ISSUER })],
    ['an unsigned one', jwtOf({ iss: ISSUER }, { alg: 'none' })],
    ['one that brings its key', jwtOf({ iss: ISSUER }, { alg: 'RS256', jwk: {} })],
    ['one with a broken header', `!${jwtOf({ iss: ISSUER })}`],
    ['one with four parts', `${jwtOf({ iss: ISSUER })}.x`],
  ])('of the configured issuer is not: %s', async (_, token) => {
    const { decision } = await world.decide(both(), `Bearer ${token}`);
    expect([401, 503]).toContain(decision.status);
    expect(world.asked).toEqual([]);
  });
});

describe('an Authorization field with another scheme', () => {
  test.each(['Basic YTpi', 'Bearer\tabc', 'Token abc', 'DPoP abc', ''])(
    '%j refuses a good key, too: the upstream could take it for a token',
    async (value) => {
      const made = newKey();
      world.records.set(made.id, made.record);
      const config = authentication.schema.parse({ anyOf: [{ introspection: BLOCK }, { apiKey: {} }] });
      const { head } = authentication.compile(config, routeFacts(), world.ports);
      expect((await head!.run(request(['X-API-Key', made.key]))).reason).toBe(PASSED);
      const ctx = request(['X-API-Key', made.key, 'Authorization', value]);
      expect((await head!.run(ctx)).reason).toBe('authn.missing');
      expect(world.asked).toEqual([]);
    },
  );

  test('a JWT that may not come with DPoP is not taken as if it came without', async () => {
    world.keySets.sets.set('company', [verificationKey('k1', PAIRS.rsa.publicKey)]);
    const jwt = { issuer: 'company', audience: 'orders', replay: 'off' };
    const introspection = { ...BLOCK, dpop: 'accepted' };
    const config = authentication.schema.parse({ anyOf: [{ jwt }, { introspection }] });
    const { head } = authentication.compile(config, routeFacts(), world.ports);
    expect((await head!.run(request(['Authorization', `Bearer ${token()}`]))).reason).toBe(PASSED);
    expect((await head!.run(request(['Authorization', `DPoP ${token()}`]))).status).toBe(401);
    expect(world.asked).toEqual([]);
  });
});

describe('the configuration', () => {
  const problemsOf = (block: object): string => {
    const parsed = authentication.schema.safeParse({ introspection: block });
    return JSON.stringify(parsed.error?.issues ?? []);
  };

  test.each([
    [{ endpoint: 'http://idp.test/i', client: CLIENT }, 'over https'],
    [{ endpoint: 'https://a:b@idp.test/i', client: CLIENT }, 'over https'],
    [{ endpoint: 'https://idp.test/i' }, 'client'],
    [{ endpoint: 'https://idp.test/i', client: { id: 'a' } }, 'needs `secret`'],
    [
      { endpoint: 'https://idp.test/i', client: { id: 'a', secret: 'x', privateKey: 'y' } },
      'private key in PEM',
    ],
    [
      { endpoint: 'https://idp.test/i', client: { id: 'a', method: 'private_key_jwt' } },
      'needs `privateKey`',
    ],
    [{ ...BLOCK, cacheS: -1 }, 'cacheS'],
    [{ ...BLOCK, callsPerS: 0 }, 'callsPerS'],
  ])('%j is an error', (block, text) => {
    expect(problemsOf(block)).toContain(text);
  });

  test.each([
    [{ introspection: { client: CLIENT } }, 'Say where to ask'],
    [{ introspection: { ...BLOCK, issuer: 'compny' } }, "Did you mean 'company'?"],
    [{ introspection: { ...BLOCK, header: 'X-T', dpop: 'accepted' } }, 'Authorization field'],
    [
      { anyOf: [{ introspection: BLOCK }, { introspection: { ...BLOCK, cacheS: 1 } }] },
      'cannot be told apart',
    ],
    [{ anyOf: [{ introspection: BLOCK }, { apiKey: { header: 'Authorization' } }] }, 'cannot carry both'],
  ])('%j cannot be compiled', (block, text) => {
    try {
      authentication.compile(authentication.schema.parse(block), routeFacts(), world.ports);
    } catch (error) {
      expect(JSON.stringify((error as ConfigError).problems)).toContain(text);
      return;
    }
    expect.unreachable();
  });

  test('tells what is weak', () => {
    const weak = (block: object) =>
      authentication
        .weaknesses?.(authentication.schema.parse({ introspection: block }))
        .map(({ pointer }) => pointer);
    const { replay: _, ...good } = BLOCK;
    expect(weak(good)).toEqual([]);
    expect(weak({ ...good, audience: undefined, cacheS: 301, replay: 'off' })).toEqual([
      '/introspection',
      '/introspection/cacheS',
      '/introspection/replay',
    ]);
  });
});
