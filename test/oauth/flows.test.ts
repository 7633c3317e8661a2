import * as oidc from 'openid-client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { OauthBrowser } from '../support/oauth-browser.ts';
import { type OauthWorld, openOauthWorld, RESOURCE } from '../support/oauth-world.ts';
import { tlsFetch } from '../support/tls-fetch.ts';
import { apiCertificate } from '../support/tls-world.ts';

const fetch = tlsFetch({ ca: apiCertificate().cert });
const CALLBACK = 'https://shop.test/callback';

let world: OauthWorld;

beforeAll(async () => {
  world = await openOauthWorld({ tokenRequestsPerMinute: 1000 });
});
afterAll(() => world[Symbol.asyncDispose]());

async function register(body: object): Promise<{ id: string; secret: string }> {
  const answer = await world.gateway.admin('/v1/oauth/clients', {
    method: 'POST',
    body: JSON.stringify(body),
  });
  const created = (await answer.json()) as { client: { id: string }; secret: string | null };
  if (answer.status !== 201) throw new Error(JSON.stringify(created));
  return { id: created.client.id, secret: created.secret ?? '' };
}

async function configure(
  id: string,
  auth?: oidc.ClientAuth,
  metadata: object = {},
): Promise<oidc.Configuration> {
  return oidc.discovery(new URL(world.issuer), id, metadata, auth ?? oidc.None(), {
    [oidc.customFetch]: fetch as never,
  });
}

const call = (token: string, path = '/api/orders/7', method = 'GET') =>
  fetch(`${world.issuer}${path}`, { method, headers: { authorization: `Bearer ${token}` } });

describe('flows', () => {
  test('client credentials open a protected API', async () => {
    const { id, secret } = await register({
      name: 'billing',
      class: 'internal',
      scopes: ['orders:read'],
      roles: ['clerk'],
    });
    const config = await configure(id, oidc.ClientSecretBasic(secret));
    const tokens = await oidc.clientCredentialsGrant(config, { scope: 'orders:read' });
    expect(tokens.expires_in).toBe(900);
    expect((await call(tokens.access_token)).status).toBe(200);
    expect(
      JSON.parse(Buffer.from(tokens.access_token.split('.')[1] as string, 'base64url').toString()),
    ).toMatchObject({
      sub: id,
      client_id: id,
      aud: 'orders',
      iss: world.issuer,
      scope: 'orders:read',
      roles: ['clerk'],
    });
  });

  test('authorization code with PKCE', async () => {
    const { id } = await register({
      name: 'shop',
      class: 'public',
      redirectUris: [CALLBACK],
      scopes: ['orders:read'],
    });
    const config = await configure(id);
    const verifier = oidc.randomPKCECodeVerifier();
    const url = oidc.buildAuthorizationUrl(config, {
      redirect_uri: CALLBACK,
      scope: 'openid orders:read email',
      resource: RESOURCE,
      code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      state: 's1',
    });
    const browser = new OauthBrowser(fetch, world.issuer);
    await browser.open(url);
    expect(browser.html).toContain('password');
    const end = await browser.signIn();
    expect(end).toContain('https://shop.test/callback?code=');
    const tokens = await oidc.authorizationCodeGrant(config, new URL(end), {
      pkceCodeVerifier: verifier,
      expectedState: 's1',
    });
    expect(tokens.claims()).toMatchObject({ sub: 'anna-1', email: 'anna@company.test' });
    expect((await call(tokens.access_token)).status).toBe(200);
    const again = await oidc.refreshTokenGrant(config, tokens.refresh_token as string);
    expect(again.refresh_token).not.toBe(tokens.refresh_token);
    expect((await call(again.access_token)).status).toBe(200);
  });
});
