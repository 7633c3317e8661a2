import * as oidc from 'openid-client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { OauthFlow, refusal } from '../support/oauth-flow.ts';
import { type OauthWorld, openOauthWorld } from '../support/oauth-world.ts';
import { hasPostgres, PASSWORD, startPostgres, type TestPostgres } from '../support/postgres.ts';

describe.runIf(hasPostgres())('two gateways on one PostgreSQL', () => {
  let server: TestPostgres;
  let one: OauthWorld;
  let two: OauthWorld;

  beforeAll(async () => {
    server = await startPostgres();
    const store = { url: server.createDatabase().url, password: '${env:OAUTH_TEST_PASSWORD}' };
    process.env.OAUTH_TEST_PASSWORD = PASSWORD;
    const secret = 's'.repeat(43);
    const issuer = 'https://api.test';
    const shared = { tokenRequestsPerMinute: 1000, secret, issuer };
    [one, two] = await Promise.all([openOauthWorld(shared, { store }), openOauthWorld(shared, { store })]);
  });
  afterAll(async () => {
    await one[Symbol.asyncDispose]();
    await two[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  const at = (world: OauthWorld) => new OauthFlow(world, { port: world.port });

  test('share clients, keys, sessions and tokens', async () => {
    const shop = await at(one).shop();
    const config = await at(one).configure(shop);
    const tokens = await at(one).signIn(config);
    expect((await at(two).call(tokens.access_token)).status).toBe(200);
    const other = await at(two).configure(shop);
    const next = await oidc.refreshTokenGrant(other, tokens.refresh_token as string);
    expect((await at(one).call(next.access_token)).status).toBe(200);
  });

  test('let one use of a code or refresh token through, whichever gateway it comes to', async () => {
    for (let round = 0; round < 5; round++) {
      const shop = await at(one).shop();
      const configs = [await at(one).configure(shop), await at(two).configure(shop)];
      const { url, verifier } = await at(one).authorize(configs[0] as oidc.Configuration);
      const results = await Promise.all(
        Array.from({ length: 10 }, (_, i) =>
          refusal(
            oidc.authorizationCodeGrant(configs[i % 2] as oidc.Configuration, url, {
              pkceCodeVerifier: verifier,
            }),
          ),
        ),
      );
      expect(results.filter((error) => error === '').length).toBeLessThanOrEqual(1);
      const tokens = await at(one).signIn(configs[0] as oidc.Configuration);
      const refreshed = await Promise.all(
        Array.from({ length: 10 }, (_, i) =>
          refusal(
            oidc.refreshTokenGrant(configs[i % 2] as oidc.Configuration, tokens.refresh_token as string),
          ),
        ),
      );
      expect(refreshed.filter((error) => error === '').length).toBeLessThanOrEqual(1);
    }
  });

  test('a key that was rotated at one is known to the other', async () => {
    const config = await at(one).confidential(await at(one).service());
    await at(one).admin('/v1/oauth/keys/rotate', { now: true });
    const { access_token } = await oidc.clientCredentialsGrant(config, { scope: 'orders:read' });
    expect((await at(two).call(access_token)).status).toBe(200);
  });
});
