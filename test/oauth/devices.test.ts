import * as oidc from 'openid-client';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type OauthWorld, openOauthWorld, RESOURCE } from '../support/oauth-world.ts';
import {
  type CallbackServer,
  hasChromium,
  openBrowser,
  openCallback,
  openPage,
  picture,
} from '../support/person.ts';
import { tlsFetch } from '../support/tls-fetch.ts';
import { apiCertificate } from '../support/tls-world.ts';

const fetch = tlsFetch({ ca: apiCertificate().cert });
const PASSWORD = 'tin roof rusted again';
const BYE = 'https://shop.test/bye';
const CALLBACK = 'https://shop.test/callback';

let world: OauthWorld;
let callback: CallbackServer;
let browser: Browser;

async function admin(path: string, body: object): Promise<Record<string, unknown>> {
  const answer = await world.gateway.admin(path, { method: 'POST', body: JSON.stringify(body) });
  const result = (await answer.json()) as Record<string, unknown>;
  if (answer.status >= 300) throw new Error(JSON.stringify(result));
  return result;
}

beforeAll(async () => {
  world = await openOauthWorld(
    { tokenRequestsPerMinute: 1000 },
    { defaults: { login: { shared: { addresses: ['127.0.0.0/8'], failures: 60 } } } },
    '',
    null,
  );
  callback = await openCallback();
  if (hasChromium) browser = await openBrowser({ 'shop.test': callback.port });
  await admin('/v1/users', { name: 'alice', displayName: 'Alice', password: PASSWORD });
});
afterAll(async () => {
  await browser?.close();
  callback?.close();
  await world[Symbol.asyncDispose]();
});

async function configure(body: object): Promise<oidc.Configuration> {
  const { client } = await admin('/v1/oauth/clients', { class: 'public', scopes: ['orders:read'], ...body });
  const { id } = client as { id: string };
  return oidc.discovery(new URL(world.issuer), id, {}, oidc.None(), { [oidc.customFetch]: fetch as never });
}

async function signIn(page: Page): Promise<void> {
  await page.getByLabel('User name').fill('alice');
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

const DEVICE = {
  name: 'Living <i>room</i> TV',
  grantTypes: ['urn:ietf:params:oauth:grant-type:device_code', 'refresh_token'],
};

describe.runIf(hasChromium)('devices', () => {
  test('are connected by a person who types the code, and confirms it', async () => {
    const config = await configure(DEVICE);
    const device = await oidc.initiateDeviceAuthorization(config, {
      scope: 'openid orders:read',
      resource: RESOURCE,
    });
    const polled = oidc.pollDeviceAuthorizationGrant(config, { ...device, interval: 1 });
    const { context, page, violations } = await openPage(browser);
    await page.goto(device.verification_uri);
    await picture(page, 'device-code');
    await page.getByLabel('Code').fill('BCDF-GHJK');
    const wrong = page.waitForResponse((response) => response.request().method() === 'POST');
    await page.getByRole('button', { name: 'Continue' }).click();
    expect((await wrong).status()).toBe(400);
    expect(await page.getByRole('alert').textContent()).toMatch(/not known/);
    await picture(page, 'device-wrong');
    await page.getByLabel('Code').fill(device.user_code.toLowerCase().replace('-', ' '));
    await page.getByRole('button', { name: 'Continue' }).click();
    expect(await page.title()).toBe('Connect Living <i>room</i> TV?');
    expect(await page.locator('.big').textContent()).toBe(device.user_code);
    await picture(page, 'device-confirm');
    await page.getByRole('button', { name: 'Connect', exact: true }).click();
    await signIn(page);
    expect(await page.title()).toBe('Allow Living <i>room</i> TV?');
    await page.getByRole('button', { name: 'Allow', exact: true }).click();
    expect(await page.title()).toBe('Device connected');
    await picture(page, 'device-done');
    const tokens = await polled;
    const opened = await fetch(`${world.issuer}/api/orders/7`, {
      headers: { authorization: `Bearer ${tokens.access_token}` },
    });
    expect(opened.status).toBe(200);
    expect(violations).toEqual([]);
    await context.close();
  });

  test('are not connected by a person who refuses', async () => {
    const config = await configure(DEVICE);
    const device = await oidc.initiateDeviceAuthorization(config, { scope: 'openid' });
    const { context, page } = await openPage(browser);
    await page.goto(device.verification_uri);
    await page.getByLabel('Code').fill(device.user_code);
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByRole('button', { name: 'Do not connect' }).click();
    expect(await page.getByRole('alert').textContent()).toBe('The device was not connected.');
    await expect(oidc.pollDeviceAuthorizationGrant(config, { ...device, interval: 1 })).rejects.toMatchObject(
      { error: 'access_denied' },
    );
    await context.close();
  });

  test('a link with the code in it still asks whether it is the right device', async () => {
    const config = await configure(DEVICE);
    const device = await oidc.initiateDeviceAuthorization(config, { scope: 'openid' });
    // The server's own page of this one step posts itself by a script that its policy names by hash.
    const { context, page, violations } = await openPage(browser, 'light', true);
    await page.goto(device.verification_uri_complete as string);
    await page.waitForURL((url) => url.search === '');
    expect(await page.title()).toBe('Connect Living <i>room</i> TV?');
    expect(violations).toEqual([]);
    await context.close();
  });
});

describe.runIf(hasChromium)('signing out', () => {
  test('asks first, leads back to the client, and is over then', async () => {
    const config = await configure({ name: 'Shop', redirectUris: [CALLBACK], postLogoutRedirectUris: [BYE] });
    const verifier = oidc.randomPKCECodeVerifier();
    const url = oidc.buildAuthorizationUrl(config, {
      redirect_uri: CALLBACK,
      scope: 'openid',
      code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      state: 's',
    });
    const { context, page, violations } = await openPage(browser);
    await page.goto(url.href);
    await signIn(page);
    await page.getByRole('button', { name: 'Allow', exact: true }).click();
    await page.waitForURL(/shop\.test/);
    const tokens = await oidc.authorizationCodeGrant(config, new URL(page.url()), {
      pkceCodeVerifier: verifier,
      expectedState: 's',
    });
    const end = oidc.buildEndSessionUrl(config, {
      post_logout_redirect_uri: BYE,
      id_token_hint: tokens.id_token as string,
    });
    await page.goto(end.href);
    expect(await page.title()).toBe('Sign out?');
    await picture(page, 'logout');
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.waitForURL(BYE);
    await page.goto(url.href);
    expect(await page.title()).toBe('Sign in');
    expect(violations).toEqual([]);
    await context.close();
  });

  test('what cannot work is told in a page of the same kind, escaped', async () => {
    const { context, page, violations } = await openPage(browser, 'dark');
    const answer = await page.goto(
      `${world.issuer}/authorize?client_id=${encodeURIComponent('<img src=x onerror=alert(1)>')}`,
    );
    expect(answer?.status()).toBe(400);
    await picture(page, 'failure-dark');
    expect(await page.title()).toBe('This did not work');
    expect(await page.content()).not.toContain('<img');
    expect(answer?.headers()).toMatchObject({
      'cache-control': 'no-store',
      'content-security-policy': expect.stringContaining("frame-ancestors 'none'"),
    });
    expect(violations).toEqual([]);
    await context.close();
  });
});
