import { readFileSync } from 'node:fs';
import * as oidc from 'openid-client';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePorts } from '../support/free-ports.ts';
import { type IdentityProvider, identityProvider } from '../support/identity-provider.ts';
import { type OauthWorld, openOauthWorld } from '../support/oauth-world.ts';
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
const CALLBACK = 'https://shop.test/callback';

let world: OauthWorld;
let callback: CallbackServer;
let browser: Browser;
let corp: IdentityProvider;
let other: IdentityProvider;
let clientId: string;

beforeAll(async () => {
  const [one = 0, two = 0] = await freePorts(2);
  const federation = [
    {
      id: 'corp',
      name: 'Company account',
      issuer: `http://127.0.0.1:${one}`,
      clientId: 'portcullis',
      clientSecret: '${env:UPSTREAM_SECRET}',
      roles: { staff: ['employee'] },
      allowedDomains: ['company.test'],
    },
    {
      id: 'other',
      name: 'Other',
      issuer: `http://127.0.0.1:${two}`,
      clientId: 'portcullis',
      clientSecret: '${env:UPSTREAM_SECRET}',
      defaultRoles: ['guest'],
    },
  ];
  process.env.UPSTREAM_SECRET = 'a secret of the client';
  world = await openOauthWorld(
    { tokenRequestsPerMinute: 1000, federation },
    { defaults: { login: { shared: { addresses: ['127.0.0.0/8'], failures: 60 } } } },
    '',
    null,
  );
  corp = identityProvider(one, `${world.issuer}/federation/corp/callback`);
  other = identityProvider(two, `${world.issuer}/federation/other/callback`);
  await Promise.all([corp.start(), other.start()]);
  callback = await openCallback();
  if (hasChromium) browser = await openBrowser({ 'shop.test': callback.port });
  const answer = await world.gateway.admin('/v1/oauth/clients', {
    method: 'POST',
    body: JSON.stringify({
      name: 'Shop',
      class: 'public',
      redirectUris: [CALLBACK],
      scopes: ['orders:read'],
    }),
  });
  clientId = ((await answer.json()) as { client: { id: string } }).client.id;
});
afterAll(async () => {
  await browser?.close();
  callback?.close();
  await Promise.all([corp?.kill(), other?.kill()]);
  await world[Symbol.asyncDispose]();
});

const verifier = oidc.randomPKCECodeVerifier();
const configure = () =>
  oidc.discovery(new URL(world.issuer), clientId, {}, oidc.None(), { [oidc.customFetch]: fetch as never });

async function openLogin(page: Page): Promise<void> {
  const url = oidc.buildAuthorizationUrl(await configure(), {
    redirect_uri: CALLBACK,
    scope: 'openid profile email orders:read',
    code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state: 's1',
  });
  await page.goto(url.href);
}

/** Signs in at the provider, as whoever the name says. */
async function signInThere(page: Page, name: string, button = 'Sign in with Company account'): Promise<void> {
  await page.getByRole('link', { name: button }).click();
  await page.locator('input[name=login]').fill(name);
  await page.locator('input[name=password]').fill('any');
  await page.locator('button[type=submit]').click();
  await page.locator('button[type=submit]').click();
  await page.waitForURL(/api\.test/);
}

/** Signs in at the provider, but does not go back: gives the way back. */
async function linkBack(page: Page, name: string, button?: string): Promise<string> {
  await page.getByRole('link', { name: button ?? 'Sign in with Company account' }).click();
  await page.locator('input[name=login]').fill(name);
  await page.locator('input[name=password]').fill('any');
  await page.locator('button[type=submit]').click();
  await page.locator('input[value=consent]').waitFor({ state: 'attached' });
  const action = (await page.locator('form').getAttribute('action')) ?? '';
  let answer = await page.request.post(action, { form: { prompt: 'consent' }, maxRedirects: 0 });
  let location = '';
  while (!location.startsWith(world.issuer)) {
    location = new URL(answer.headers().location ?? '', answer.url()).href;
    if (!location.startsWith(world.issuer)) answer = await page.request.get(location, { maxRedirects: 0 });
  }
  return location;
}

async function tokensOf(page: Page) {
  await page.getByRole('button', { name: 'Allow', exact: true }).click();
  await page.waitForURL(/shop\.test/);
  return oidc.authorizationCodeGrant(await configure(), new URL(page.url()), {
    pkceCodeVerifier: verifier,
    expectedState: 's1',
  });
}

const claimsOf = (token: string): Record<string, unknown> =>
  JSON.parse(Buffer.from(token.split('.')[1] as string, 'base64url').toString());

const users = async (): Promise<{ id: string; name: string; email: string }[]> =>
  ((await (await world.gateway.admin('/v1/users')).json()) as { users: never[] }).users;

