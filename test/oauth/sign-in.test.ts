import * as oidc from 'openid-client';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type OauthWorld, openOauthWorld, RESOURCE } from '../support/oauth-world.ts';
import {
  type CallbackServer,
  codeOf,
  hasChromium,
  openBrowser,
  openCallback,
  openPage,
  picture,
} from '../support/person.ts';
import { tlsFetch } from '../support/tls-fetch.ts';
import { apiCertificate } from '../support/tls-world.ts';

const fetch = tlsFetch({ ca: apiCertificate().cert });
const CALLBACK = 'https://shop.test/callback';
const PASSWORD = 'tin roof rusted again';
const CHEAP = { memoryKib: 19_456, passes: 2, lanes: 1 };

let world: OauthWorld;
let callback: CallbackServer;
let browser: Browser;
let clientId: string;

beforeAll(async () => {
  const users = { hash: CHEAP };
  world = await openOauthWorld(
    { tokenRequestsPerMinute: 1000, users },
    { defaults: { login: { shared: { addresses: ['127.0.0.0/8'], failures: 60 } } } },
    '',
    null,
  );
  callback = await openCallback();
  if (hasChromium) browser = await openBrowser({ 'shop.test': callback.port });
  const { client } = await admin('/v1/oauth/clients', {
    name: 'The <b>Shop</b>',
    class: 'public',
    redirectUris: [CALLBACK],
    scopes: ['orders:read'],
  });
  clientId = (client as { id: string }).id;
});
afterAll(async () => {
  await browser?.close();
  callback?.close();
  await world[Symbol.asyncDispose]();
});

