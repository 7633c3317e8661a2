import * as jose from 'jose';
import * as oidc from 'openid-client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { claimsOf, OauthFlow, refusal } from '../support/oauth-flow.ts';
import { type OauthWorld, openOauthWorld } from '../support/oauth-world.ts';
import { TestPki } from '../support/pki.ts';

const ASSERTION = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

let world: OauthWorld;
let flow: OauthFlow;
const pki = TestPki.root();
const stranger = TestPki.root();
const partner = pki.client(['DNS:partner.test']);

beforeAll(async () => {
  world = await openOauthWorld(
    { tokenRequestsPerMinute: 1000 },
    { tls: { clientCa: ['./partners.pem'] }, files: { 'partners.pem': pki.self.cert } },
  );
  flow = new OauthFlow(world);
});
afterAll(() => world[Symbol.asyncDispose]());

async function keyed() {
  const { publicKey, privateKey } = await jose.generateKeyPair('ES256', { extractable: true });
  const jwk = { ...(await jose.exportJWK(publicKey)), kid: 'k1', alg: 'ES256', use: 'sig' };
  const client = await flow.service({ authMethod: 'private_key_jwt', jwks: { keys: [jwk] } });
  return { client, privateKey };
}

async function assertion(
  id: string,
  key: jose.CryptoKey,
  change: Record<string, unknown> = {},
  header: object = {},
) {
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    iss: id,
    sub: id,
    aud: world.issuer,
    jti: crypto.randomUUID(),
    exp: now + 60,
    iat: now,
    ...change,
  };
  return new jose.SignJWT(claims).setProtectedHeader({ alg: 'ES256', kid: 'k1', ...header }).sign(key);
}

const grant = (client_assertion: string) =>
  flow.post('/token', {
    grant_type: 'client_credentials',
    client_assertion,
    client_assertion_type: ASSERTION,
  });

describe('private_key_jwt', () => {
  test('a client proves itself by its key', async () => {
    const { client, privateKey } = await keyed();
    const config = await flow.configure(client, oidc.PrivateKeyJwt({ key: privateKey, kid: 'k1' }));
    const tokens = await oidc.clientCredentialsGrant(config, { scope: 'orders:read' });
    expect((await flow.call(tokens.access_token)).status).toBe(200);
  });

  test('an assertion works once, also at once', async () => {
    const { client, privateKey } = await keyed();
    const text = await assertion(client.id, privateKey);
    const answers = await Promise.all(Array.from({ length: 10 }, () => grant(text)));
    const statuses = answers.map(({ status }) => status).sort();
    expect(statuses.filter((status) => status === 200)).toHaveLength(1);
    expect((await grant(text)).json.error).toBe('invalid_client');
  });

  test.each<[string, Record<string, unknown>, object]>([
    ['for another audience', { aud: 'https://other.test' }, {}],
    ['of another issuer', { iss: 'somebody' }, {}],
    ['that has expired', { exp: Math.floor(Date.now() / 1000) - 60 }, {}],
    ['without an end', { exp: undefined }, {}],
    ['without an identifier', { jti: undefined }, {}],
  ])('an assertion %s is refused', async (_, change, header) => {
    const { client, privateKey } = await keyed();
    const { status, json } = await grant(await assertion(client.id, privateKey, change, header));
    expect([status, json.error]).toEqual([401, 'invalid_client']);
  });

  test('an assertion by another key, or by a shared secret, is refused', async () => {
    const { client } = await keyed();
    const { privateKey } = await jose.generateKeyPair('ES256');
    expect((await grant(await assertion(client.id, privateKey))).json.error).toBe('invalid_client');
    const claims = {
      iss: client.id,
      sub: client.id,
      aud: world.issuer,
      jti: 'x',
      exp: Math.floor(Date.now() / 1000) + 60,
    };
    const hmac = await new jose.SignJWT(claims)
      .setProtectedHeader({ alg: 'HS256' })
      .sign(new TextEncoder().encode('k'.repeat(32)));
    expect((await grant(hmac)).json.error).toBe('invalid_client');
  });
});

