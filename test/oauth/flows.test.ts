import * as oidc from 'openid-client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CALLBACK, claimsOf, OauthFlow, refusal } from '../support/oauth-flow.ts';
import { type OauthWorld, openOauthWorld, RESOURCE } from '../support/oauth-world.ts';

let world: OauthWorld;
let flow: OauthFlow;

beforeAll(async () => {
  world = await openOauthWorld({
    tokenRequestsPerMinute: 1000,
    resources: [
      { id: RESOURCE, audience: 'orders', scopes: ['orders:read', 'orders:write'] },
      { id: 'https://api.test/opaque', scopes: ['opaque:read'], tokens: 'opaque' },
    ],
    defaultResource: RESOURCE,
  });
  flow = new OauthFlow(world);
});
afterAll(() => world[Symbol.asyncDispose]());

describe('client credentials', () => {
  test('open a protected API with the scopes and roles of the client', async () => {
    const client = await flow.service({ roles: ['clerk'], tier: 'pro' });
    const config = await flow.confidential(client);
    const tokens = await oidc.clientCredentialsGrant(config, { scope: 'orders:read' });
    expect(tokens.expires_in).toBe(900);
    expect((await flow.call(tokens.access_token)).status).toBe(200);
    expect(claimsOf(tokens.access_token)).toMatchObject({
      sub: client.id,
      client_id: client.id,
      aud: 'orders',
      iss: world.issuer,
      scope: 'orders:read',
      roles: ['clerk'],
      tier: 'pro',
    });
    const header = JSON.parse(
      Buffer.from(tokens.access_token.split('.')[0] as string, 'base64url').toString(),
    );
    expect(header).toMatchObject({ alg: 'RS256', typ: 'at+jwt' });
  });

  test.each([
    ['a wrong secret', { client_secret: 'cs_wrong' }, 401, 'invalid_client'],
    ['no secret', {}, 401, 'invalid_client'],
    ['the hash instead of the secret', { client_secret: 'hashed' }, 401, 'invalid_client'],
    ['another resource', { resource: 'https://api.test/unknown' }, 400, 'invalid_target'],
    ['a scope that it has not', { scope: 'opaque:read' }, 400, 'invalid_scope'],
  ])('with %s are refused', async (_, change, status, error) => {
    const client = await flow.service({ authMethod: 'client_secret_post' });
    const secret = status === 401 ? {} : { client_secret: client.secret };
    const form = { grant_type: 'client_credentials', client_id: client.id, ...secret, ...change };
    const answer = await flow.post('/token', form as Record<string, string>);
    expect([answer.status, answer.json.error]).toEqual([status, error]);
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });

  test('a disabled client is let in no more, a deleted one neither', async () => {
    const client = await flow.service();
    const config = await flow.confidential(client);
    const ask = () => refusal(oidc.clientCredentialsGrant(config, { scope: 'orders:read' }));
    expect(await ask()).toBe('');
    await world.gateway.admin(`/v1/oauth/clients/${client.id}/disable`, { method: 'POST' });
    expect(await ask()).toBe('invalid_client');
    await world.gateway.admin(`/v1/oauth/clients/${client.id}/enable`, { method: 'POST' });
    expect(await ask()).toBe('');
    await world.gateway.admin(`/v1/oauth/clients/${client.id}`, { method: 'DELETE' });
    expect(await ask()).toBe('invalid_client');
  });

  test('a rotated secret: both work in the time of grace, without one only the new', async () => {
    const client = await flow.service();
    const rotate = async (graceHours: number) => {
      const { json } = await flow.admin(`/v1/oauth/clients/${client.id}/secret`, { graceHours });
      return (json as { secret: string }).secret;
    };
    const ask = async (secret: string) =>
      refusal(oidc.clientCredentialsGrant(await flow.confidential({ id: client.id, secret }), {}));
    const second = await rotate(1);
    expect([await ask(client.secret), await ask(second)]).toEqual(['', '']);
    const third = await rotate(0);
    expect([await ask(client.secret), await ask(second), await ask(third)]).toEqual([
      'invalid_client',
      'invalid_client',
      '',
    ]);
  });
});