async function admin(path: string, body?: object): Promise<Record<string, unknown>> {
  const answer = await world.gateway.admin(path, {
    method: 'POST',
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const result = (await answer.json()) as Record<string, unknown>;
  if (answer.status >= 300) throw new Error(JSON.stringify(result));
  return result;
}

const newUser = (name: string, more: object = {}) =>
  admin('/v1/users', { name, password: PASSWORD, roles: ['customer'], tenant: 'acme', ...more });

const verifier = oidc.randomPKCECodeVerifier();
const configure = () =>
  oidc.discovery(new URL(world.issuer), clientId, {}, oidc.None(), { [oidc.customFetch]: fetch as never });

async function authorizationUrl(more: Record<string, string> = {}): Promise<string> {
  const url = oidc.buildAuthorizationUrl(await configure(), {
    redirect_uri: CALLBACK,
    scope: 'openid profile email orders:read',
    resource: RESOURCE,
    code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state: 's1',
    ...more,
  });
  return url.href;
}

async function typePassword(page: Page, name: string, password = PASSWORD): Promise<number> {
  await page.getByLabel('User name').fill(name);
  await page.getByLabel('Password').fill(password);
  const answer = page.waitForResponse((response) => response.request().method() === 'POST');
  await page.getByRole('button', { name: 'Sign in' }).click();
  return (await answer).status();
}

const tokensFor = async (page: Page) =>
  oidc.authorizationCodeGrant(await configure(), new URL(page.url()), {
    pkceCodeVerifier: verifier,
    expectedState: 's1',
  });

const claimsOf = (token: string): Record<string, unknown> =>
  JSON.parse(Buffer.from(token.split('.')[1] as string, 'base64url').toString());

describe.runIf(hasChromium)('signing in', () => {
  test('with a password, to a token that opens an API, without a script', async () => {
    const user = await newUser('alice', { displayName: 'Alice Miller', email: 'alice@example.com' });
    const { context, page, violations } = await openPage(browser);
    await page.goto(await authorizationUrl({ login_hint: 'alice"><script>' }));
    expect(await page.title()).toBe('Sign in');
    expect(await page.getByLabel('User name').inputValue()).toBe('alice"><script>');
    await picture(page, 'login');
    expect(await typePassword(page, 'alice', 'a wrong password')).toBe(401);
    await picture(page, 'login-wrong');
    expect(await page.getByRole('alert').textContent()).toMatch(/^This did not match/);
    expect(await typePassword(page, 'Alice')).toBe(303);
    expect(await page.title()).toBe('Allow The <b>Shop</b>?');
    await picture(page, 'consent');
    await page.getByRole('button', { name: 'Allow', exact: true }).click();
    await page.waitForURL(/shop\.test/);
    const tokens = await tokensFor(page);
    expect(tokens.claims()).toMatchObject({
      sub: user.id,
      acr: 'urn:portcullis:acr:single-factor',
      amr: ['pwd'],
    });
    expect(claimsOf(tokens.access_token)).toMatchObject({
      sub: user.id,
      roles: ['customer'],
      tenant: 'acme',
      amr: ['pwd'],
    });
    const opened = await fetch(`${world.issuer}/api/orders/7`, {
      headers: { authorization: `Bearer ${tokens.access_token}` },
    });
    expect(opened.status).toBe(200);
    expect(violations).toEqual([]);
    await context.close();
  });

  test('with a second factor that is demanded: set up once, then asked for, each code once', async () => {
    const user = await newUser('bob', { isTotpRequired: true });
    const first = await openPage(browser, 'dark');
    await first.page.goto(await authorizationUrl());
    await typePassword(first.page, 'bob');
    expect(await first.page.title()).toBe('Set up your second factor');
    await picture(first.page, 'enrol-dark');
    const secret = ((await first.page.locator('code.secret').textContent()) ?? '').replaceAll(' ', '');
    await first.page.getByLabel(/Six-digit code/).fill('000000');
    await first.page.getByRole('button', { name: 'Turn on' }).click();
    expect(await first.page.getByRole('alert').textContent()).toMatch(/not right/);
    const used = codeOf(secret);
    await first.page.getByLabel(/Six-digit code/).fill(used);
    await first.page.getByRole('button', { name: 'Turn on' }).click();
    expect(await first.page.title()).toBe('Keep your recovery codes');
    await picture(first.page, 'recovery-dark');
    const codes = await first.page.locator('ol.codes li').allTextContents();
    expect(codes).toHaveLength(10);
    await first.page.getByRole('button', { name: /stored/ }).click();
    await first.page.getByRole('button', { name: 'Allow', exact: true }).click();
    await first.page.waitForURL(/shop\.test/);
    const tokens = await tokensFor(first.page);
    expect(tokens.claims()).toMatchObject({
      sub: user.id,
      acr: 'urn:portcullis:acr:multi-factor',
      amr: ['pwd', 'otp', 'mfa'],
    });
    expect(claimsOf(tokens.access_token)).toMatchObject({ acr: 'urn:portcullis:acr:multi-factor' });
    expect(first.violations).toEqual([]);
    await first.context.close();

    const second = await openPage(browser);
    await second.page.goto(await authorizationUrl());
    await typePassword(second.page, 'bob');
    expect(await second.page.title()).toBe('Enter your code');
    await picture(second.page, 'code');
    await second.page.getByLabel('Six-digit code').fill(used);
    await second.page.getByRole('button', { name: 'Continue', exact: true }).click();
    expect(await second.page.getByRole('alert').textContent()).toMatch(/used before/);
    await second.page.getByText('Use a recovery code instead').click();
    await second.page.getByLabel('Recovery code').fill((codes[0] ?? '').toUpperCase().replaceAll('-', ' '));
    await second.page.getByRole('button', { name: 'Continue with a recovery code' }).click();
    expect(await second.page.title()).toMatch(/^Allow/);
    await second.context.close();

    const third = await openPage(browser);
    await third.page.goto(await authorizationUrl());
    await typePassword(third.page, 'bob');
    await third.page.getByText('Use a recovery code instead').click();
    await third.page.getByLabel('Recovery code').fill(codes[0] ?? '');
    await third.page.getByRole('button', { name: 'Continue with a recovery code' }).click();
    expect(await third.page.getByRole('alert').textContent()).toMatch(/not right/);
    await third.page.getByLabel('Six-digit code').fill(codeOf(secret, 1));
    await third.page.getByRole('button', { name: 'Continue', exact: true }).click();
    expect(await third.page.title()).toMatch(/^Allow/);
    await third.context.close();
  });

  test('asks for a second factor when the client does, also in a session that has one already', async () => {
    await newUser('carol');
    const { context, page } = await openPage(browser);
    await page.goto(await authorizationUrl());
    await typePassword(page, 'carol');
    await page.getByRole('button', { name: 'Allow', exact: true }).click();
    await page.waitForURL(/shop\.test/);
    await page.goto(await authorizationUrl());
    expect(page.url()).toMatch(/shop\.test/);
    await page.goto(await authorizationUrl({ acr_values: 'urn:portcullis:acr:multi-factor' }));
    expect(await page.title()).toBe('Set up your second factor');
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.waitForURL(/shop\.test.*error=access_denied/);
    await page.goto(await authorizationUrl({ acr_values: 'urn:portcullis:acr:multi-factor' }));
    const secret = ((await page.locator('code.secret').textContent()) ?? '').replaceAll(' ', '');
    await page.getByLabel(/Six-digit code/).fill(codeOf(secret));
    await page.getByRole('button', { name: 'Turn on' }).click();
    await page.getByRole('button', { name: /stored/ }).click();
    await page.waitForURL(/shop\.test.*code=/);
    const claims = (await tokensFor(page)).claims();
    expect(claims).toMatchObject({ acr: 'urn:portcullis:acr:multi-factor', amr: ['pwd', 'otp', 'mfa'] });
    await page.goto(await authorizationUrl({ acr_values: 'urn:portcullis:acr:multi-factor' }));
    expect(page.url()).toMatch(/shop\.test/);
    for (const [name, value] of [['prompt', 'login'] as const, ['max_age', '0'] as const]) {
      await page.goto(await authorizationUrl({ [name]: value }));
      expect(await page.title()).toBe('Sign in');
    }
    await context.close();
  });

  test('ends when the user is disabled or gets another password, and the session changes its id', async () => {
    const { id } = await newUser('dora');
    const { context, page } = await openPage(browser);
    await page.goto(await authorizationUrl());
    const sessionId = async () =>
      (await context.cookies(world.issuer)).find(({ name }) => name.endsWith('session'))?.value;
    const before = await sessionId();
    await typePassword(page, 'dora');
    expect(await sessionId()).not.toBe(before);
    await page.getByRole('button', { name: 'Allow', exact: true }).click();
    await page.waitForURL(/shop\.test/);
    const tokens = await tokensFor(page);
    await admin(`/v1/users/${id}/password`, { password: 'another tin roof entirely' });
    await expect(
      oidc.refreshTokenGrant(await configure(), tokens.refresh_token as string),
    ).rejects.toMatchObject({ error: 'invalid_grant' });
    await page.goto(await authorizationUrl());
    expect(await page.title()).toBe('Sign in');
    expect(await typePassword(page, 'dora')).toBe(401);
    expect(await typePassword(page, 'dora', 'another tin roof entirely')).toBe(303);
    await admin('/v1/users/dora/disable');
    await page.goto(await authorizationUrl());
    expect(await page.title()).toBe('Sign in');
    expect(await typePassword(page, 'dora', 'another tin roof entirely')).toBe(401);
    await context.close();
  });
});
