import { readFileSync } from 'node:fs';
import * as oidc from 'openid-client';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { DAY_MS } from '../../src/lib/time/day.ts';
import { OauthFlow, refusal } from '../support/oauth-flow.ts';
import { type OauthWorld, openOauthWorld } from '../support/oauth-world.ts';
import { until } from '../support/test-gateway.ts';

let world: OauthWorld;
let flow: OauthFlow;

beforeAll(async () => {
  world = await openOauthWorld({ tokenRequestsPerMinute: 1000 });
  flow = new OauthFlow(world);
});
afterAll(() => world[Symbol.asyncDispose]());
afterEach(() => void vi.useRealTimers());

/** Lets time pass for the authorization server; the threads keep theirs. */
function pass(ms: number): void {
  const now = Date.now();
  vi.useFakeTimers({ toFake: ['Date'], now: now + ms });
}

async function notices(kind: string): Promise<{ payload: { client: string } }[]> {
  const { json } = await flow.admin(`/v1/notices?kind=${kind}`);
  return (json as { notices: { payload: { client: string } }[] }).notices;
}

async function started() {
  const client = await flow.shop();
  const config = await flow.configure(client);
  const browser = flow.browser();
  const tokens = await flow.signIn(config, {}, browser);
  return { client, config, browser, first: tokens.refresh_token as string };
}

const refresh = (config: oidc.Configuration, token: string, more: Record<string, string> = {}) =>
  oidc.refreshTokenGrant(config, token, more);

describe('refresh tokens', () => {
  test('each use gives another, and the old one revokes the family', async () => {
    const { client, config, first } = await started();
    const second = (await refresh(config, first)).refresh_token as string;
    const third = (await refresh(config, second)).refresh_token as string;
    expect(new Set([first, second, third]).size).toBe(3);
    expect(await refusal(refresh(config, first))).toBe('invalid_grant');
    expect(await refusal(refresh(config, third))).toBe('invalid_grant');
    await until('a notice', async () =>
      (await notices('oauth.refresh-reuse')).some(({ payload }) => payload.client === client.id),
    );
  });

  test('of twenty uses at once at most one gets through, and then the family ends', async () => {
    const { config, first } = await started();
    const results = await Promise.all(Array.from({ length: 20 }, () => refusal(refresh(config, first))));
    expect(results.filter((error) => error === '').length).toBeLessThanOrEqual(1);
    expect(await refusal(refresh(config, first))).toBe('invalid_grant');
  });

  test('a chain of more than twenty gives one notice', async () => {
    const { client, config, first } = await started();
    let token = first;
    const told = async () =>
      (await notices('oauth.refresh-chain')).filter(({ payload }) => payload.client === client.id).length;
    for (let at = 0; at < 20; at++) token = (await refresh(config, token)).refresh_token as string;
    expect(await told()).toBe(0);
    for (let at = 0; at < 3; at++) token = (await refresh(config, token)).refresh_token as string;
    await until('a notice', async () => (await told()) > 0);
    expect(await told()).toBe(1);
  });

  test('more scopes than were granted are refused, fewer are given', async () => {
    const { config, first } = await started();
    expect(await refusal(refresh(config, first, { scope: 'openid orders:read orders:write' }))).toBe(
      'invalid_scope',
    );
    const fewer = await refresh(config, first, { scope: 'orders:read' });
    expect(fewer.scope).toBe('orders:read');
  });

  test('of another client is refused and stays', async () => {
    const { config, first } = await started();
    const other = await flow.configure(await flow.shop());
    expect(await refusal(refresh(other, first))).toBe('invalid_grant');
    expect(await refusal(refresh(config, first))).toBe('');
  });

  test('for another resource is refused', async () => {
    const { config, first } = await started();
    expect(await refusal(refresh(config, first, { resource: 'https://api.test/other' }))).toBe(
      'invalid_target',
    );
  });

  test('unused for seven days it ends', async () => {
    const { config, first } = await started();
    pass(7 * DAY_MS - 60_000);
    const second = (await refresh(config, first)).refresh_token as string;
    pass(7 * DAY_MS + 1000);
    expect(await refusal(refresh(config, second))).toBe('invalid_grant');
  });

  test('after thirty days it ends, however often it was used', async () => {
    const { config, first } = await started();
    let token = first;
    for (let day = 6; day < 30; day += 6) {
      pass(6 * DAY_MS);
      token = (await refresh(config, token)).refresh_token as string;
    }
    pass(6 * DAY_MS + 1000);
    expect(await refusal(refresh(config, token))).toBe('invalid_grant');
  });

  test('ends with the session of its user', async () => {
    const { config, first, browser } = await started();
    await browser.open(`${world.issuer}/logout`);
    expect(browser.html).toContain('Sign out');
    await browser.submit({ logout: 'yes' });
    expect(browser.html).toContain('Signed out');
    expect(await refusal(refresh(config, first))).toBe('invalid_grant');
  });

  test('ends when its client is disabled', async () => {
    const { client, config, first } = await started();
    await world.gateway.admin(`/v1/oauth/clients/${client.id}/disable`, { method: 'POST' });
    expect(await refusal(refresh(config, first))).toBe('invalid_client');
  });
});

test('nothing that was given out is in the database', async () => {
  const { first } = await started();
  const { access_token } = await oidc.clientCredentialsGrant(
    await flow.confidential(await flow.service()),
    {},
  );
  const read = (name: string) => readFileSync(`${world.gateway.dir}/data/${name}`, 'latin1');
  const bytes = read('portcullis.db') + read('portcullis.db-wal');
  expect(bytes).toContain('oauth_artifacts');
  for (const secret of [first, access_token, '"p":', 'anna@company.test'])
    expect(bytes).not.toContain(secret);
});

test('a restart keeps sessions, grants, tokens and keys', async () => {
  const { config, first, browser } = await started();
  const tokens = await refresh(config, first);
  await world.restart();
  expect((await flow.call(tokens.access_token)).status).toBe(200);
  const next = await refresh(config, tokens.refresh_token as string);
  expect((await flow.call(next.access_token)).status).toBe(200);
  const { parameters } = await flow.request();
  expect(await browser.open(oidc.buildAuthorizationUrl(config, parameters))).toContain('code=');
});
