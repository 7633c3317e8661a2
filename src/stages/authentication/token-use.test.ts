import { createHash } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import { type RequestChange, request } from '../../../test/support/authentication-world.ts';
import { jwtWorld } from '../../../test/support/jwt-world.ts';
import { claims, token } from '../../../test/support/sign-token.ts';
import { ClientCertificate } from '../../core/certificate.ts';

const MINUTE_MS = 60_000;

let world: ReturnType<typeof jwtWorld>;

beforeEach(() => {
  world = jwtWorld();
});

const tokenWith = (change: Record<string, unknown> = {}) =>
  token(undefined, claims({ jti: 'j1', exp: (claims().iat as number) + 3600, ...change }));

async function ask(text: string, jwt: object, change: RequestChange & { agent?: string } = {}) {
  const { agent = 'app/1', ...rest } = change;
  const fields = ['Authorization', `Bearer ${text}`, ...(agent === '' ? [] : ['User-Agent', agent])];
  const decision = await world.checkOf({}, jwt).run(request(fields, rest));
  return decision.reason;
}

describe('replay: once', () => {
  const once = { replay: 'once' };

  test('a jti is accepted a single time, in whatever token and from whomever', async () => {
    expect(await ask(tokenWith(), once)).toBe('request.passed');
    expect(await ask(tokenWith(), once)).toBe('authn.replayed');
    expect(await ask(tokenWith({ scope: 'more' }), once)).toBe('authn.replayed');
    expect(await ask(tokenWith({ jti: 'j2' }), once, { client: '203.0.113.9' })).toBe('request.passed');
  });

  test('for as long as the token would be accepted', async () => {
    await ask(tokenWith(), once);
    world.clock.time += 60 * MINUTE_MS + 59_999;
    expect(await ask(tokenWith(), once)).toBe('authn.replayed');
    world.clock.time += 1;
    expect(await ask(tokenWith(), once)).toBe('authn.expired');
  });

  test('a token without jti is refused', async () => {
    expect(await ask(tokenWith({ jti: undefined }), once)).toBe('authn.claims');
  });

  test('a token that was refused is not used up', async () => {
    expect(await ask(tokenWith({ aud: 'other' }), once)).toBe('authn.audience');
    expect(await ask(`${tokenWith().slice(0, -4)}AAAA`, once)).toBe('authn.signature');
    expect(await ask(tokenWith(), once)).toBe('request.passed');
  });
});