describe('authorization code', () => {
  test('a person signs in and allows, the tokens say who it is', async () => {
    const config = await flow.configure(await flow.shop());
    const tokens = await flow.signIn(config, { scope: 'openid email orders:read' });
    expect(tokens.claims()).toMatchObject({ sub: 'anna-1', email: 'anna@company.test', amr: ['pwd'] });
    expect((tokens.claims()?.exp ?? 0) - (tokens.claims()?.iat ?? 0)).toBe(900);
    expect((await flow.call(tokens.access_token)).status).toBe(200);
    expect(claimsOf(tokens.access_token)).toMatchObject({
      sub: 'anna-1',
      roles: ['editor'],
      tenant: 'acme',
      department: 'sales',
      amr: ['pwd'],
      auth_time: expect.any(Number),
    });
  });

  test('the answer names its issuer', async () => {
    const config = await flow.configure(await flow.shop());
    const { url } = await flow.authorize(config, { state: 'xyz' });
    expect(url.searchParams.get('iss')).toBe(world.issuer);
    expect(url.searchParams.get('state')).toBe('xyz');
  });

  test.each<[string, Record<string, string>, string]>([
    ['no PKCE', { code_challenge: '', code_challenge_method: '' }, 'invalid_request'],
    ['PKCE by plain text', { code_challenge_method: 'plain' }, 'invalid_request'],
    ['PKCE without a method', { code_challenge_method: '' }, 'invalid_request'],
    ['the implicit flow', { response_type: 'token' }, 'unsupported_response_type'],
    ['an implicit ID token', { response_type: 'id_token', nonce: 'n' }, 'unsupported_response_type'],
    ['the hybrid flow', { response_type: 'code id_token', nonce: 'n' }, 'unsupported_response_type'],
    ['another resource', { resource: 'https://api.test/nothing' }, 'invalid_target'],
    ['a request object', { request: 'eyJhbGciOiJub25lIn0.e30.' }, 'request_not_supported'],
    ['a remote request object', { request_uri: 'https://evil.test/r' }, 'request_uri_not_supported'],
  ])('with %s is refused', async (_, change, error) => {
    const client = await flow.shop();
    const { parameters } = await flow.request(change);
    const query = Object.entries({ response_type: 'code', client_id: client.id, ...parameters });
    const browser = flow.browser();
    const url = `${world.issuer}/authorize?${new URLSearchParams(query.filter(([, value]) => value !== ''))}`;
    const end = await browser.open(url);
    const told = end.startsWith(CALLBACK) ? end : browser.html;
    expect(told).toContain(error);
    expect(end).not.toContain('code=');
  });

  test.each([
    ['https://evil.test/callback'],
    ['https://shop.test/callback/'],
    ['https://shop.test/callback/../evil'],
    ['https://shop.test/callback?x=1'],
    ['https://shop.test/Callback'],
    ['https://shop.test:8443/callback'],
    ['http://shop.test/callback'],
    ['https://shop.test@evil.test/callback'],
    ['https://shop.test/callback#x'],
    ['//shop.test/callback'],
    ['javascript:alert(1)'],
    [''],
  ])('the redirect URI %j leads nowhere', async (uri) => {
    const client = await flow.shop();
    const { parameters } = await flow.request({ redirect_uri: uri });
    const query = new URLSearchParams({ response_type: 'code', client_id: client.id, ...parameters });
    if (uri === '') query.delete('redirect_uri');
    const browser = flow.browser();
    const end = await browser.open(`${world.issuer}/authorize?${query}`);
    expect(end).toContain(world.issuer);
    expect(browser.status).toBe(400);
    expect(browser.html).toContain('invalid_re');
    expect(browser.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
  });

  test('refusing leads back with access_denied', async () => {
    const config = await flow.configure(await flow.shop());
    const { parameters } = await flow.request();
    const browser = flow.browser();
    await browser.open(oidc.buildAuthorizationUrl(config, parameters));
    expect(await browser.submit({ abort: 'yes' })).toContain('error=access_denied');
  });

  test('a wrong password stays at the page', async () => {
    const config = await flow.configure(await flow.shop());
    const { parameters } = await flow.request();
    const browser = flow.browser();
    await browser.open(oidc.buildAuthorizationUrl(config, parameters));
    await browser.submit({ login: 'anna', password: 'wrong' });
    expect(browser.status).toBe(401);
    expect(browser.url).toContain('/interaction/');
  });

  test('a code works once; used again, what it gave ends', async () => {
    const config = await flow.configure(await flow.shop());
    const { url, verifier } = await flow.authorize(config);
    const take = () => oidc.authorizationCodeGrant(config, url, { pkceCodeVerifier: verifier });
    const tokens = await take();
    expect(await refusal(take())).toBe('invalid_grant');
    expect(await refusal(oidc.refreshTokenGrant(config, tokens.refresh_token as string))).toBe(
      'invalid_grant',
    );
  });

  test('of twenty who use one code at once exactly one gets through', async () => {
    const config = await flow.configure(await flow.shop());
    const { url, verifier } = await flow.authorize(config);
    const results = await Promise.all(
      Array.from({ length: 20 }, () =>
        refusal(oidc.authorizationCodeGrant(config, url, { pkceCodeVerifier: verifier })),
      ),
    );
    expect(results.filter((error) => error === '').length).toBeLessThanOrEqual(1);
    expect(results.filter((error) => error === 'invalid_grant').length).toBeGreaterThanOrEqual(19);
  });

  test.each([
    ['of another client', async (code: URL) => [await flow.configure(await flow.shop()), code] as const],
  ])('a code %s is refused', async (_, change) => {
    const config = await flow.configure(await flow.shop());
    const { url, verifier } = await flow.authorize(config);
    const [other, code] = await change(url);
    expect(await refusal(oidc.authorizationCodeGrant(other, code, { pkceCodeVerifier: verifier }))).toBe(
      'invalid_grant',
    );
  });

  test('a code with another verifier, redirect URI or none is refused', async () => {
    const client = await flow.shop();
    const config = await flow.configure(client);
    const change = async (more: Record<string, string>) => {
      const { url, verifier } = await flow.authorize(config);
      const code = url.searchParams.get('code') ?? '';
      const form = {
        grant_type: 'authorization_code',
        client_id: client.id,
        code,
        redirect_uri: CALLBACK,
        code_verifier: verifier,
        ...more,
      };
      return (
        await flow.post(
          '/token',
          Object.fromEntries(Object.entries(form).filter(([, value]) => value !== '')),
        )
      ).json.error;
    };
    expect(await change({ code_verifier: oidc.randomPKCECodeVerifier() })).toBe('invalid_grant');
    expect(await change({ code_verifier: '' })).toBe('invalid_grant');
    expect(await change({ redirect_uri: 'https://shop.test/other' })).toBe('invalid_grant');
    expect(await change({ redirect_uri: '' })).toBe('invalid_request');
  });

  test('a second sign-in needs neither password nor consent', async () => {
    const config = await flow.configure(await flow.shop());
    const browser = flow.browser();
    await flow.signIn(config, {}, browser);
    const { parameters } = await flow.request();
    expect(await browser.open(oidc.buildAuthorizationUrl(config, parameters))).toContain(`${CALLBACK}?code=`);
    expect(
      await browser.open(oidc.buildAuthorizationUrl(config, { ...parameters, prompt: 'login' })),
    ).toContain('/interaction/');
  });

  test('an interaction of another browser is nobody else’s', async () => {
    const config = await flow.configure(await flow.shop());
    const { parameters } = await flow.request();
    const victim = flow.browser();
    const url = await victim.open(oidc.buildAuthorizationUrl(config, parameters));
    const attacker = flow.browser();
    await attacker.open(url, { login: 'anna', password: 'correct horse' });
    expect(attacker.status).toBe(400);
  });
});

describe('what is not offered', () => {
  test('the password grant', async () => {
    const client = await flow.service({ authMethod: 'client_secret_post' });
    const form = {
      grant_type: 'password',
      username: 'anna',
      password: 'correct horse',
      client_id: client.id,
      client_secret: client.secret,
    };
    expect((await flow.post('/token', form)).json.error).toBe('unsupported_grant_type');
  });

  test.each([
    '/register',
    '/reg',
    '/interaction',
    '/nothing',
    '/token/introspection',
    '/.well-known/webfinger',
  ])('%s is not there', async (path) => {
    expect((await flow.fetch(world.issuer + path)).status).toBe(404);
  });

  test('the metadata says what there is and nothing else', async () => {
    const metadata = (await (
      await flow.fetch(`${world.issuer}/.well-known/openid-configuration`)
    ).json()) as Record<string, unknown>;
    expect(metadata).toMatchObject({
      issuer: world.issuer,
      response_types_supported: ['code'],
      code_challenge_methods_supported: ['S256'],
      authorization_response_iss_parameter_supported: true,
      id_token_signing_alg_values_supported: ['RS256'],
      jwks_uri: `${world.issuer}/.well-known/jwks.json`,
      token_endpoint: `${world.issuer}/token`,
    });
    expect(metadata.grant_types_supported).toEqual(
      expect.arrayContaining([
        'authorization_code',
        'client_credentials',
        'refresh_token',
        'urn:ietf:params:oauth:grant-type:device_code',
      ]),
    );
    expect(metadata.grant_types_supported).not.toContain('implicit');
    expect(metadata.token_endpoint_auth_methods_supported).not.toContain('client_secret_jwt');
    expect(metadata.registration_endpoint).toBeUndefined();
    const rfc8414 = await flow.fetch(`${world.issuer}/.well-known/oauth-authorization-server`);
    expect(await rfc8414.json()).toMatchObject({ issuer: world.issuer });
  });
});

describe('pushed requests, introspection, revocation', () => {
  test('a pushed request is used once', async () => {
    const client = await flow.shop({ parRequired: true });
    const config = await flow.configure(client);
    const { parameters, verifier } = await flow.request();
    const browser = flow.browser();
    await browser.open(oidc.buildAuthorizationUrl(config, parameters));
    expect(browser.url + browser.html).toContain('invalid_request');
    const url = await oidc.buildAuthorizationUrlWithPAR(config, parameters);
    await browser.open(url);
    const end = await browser.signIn();
    const tokens = await oidc.authorizationCodeGrant(config, new URL(end), { pkceCodeVerifier: verifier });
    expect((await flow.call(tokens.access_token)).status).toBe(200);
    expect(await browser.open(url)).not.toContain('code=');
  });

  test('an opaque token is introspected by a resource server, and by nobody else', async () => {
    const client = await flow.service({ scopes: ['opaque:read'] });
    const config = await flow.confidential(client);
    const { access_token: token } = await oidc.clientCredentialsGrant(config, {
      scope: 'opaque:read',
      resource: 'https://api.test/opaque',
    });
    expect(token).not.toContain('.');
    const server = await flow.confidential(await flow.service({ mayIntrospect: true, scopes: [] }));
    expect(await oidc.tokenIntrospection(server, token)).toMatchObject({
      active: true,
      client_id: client.id,
      aud: 'https://api.test/opaque',
      scope: 'opaque:read',
    });
    const stranger = await flow.confidential(await flow.service());
    expect(await oidc.tokenIntrospection(stranger, token)).toEqual({ active: false });
    await oidc.tokenRevocation(stranger, token);
    expect(await oidc.tokenIntrospection(server, token)).toMatchObject({ active: true });
    await oidc.tokenRevocation(config, token);
    expect(await oidc.tokenIntrospection(server, token)).toEqual({ active: false });
  });

  test('a revoked refresh token takes its grant with it', async () => {
    const config = await flow.configure(await flow.shop());
    const tokens = await flow.signIn(config);
    const next = await oidc.refreshTokenGrant(config, tokens.refresh_token as string);
    await oidc.tokenRevocation(config, next.refresh_token as string);
    expect(await refusal(oidc.refreshTokenGrant(config, next.refresh_token as string))).toBe('invalid_grant');
  });
});

describe('device grant', () => {
  test('a device gets its tokens when a person allows it', async () => {
    const grants = ['urn:ietf:params:oauth:grant-type:device_code', 'refresh_token'];
    const client = await flow.register({
      name: 'TV',
      class: 'public',
      grantTypes: grants,
      scopes: ['orders:read'],
    });
    const config = await flow.configure(client);
    const device = await oidc.initiateDeviceAuthorization(config, {
      scope: 'openid orders:read',
      resource: RESOURCE,
    });
    expect(device.interval).toBe(10);
    const form = { grant_type: grants[0] as string, client_id: client.id, device_code: device.device_code };
    expect((await flow.post('/token', form)).json.error).toBe('authorization_pending');
    const browser = flow.browser();
    await browser.open(device.verification_uri);
    await browser.submit({ user_code: 'WRNG-CODE' });
    expect(browser.html).toContain('not known');
    await browser.submit({ user_code: device.user_code });
    expect(browser.html).toContain(device.user_code);
    await browser.submit({ confirm: 'yes' });
    await browser.signIn();
    expect(browser.html).toContain('Go back to TV');
    const { json, status } = await flow.post('/token', form);
    expect(status).toBe(200);
    expect((await flow.call(json.access_token as string)).status).toBe(200);
    expect((await flow.post('/token', form)).json.error).toBe('invalid_grant');
  });
});
