import { readFileSync } from 'node:fs';
import * as oidc from 'openid-client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Unavailable } from '../../src/core/errors.ts';
import { CALLBACK, OauthFlow } from '../support/oauth-flow.ts';
import { type OauthWorld, openOauthWorld } from '../support/oauth-world.ts';
import { until } from '../support/test-gateway.ts';

let world: OauthWorld;
let flow: OauthFlow;

beforeAll(async () => {
  world = await openOauthWorld({ tokenRequestsPerMinute: 1000 }, {}, '/auth');
  flow = new OauthFlow(world);
});
afterAll(() => world[Symbol.asyncDispose]());

describe('an issuer with a path', () => {
  test('has all flows below it', async () => {
    const config = await flow.configure(await flow.shop());
    expect(config.serverMetadata().token_endpoint).toBe(`${world.issuer}/token`);
    const browser = flow.browser();
    const tokens = await flow.signIn(config, {}, browser);
    expect((await flow.call(tokens.access_token)).status).toBe(200);
    await browser.open(`${world.issuer}/logout`);
    await browser.submit({ logout: 'yes' });
    expect(browser.html).toContain('Signed out');
  });

  test('has its metadata where RFC 8414 puts it, and nothing beside its path', async () => {
    const origin = `https://api.test:${world.port}`;
    const metadata = await flow.fetch(`${origin}/.well-known/oauth-authorization-server/auth`);
    expect(await metadata.json()).toMatchObject({ issuer: world.issuer });
    for (const path of [
      '/token',
      '/authorize',
      '/.well-known/openid-configuration',
      '/auth',
      '/auth/nothing',
    ])
      expect((await flow.fetch(origin + path)).status).toBe(404);
  });
});

describe('browsers', () => {
  test('cookies cannot be read by scripts, sent from elsewhere, or set by others', async () => {
    const config = await flow.configure(await flow.shop());
    const { parameters } = await flow.request();
    const answer = await flow.fetch(oidc.buildAuthorizationUrl(config, parameters));
    const cookies = answer.headers.getSetCookie();
    expect(cookies.length).toBeGreaterThan(1);
    for (const cookie of cookies) {
      expect(cookie).toMatch(/^__(?:Host|Secure)-/);
      for (const attribute of ['httponly', 'secure', 'samesite=lax'])
        expect(cookie.toLowerCase()).toContain(attribute);
    }
  });

  test('pages run no scripts and stand in no frame', async () => {
    const config = await flow.configure(await flow.shop());
    const { parameters } = await flow.request();
    const browser = flow.browser();
    await browser.open(oidc.buildAuthorizationUrl(config, parameters));
    const policy = browser.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).toContain("form-action 'self' https://shop.test");
    expect(policy).not.toContain('unsafe');
    expect(browser.headers.get('cache-control')).toBe('no-store');
    expect(browser.headers.get('x-frame-options')).toBe('DENY');
  });

  test('what a request holds is not shown as markup', async () => {
    const browser = flow.browser();
    await browser.open(`${world.issuer}/authorize?client_id=%3Cscript%3Ealert(1)%3C/script%3E&scope=%3Cb%3E`);
    expect(browser.status).toBe(400);
    expect(browser.html).not.toContain('<script>');
    expect(browser.html).not.toContain('<b>');
  });

  test.each([
    ['its own origin', 'https://shop.test', 'https://shop.test'],
    ['another origin', 'https://evil.test', null],
    ['no origin', 'null', null],
  ])('a public client may be used from %s', async (_, origin, allowed) => {
    const { id } = await flow.shop();
    const form = { grant_type: 'refresh_token', client_id: id, refresh_token: 'x' };
    const { headers } = await flow.post('/token', form, { origin });
    expect(headers.get('access-control-allow-origin')).toBe(allowed);
    expect(headers.get('access-control-allow-credentials')).toBeNull();
  });

  test('a client with a secret may not', async () => {
    const { id, secret } = await flow.register({
      class: 'internal',
      authMethod: 'client_secret_post',
      grantTypes: ['authorization_code'],
      redirectUris: [CALLBACK],
    });
    const form = { grant_type: 'authorization_code', client_id: id, client_secret: secret, code: 'x' };
    const { headers } = await flow.post('/token', form, { origin: 'https://shop.test' });
    expect(headers.get('access-control-allow-origin')).toBeNull();
  });
});