describe('DPoP', () => {
  test('a token is bound to the key, with a nonce of the server', async () => {
    const config = await flow.configure(await flow.shop({ dpopRequired: true }));
    const handle = oidc.getDPoPHandle(config, await oidc.randomDPoPKeyPair('ES256'));
    const { url, verifier } = await flow.authorize(config);
    const tokens = await oidc.authorizationCodeGrant(config, url, { pkceCodeVerifier: verifier }, undefined, {
      DPoP: handle,
    });
    expect(tokens.token_type).toBe('dpop');
    expect(claimsOf(tokens.access_token).cnf).toEqual({ jkt: expect.any(String) });
    expect((await flow.call(tokens.access_token)).status).toBe(401);
    const api = new URL(`https://api.test:${world.port}/api/orders/7`);
    const answer = await oidc.fetchProtectedResource(
      config,
      tokens.access_token,
      api,
      'GET',
      undefined,
      undefined,
      { DPoP: handle },
    );
    expect(answer.status).toBe(200);
    const other = oidc.getDPoPHandle(config, await oidc.randomDPoPKeyPair('ES256'));
    const refresh = (DPoP?: oidc.DPoPHandle) =>
      refusal(oidc.refreshTokenGrant(config, tokens.refresh_token as string, {}, { DPoP }));
    expect(await refresh(other)).toBe('invalid_grant');
    expect(await refresh()).toBe('invalid_grant');
    expect(await refresh(handle)).toBe('');
  });

  test('a client that needs it gets nothing without, and a proof without nonce is sent back for one', async () => {
    const client = await flow.service({ dpopRequired: true, authMethod: 'client_secret_post' });
    const form = { grant_type: 'client_credentials', client_id: client.id, client_secret: client.secret };
    expect((await flow.post('/token', form)).status).toBe(400);
    const { publicKey, privateKey } = await jose.generateKeyPair('ES256', { extractable: true });
    const proof = async (claims: object) =>
      new jose.SignJWT({ htm: 'POST', htu: `${world.issuer}/token`, jti: crypto.randomUUID(), ...claims })
        .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk: await jose.exportJWK(publicKey) })
        .setIssuedAt()
        .sign(privateKey);
    const first = await flow.post('/token', form, { dpop: await proof({}) });
    expect([first.status, first.json.error]).toEqual([400, 'use_dpop_nonce']);
    const nonce = first.headers.get('dpop-nonce') ?? '';
    const good = await proof({ nonce });
    expect((await flow.post('/token', form, { dpop: good })).status).toBe(200);
    expect((await flow.post('/token', form, { dpop: good })).status).toBe(400);
    const foreign = await proof({ nonce, htu: 'https://other.test/token' });
    expect((await flow.post('/token', form, { dpop: foreign })).json.error).toBe('invalid_dpop_proof');
  });
});

describe('certificates', () => {
  const partnerBody = {
    class: 'partner',
    scopes: ['orders:read'],
    certificate: { field: 'san_dns', value: 'partner.test' },
  };
  const with_ = (signed: { cert: string; key: string }) =>
    new OauthFlow(world, { cert: signed.cert, key: signed.key });
  const ask = (by: OauthFlow, id: string) =>
    by.post('/token', { grant_type: 'client_credentials', client_id: id, scope: 'orders:read' });

  test('a partner shows its certificate, and its token is bound to that', async () => {
    const { id } = await flow.register(partnerBody);
    const { status, json } = await ask(with_(partner), id);
    expect(status).toBe(200);
    const token = json.access_token as string;
    expect(claimsOf(token).cnf).toEqual({ 'x5t#S256': expect.any(String) });
    expect((await with_(partner).call(token)).status).toBe(200);
    expect((await flow.call(token)).status).toBe(401);
    expect((await with_(pki.client()).call(token)).status).toBe(401);
  });

  test.each([
    ['no certificate', () => flow],
    ['one with another name', () => with_(pki.client(['DNS:other.test']))],
    ['one of another authority', () => with_(stranger.client(['DNS:partner.test']))],
    [
      'one that has expired',
      () => with_(pki.client(['DNS:partner.test'], { from: '20200101000000Z', until: '20210101000000Z' })),
    ],
  ])('with %s it gets nothing', async (_, by) => {
    const { id } = await flow.register(partnerBody);
    const { status, json } = await ask(by(), id);
    expect([status, json.error]).toEqual([401, 'invalid_client']);
  });

  test('a certificate in a field of the client counts for nothing', async () => {
    const { id } = await flow.register(partnerBody);
    const field = `:${Buffer.from(partner.der).toString('base64')}:`;
    const form = { grant_type: 'client_credentials', client_id: id };
    for (const name of ['Client-Cert', 'client_cert', 'Portcullis-Listener', 'Portcullis-Internal']) {
      const { status } = await flow.post('/token', form, { [name]: field, 'Client-Cert-Chain': field });
      expect(status === 401 || status === 400).toBe(true);
    }
  });

  test('a self-signed certificate is recognised by its key', async () => {
    const own = TestPki.root().client();
    const x5c = [Buffer.from(own.der).toString('base64')];
    const jwk = {
      ...(await jose.exportJWK(await jose.importX509(own.cert, 'ES256', { extractable: true }))),
      x5c,
    };
    const { id } = await flow.register({
      class: 'partner',
      authMethod: 'self_signed_tls_client_auth',
      scopes: ['orders:read'],
      jwks: { keys: [jwk] },
    });
    expect((await ask(with_(own), id)).status).toBe(200);
    expect((await ask(with_(partner), id)).status).toBe(401);
  });

  test('a partner cannot be registered with a secret', async () => {
    const { status, json } = await flow.admin('/v1/oauth/clients', {
      name: 'p',
      class: 'partner',
      authMethod: 'client_secret_basic',
    });
    expect(status).toBe(422);
    expect(JSON.stringify(json)).toContain('tls_client_auth');
  });
});