describe('replay: bound', () => {
  test.each<[string, RequestChange & { agent?: string }, string]>([
    ['the same client', {}, 'request.passed'],
    ['a neighbour in its network', { client: '192.0.2.200' }, 'request.passed'],
    ['another network', { client: '192.0.3.7' }, 'authn.replayed'],
    ['another User-Agent', { agent: 'curl/8' }, 'authn.replayed'],
    ['no User-Agent', { agent: '' }, 'authn.replayed'],
    ['an IPv6 address', { client: '2001:db8::1' }, 'authn.replayed'],
  ])('%s inside the window: %s', async (_, change, reason) => {
    await ask(tokenWith(), {});
    expect(await ask(tokenWith(), {}, change)).toBe(reason);
  });

  test.each<[string, string, object, string]>([
    ['2001:db8:0:1::1', '2001:db8:0:ff::1', {}, 'request.passed'],
    ['2001:db8:0:1::1', '2001:db8:0:100::1', {}, 'authn.replayed'],
    ['2001:db8:0:1::1', '2001:db8:0:2::1', { v6: 64 }, 'authn.replayed'],
    ['192.0.2.7', '192.0.2.8', { v4: 32 }, 'authn.replayed'],
    ['192.0.2.7', '203.0.113.9', { v4: 0 }, 'request.passed'],
    ['192.0.2.7', '2001:db8::1', { v4: 0, v6: 0 }, 'authn.replayed'],
  ])('from %s, then %s with %o: %s', async (first, second, bindingPrefix, reason) => {
    await ask(tokenWith(), { bindingPrefix }, { client: first });
    expect(await ask(tokenWith(), { bindingPrefix }, { client: second })).toBe(reason);
  });

  test('another client may use it when the first did not for five minutes', async () => {
    const thief = { client: '203.0.113.9' };
    await ask(tokenWith(), {});
    world.clock.time += 4 * MINUTE_MS;
    await ask(tokenWith(), {});
    world.clock.time += 4 * MINUTE_MS;
    expect(await ask(tokenWith(), {}, thief)).toBe('authn.replayed');
    world.clock.time += MINUTE_MS;
    expect(await ask(tokenWith(), {}, thief)).toBe('request.passed');
    expect(await ask(tokenWith(), {})).toBe('authn.replayed');
  });

  test('a window as long as the token lives binds it for good', async () => {
    const jwt = { replayWindowS: 7200 };
    await ask(tokenWith(), jwt);
    world.clock.time += 59 * MINUTE_MS;
    expect(await ask(tokenWith(), jwt, { client: '203.0.113.9' })).toBe('authn.replayed');
  });

  test('a token without jti is bound by what is signed', async () => {
    const text = tokenWith({ jti: undefined });
    expect(await ask(text, {})).toBe('request.passed');
    expect(await ask(text, {}, { client: '203.0.113.9' })).toBe('authn.replayed');
    const other = tokenWith({ jti: undefined, scope: 'x' });
    expect(await ask(other, {}, { client: '203.0.113.9' })).toBe('request.passed');
  });

  test('the second form of an ECDSA signature is no second token', async () => {
    const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
    const { PAIRS } = await import('../../../test/support/authentication-world.ts');
    const payload = claims({ jti: undefined });
    const text = token({ alg: 'ES256', kid: 'p256' }, payload, PAIRS.p256.privateKey, 'ES256');
    const at = text.lastIndexOf('.') + 1;
    const signature = Buffer.from(text.slice(at), 'base64url');
    const s = BigInt(`0x${signature.subarray(32).toString('hex')}`);
    const mirrored = Buffer.from((order - s).toString(16).padStart(64, '0'), 'hex');
    const twin =
      text.slice(0, at) + Buffer.concat([signature.subarray(0, 32), mirrored]).toString('base64url');
    const decide = async (sent: string, client: string) => {
      const ctx = request(['Authorization', `Bearer ${sent}`], { client });
      return (await world.checkOf({ algorithms: ['ES256'] }).run(ctx)).reason;
    };
    expect(await decide(text, '192.0.2.7')).toBe('request.passed');
    expect(await decide(twin, '192.0.2.7'), 'it verifies').toBe('request.passed');
    expect(await decide(twin, '203.0.113.9')).toBe('authn.replayed');
  });

  test('off remembers nothing', async () => {
    await ask(tokenWith(), { replay: 'off' });
    expect(await ask(tokenWith(), { replay: 'off' }, { client: '203.0.113.9' })).toBe('request.passed');
  });
});

describe('a memory that cannot tell', () => {
  test.each([
    ['full', 'authn.replay-full'],
    ['unavailable', 'authn.replay-unavailable'],
  ] as const)('%s is a 503', async (verdict, reason) => {
    const replay = {
      once: () => verdict,
      bound: async () => verdict,
      forget: () => {},
      problem: 'redis://x is down.',
    };
    Object.assign(world.ports, { replay });
    expect(await ask(tokenWith(), {})).toBe(reason);
    expect(await ask(tokenWith(), { replay: 'once' })).toBe(reason);
    const decision = await world.checkOf().run(request(['Authorization', `Bearer ${tokenWith()}`]));
    expect(decision.status).toBe(503);
    if (verdict === 'unavailable') expect(decision.detail).toBe('redis://x is down.');
  });
});

describe('certificate-bound tokens', () => {
  const certificate = new ClientCertificate(Buffer.from('a certificate'), [], false, '');
  const other = new ClientCertificate(Buffer.from('another one'), [], false, '');
  const x5t = createHash('sha256').update('a certificate').digest('base64url');
  const bound = (cnf: object = { 'x5t#S256': x5t }) => tokenWith({ cnf });

  test.each<[string, string, RequestChange, object, string]>([
    ['with its certificate', bound(), { certificate }, {}, 'request.passed'],
    ['without', bound(), {}, {}, 'authn.binding'],
    ['with another', bound(), { certificate: other }, {}, 'authn.binding'],
    ['with its certificate, once', bound(), { certificate }, { replay: 'once' }, 'request.passed'],
    ['where DPoP is required', bound(), { certificate }, { dpop: 'required' }, 'authn.binding'],
    [
      'bound to a key as well, without proof',
      bound({ 'x5t#S256': x5t, jkt: 'A'.repeat(43) }),
      { certificate },
      { dpop: 'accepted' },
      'authn.binding',
    ],
    ['unbound, with a certificate', tokenWith(), { certificate }, {}, 'request.passed'],
  ])('%s', async (_, text, change, jwt, reason) => {
    expect(await ask(text, jwt, change)).toBe(reason);
  });

  test('moves with its certificate from network to network', async () => {
    expect(await ask(bound(), {}, { certificate })).toBe('request.passed');
    expect(await ask(bound(), {}, { certificate, client: '203.0.113.9', agent: 'x' })).toBe('request.passed');
  });
});
