import { SignJWT } from 'jose';
import { beforeEach, describe, expect, test } from 'vitest';
import {
  ISSUER,
  issuerFacts,
  NOW_S,
  PAIRS,
  request,
  routeFacts,
  verificationKey,
} from '../../../test/support/authentication-world.ts';
import { jwtWorld } from '../../../test/support/jwt-world.ts';
import { claims, token } from '../../../test/support/sign-token.ts';
import { CONTINUE } from '../../core/decision.ts';
import type { IssuerFacts } from '../../core/stage.ts';
import { authentication } from './authentication.ts';

const RS = { alg: 'RS256', kid: 'k1' };

let world: ReturnType<typeof jwtWorld>;

beforeEach(() => {
  world = jwtWorld();
});

describe('a good token', () => {
  test('gives its principal', async () => {
    const more = { scope: 'orders:read orders:write', roles: ['editor'], tier: 'pro', jti: 'j1', azp: 'app' };
    const { decision, ctx } = await world.decide(token(RS, claims(more)));
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
    expect((await world.decide(made, { algorithms: [alg] })).reason).toBe('request.passed');
    const others = ['RS256', 'RS384', 'ES256'].filter((name) => name !== alg);
    expect((await world.decide(made, { algorithms: others })).reason).toBe('authn.algorithm');
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
    expect((await world.decide(token(RS, payload))).reason).toBe('request.passed');
  });

  test.each(['JWT', 'jwt', 'at+jwt', 'AT+JWT', 'application/at+jwt'])('passes with typ %s', async (typ) => {
    expect((await world.decide(token({ ...RS, typ }))).reason).toBe('request.passed');
  });

  test.each([{ x5t: 'abc' }, { cty: 'x' }])('passes with harmless %o', async (more) => {
    expect((await world.decide(token({ ...RS, ...more }))).reason).toBe('request.passed');
  });

  test('passes without kid when any fitting key verifies', async () => {
    expect((await world.decide(token({ alg: 'RS256' }))).reason).toBe('request.passed');
    expect((await world.decide(token({ alg: 'RS256' }, claims(), PAIRS.rsaOther.privateKey))).reason).toBe(
      'authn.signature',
    );
  });

  test.each(['bearer', 'BEARER', 'Bearer '])('passes with the scheme %j', async (scheme) => {
    const decision = await world.checkOf().run(request(['authorization', `${scheme} ${token()}`]));
    expect(decision).toBe(CONTINUE);
  });

  test('passes bare in a header field of its own', async () => {
    const check = world.checkOf({}, { header: 'X-Token' });
    expect(await check.run(request(['x-token', token()]))).toBe(CONTINUE);
    expect((await check.run(request(['x-token', `Bearer ${token()}`]))).reason).toBe('authn.malformed');
    expect((await check.run(request(['authorization', `Bearer ${token()}`]))).reason).toBe('authn.missing');
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
    expect((await world.checkOf().run(bearer(partner))).reason).toBe('authn.issuer');
  });
});

describe('keys that are not there', () => {
  test('an unknown kid is refetched once, and then accepted when it came', async () => {
    world.keySets.onRefetch = () => {
      world.keySets.sets.get('company')?.push(verificationKey('new', PAIRS.rsaOther.publicKey));
    };
    const text = token({ ...RS, kid: 'new' }, claims(), PAIRS.rsaOther.privateKey);
    expect((await world.decide(text)).reason).toBe('request.passed');
    expect(world.keySets.refetched).toEqual(['company new']);
  });

  test('an unknown kid that does not come is refused', async () => {
    expect((await world.decide(token({ ...RS, kid: 'new' }))).reason).toBe('authn.key-unknown');
    expect(world.keySets.refetched).toEqual(['company new']);
  });

  test('keys that were never loaded are a 503 that names the cause, not a 401', async () => {
    world.keySets.sets.clear();
    world.keySets.problemText = 'https://auth.company.com could not be reached.';
    const { decision, reason } = await world.decide(token());
    expect(reason).toBe('authn.unavailable');
    expect(decision.status).toBe(503);
    expect(decision.detail).toBe('https://auth.company.com could not be reached.');
    expect(decision.headers).toEqual([]);
    expect(decision.problem).not.toContain('auth.company.com');
  });

  test('nothing is fetched for an issuer or an algorithm that is not accepted', async () => {
    await world.decide(token({ ...RS, kid: 'new' }, claims({ iss: 'https://evil.example' })));
    await world.decide(token({ alg: 'none', kid: 'new' }));
    expect(world.keySets.refetched).toEqual([]);
  });
});