test('logging out needs the page that asks for it', async () => {
  const config = await flow.configure(await flow.shop());
  const browser = flow.browser();
  const tokens = await flow.signIn(config, {}, browser);
  await browser.open(`${world.issuer}/logout/confirm`, { logout: 'yes', xsrf: 'guess' });
  expect(browser.status).toBe(400);
  const refreshed = await oidc.refreshTokenGrant(config, tokens.refresh_token as string);
  expect(refreshed.access_token).toBeTruthy();
});

test('after signing out it leads only to where the client registered', async () => {
  const config = await flow.configure(await flow.shop({ postLogoutRedirectUris: ['https://shop.test/bye'] }));
  const browser = flow.browser();
  const tokens = await flow.signIn(config, {}, browser);
  const hint = tokens.id_token as string;
  await browser.open(
    oidc.buildEndSessionUrl(config, { post_logout_redirect_uri: 'https://evil.test/', id_token_hint: hint }),
  );
  expect(browser.status).toBe(400);
  await browser.open(
    oidc.buildEndSessionUrl(config, {
      post_logout_redirect_uri: 'https://shop.test/bye',
      id_token_hint: hint,
      state: 's',
    }),
  );
  expect(await browser.submit({ logout: 'yes' })).toBe('https://shop.test/bye?state=s');
});

test('what happens is in the journal, and nothing that opens a door', async () => {
  const client = await flow.service({ authMethod: 'client_secret_post' });
  const form = { grant_type: 'client_credentials', client_id: client.id, client_secret: client.secret };
  const { json } = await flow.post('/token', form);
  await flow.post('/token', { ...form, client_secret: 'cs_wrong' });
  const lines = () => readFileSync(world.gateway.gateway.services.journalPath(), 'utf8').trim().split('\n');
  const mine = () =>
    lines().filter((line) => line.includes('"event.action":"oauth.') && line.includes(client.id));
  await until('two events', () => mine().length >= 2);
  const events = mine().map((line) => JSON.parse(line));
  expect(events[0]).toMatchObject({
    'event.action': 'oauth.token',
    'event.outcome': 'success',
    'source.ip': '127.0.0.1',
  });
  expect(events[1]).toMatchObject({
    'event.action': 'oauth.token',
    'event.outcome': 'failure',
    'error.code': 'invalid_client',
  });
  const text = lines().join() + JSON.stringify(world.gateway.log);
  for (const secret of [client.secret, 'cs_wrong', json.access_token as string])
    expect(text).not.toContain(secret);
});

test('keys that got out are withdrawn at once', async () => {
  const config = await flow.confidential(await flow.service());
  const before = await oidc.clientCredentialsGrant(config, { scope: 'orders:read' });
  expect((await flow.call(before.access_token)).status).toBe(200);
  const { json } = await flow.admin('/v1/oauth/keys/rotate', { now: true });
  expect((json as { keys: unknown[] }).keys).toHaveLength(1);
  const after = await oidc.clientCredentialsGrant(config, { scope: 'orders:read' });
  await until('the new key is known', async () => (await flow.call(after.access_token)).status === 200);
  await until('the old key is not', async () => (await flow.call(before.access_token)).status === 401);
});

test('a database that cannot be used is told as such', async () => {
  const client = await flow.service({ authMethod: 'client_secret_post' });
  const form = { grant_type: 'client_credentials', client_id: client.id, client_secret: client.secret };
  const { clients } = world.gateway.gateway.services.oauth;
  const { find } = clients;
  const down = () => Promise.reject(new Unavailable('database', 'The database is down at 192.0.2.1.'));
  Object.assign(clients, { find: down });
  try {
    const { status, json, text } = await flow.post('/token', form);
    expect([status, json.error]).toEqual([503, 'temporarily_unavailable']);
    expect(text).not.toContain('192.0.2.1');
    const browser = flow.browser();
    await browser.open(`${world.issuer}/authorize?client_id=${client.id}&response_type=code`);
    expect(browser.status).toBe(503);
  } finally {
    Object.assign(clients, { find });
  }
  expect((await flow.post('/token', form)).status).toBe(200);
});