describe.runIf(hasChromium)('signing in with another provider', () => {
  test('makes a user once, with the roles that its groups are translated to', async () => {
    const subjects: unknown[] = [];
    for (let time = 0; time < 2; time++) {
      const { context, page } = await openPage(browser);
      await openLogin(page);
      if (time === 0) await picture(page, 'login-providers');
      await signInThere(page, 'emma');
      const tokens = await tokensOf(page);
      const claims = claimsOf(tokens.access_token);
      expect(claims).toMatchObject({ roles: ['employee'], amr: ['fed'] });
      expect(tokens.claims()).toMatchObject({ name: 'emma <i>Upstream</i>', email: 'emma@company.test' });
      subjects.push(claims.sub);
      await context.close();
    }
    expect(subjects[0]).toBe(subjects[1]);
    expect((await users()).filter(({ name }) => name === 'corp:emma')).toHaveLength(1);
  });

  test('never takes a user for another by the e-mail address or the subject', async () => {
    await world.gateway.admin('/v1/users', {
      method: 'POST',
      body: JSON.stringify({
        name: 'frank',
        email: 'frank@company.test',
        password: 'tin roof rusted again',
        roles: ['admin'],
      }),
    });
    const seen = new Set<unknown>();
    for (const button of ['Sign in with Company account', 'Sign in with Other']) {
      const { context, page } = await openPage(browser);
      await openLogin(page);
      await signInThere(page, 'frank', button);
      const claims = claimsOf((await tokensOf(page)).access_token);
      expect(claims.roles).not.toContain('admin');
      seen.add(claims.sub);
      await context.close();
    }
    expect(seen.size).toBe(2);
    const franks = (await users()).filter(({ email }) => email === 'frank@company.test');
    expect(franks.map(({ name }) => name).sort()).toEqual(['corp:frank', 'frank', 'other:frank']);
  });

  test.each(['mallory', 'unverified'])(
    'refuses %s, whose verified e-mail address is of no allowed domain',
    async (name) => {
      const { context, page } = await openPage(browser);
      await openLogin(page);
      await signInThere(page, name);
      expect(await page.getByRole('alert').textContent()).toMatch(/may not sign in here/);
      expect((await users()).some((user) => user.name === `corp:${name}`)).toBe(false);
      await context.close();
    },
  );

  test('a way back that was begun in another browser, for another provider, or changed, leads nowhere', async () => {
    const attacker = await openPage(browser);
    await openLogin(attacker.page);
    const link = await linkBack(attacker.page, 'emma');
    const victim = await openPage(browser);
    await openLogin(victim.page);
    const forged = [
      link,
      link.replace('/corp/', '/other/'),
      link.replace(/state=.{6}/, 'state=AAAAAA'),
      link.replace(/&?state=[^&]+/, ''),
    ];
    for (const url of forged) expect((await victim.page.goto(url))?.status()).toBe(400);
    // Where it was begun, it still leads on: nothing above used it up. Once.
    expect((await attacker.page.goto(link))?.status()).toBe(200);
    expect(await attacker.page.title()).toBe('Allow Shop?');
    expect((await attacker.page.goto(link))?.status()).toBe(400);
    await Promise.all([attacker.context.close(), victim.context.close()]);
  });

  test.each([
    ['the issuer of another provider', 'iss', () => other.issuer],
    ['another code', 'code', () => 'forged'],
  ])('a way back with %s is refused', async (_what, name, value) => {
    const { context, page } = await openPage(browser);
    await openLogin(page);
    const link = new URL(await linkBack(page, 'emma'));
    link.searchParams.set(name, value());
    expect((await page.goto(link.href))?.status()).toBe(400);
    expect(await page.getByRole('alert').textContent()).toBe('Signing in with Company account did not work.');
    await context.close();
  });

  test('who refuses at the provider is told so', async () => {
    const { context, page } = await openPage(browser);
    await openLogin(page);
    const link = new URL(await linkBack(page, 'emma'));
    link.searchParams.delete('code');
    link.searchParams.set('error', 'access_denied');
    link.searchParams.set('error_description', '<script>alert(1)</script>');
    await page.goto(link.href);
    expect(await page.getByRole('alert').textContent()).toBe('You did not sign in with Company account.');
    expect(await page.content()).not.toContain('alert(1)');
    await context.close();
  });

  test('works at once when the provider has other keys', async () => {
    await corp.kill();
    await corp.start();
    const { context, page } = await openPage(browser);
    await openLogin(page);
    await signInThere(page, 'gina');
    expect((await tokensOf(page)).claims()).toMatchObject({ name: expect.stringContaining('gina') });
    await context.close();
  });

  test('says 503 while the provider is down, not that anything was wrong', async () => {
    const { context, page } = await openPage(browser);
    await openLogin(page);
    const link = await linkBack(page, 'henry', 'Sign in with Other');
    await other.kill();
    expect((await page.goto(link))?.status()).toBe(503);
    expect(await page.getByRole('alert').textContent()).toMatch(/^Other does not answer.*not your fault/);
    await picture(page, 'provider-down');
    expect(await page.getByLabel('User name').isVisible()).toBe(true);
    const journal = () => readFileSync(world.gateway.gateway.services.journalPath(), 'utf8');
    await expect.poll(journal).toContain('"error.message":"The provider other cannot be used');
    await context.close();
  });
});