describe('a repeated token', () => {
  const text = token();
  const bearer = () => request(['authorization', `Bearer ${text}`]);

  test('is judged again by time', async () => {
    const check = world.checkOf();
    expect(check.run(bearer())).toBe(CONTINUE);
    world.clock.time += 959_000;
    expect(check.run(bearer())).toBe(CONTINUE);
    world.clock.time += 1000;
    expect(await check.run(bearer())).toMatchObject({ reason: 'authn.expired' });
    world.clock.time -= 2_000_000;
    expect(await check.run(bearer())).toMatchObject({ reason: 'authn.not-yet-valid' });
  });

  test('is not good before its time when the clock is set back', async () => {
    const check = world.checkOf();
    expect(check.run(bearer())).toBe(CONTINUE);
    world.clock.time -= 300_000;
    expect(check.run(bearer())).toBe(CONTINUE);
    world.clock.time -= 1;
    expect(await check.run(bearer())).toMatchObject({ reason: 'authn.not-yet-valid' });
  });

  test('is not asked of the keys again, until they change', async () => {
    const check = world.checkOf();
    expect(check.run(bearer())).toBe(CONTINUE);
    world.keySets.sets.set('company', [verificationKey('k1', PAIRS.rsaOther.publicKey)]);
    expect(check.run(bearer())).toBe(CONTINUE);
    world.keySets.versions++;
    expect(await check.run(bearer())).toMatchObject({ reason: 'authn.signature' });
  });

  test('has one principal', () => {
    const [one, other] = [bearer(), bearer()];
    world.checkOf().run(one);
    world.checkOf().run(other);
    expect(one.principal).not.toBeNull();
    expect(other.principal).toBe(one.principal);
  });

  test('is judged by the audience of each route', async () => {
    expect(world.checkOf().run(bearer())).toBe(CONTINUE);
    expect((await world.decide(text, {}, { audience: 'billing' })).reason).toBe('authn.audience');
    expect((await world.decide(text)).reason).toBe('request.passed');
  });

  test.each<[Partial<IssuerFacts>, string]>([
    [{ requiredClaims: ['sub', 'iss', 'exp', 'iat', 'aud', 'jti'] }, 'authn.claims'],
    [{ algorithms: ['ES256'] }, 'authn.algorithm'],
    [{ issuer: 'https://other.example' }, 'authn.issuer'],
  ])('is verified again after a reload with %o', async (facts, reason) => {
    expect((await world.decide(text)).reason).toBe('request.passed');
    expect((await world.decide(text, facts)).reason).toBe(reason);
    expect((await world.decide(text)).reason).toBe('request.passed');
  });

  test('with other names of claims gives another principal', async () => {
    const rich = token(RS, claims({ roles: ['user'], admin_roles: ['admin'] }));
    expect((await world.decide(rich)).ctx.principal?.roles).toEqual(new Set(['user']));
    expect((await world.decide(rich, {}, { rolesClaim: 'admin_roles' })).ctx.principal?.roles).toEqual(
      new Set(['admin']),
    );
  });

  test('does not help a forged one of the same header and payload', async () => {
    expect((await world.decide(text)).reason).toBe('request.passed');
    const [h, p, s] = text.split('.') as [string, string, string];
    const other = (s[0] === 'A' ? 'B' : 'A') + s.slice(1);
    expect((await world.decide(`${h}.${p}.${other}`)).reason).toBe('authn.signature');
  });

  test('that was refused is not remembered', async () => {
    const early = token(RS, claims({ nbf: NOW_S + 120 }));
    expect((await world.decide(early)).reason).toBe('authn.not-yet-valid');
    world.clock.time += 60_000;
    expect((await world.decide(early)).reason).toBe('request.passed');
  });
});

test('the journal gets eight characters of the signature and no more', async () => {
  const text = token(RS, claims({ exp: 1 }));
  const { ctx, decision } = await world.decide(text);
  expect(ctx.claimedCredential).toBe((text.split('.')[2] as string).slice(0, 8));
  expect(decision.detail + decision.problem + decision.headers.join()).not.toContain(ctx.claimedCredential);
});
