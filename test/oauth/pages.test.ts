import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { OauthBrowser } from '../support/oauth-browser.ts';
import { openShop } from '../support/oauth-shop.ts';
import { type OauthWorld, openOauthWorld } from '../support/oauth-world.ts';
import { tlsFetch } from '../support/tls-fetch.ts';
import { apiCertificate } from '../support/tls-world.ts';

const PASSWORD = 'tin roof rusted again';
const fetch = tlsFetch({ ca: apiCertificate().cert });

describe.each(['', '/auth'])('pages of an issuer with the path "%s"', (path) => {
  let world: OauthWorld;
  let authorization: string;

  beforeAll(async () => {
    const users = { hash: { memoryKib: 19_456, passes: 2, lanes: 1 } };
    world = await openOauthWorld({ users }, {}, path, null);
    authorization = await openShop(world, PASSWORD);
  });
  afterAll(() => world[Symbol.asyncDispose]());

  const open = async (): Promise<OauthBrowser> => {
    const browser = new OauthBrowser(fetch, world.issuer);
    await browser.open(authorization);
    return browser;
  };

  test('lead from the first to the client', async () => {
    const browser = await open();
    expect(new URL(browser.url).pathname).toMatch(new RegExp(`^${path}/interaction/[\\w-]+$`));
    await browser.submit({ name: 'alice', password: PASSWORD });
    expect(browser.html).toContain('<title>Allow Shop?</title>');
    expect(await browser.submit()).toMatch(/^https:\/\/shop\.test\/callback\?code=/);
  });

  test('are kept by nobody, run no script and are shown in no frame', async () => {
    const { headers, html } = await open();
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(headers.get('x-frame-options')).toBe('DENY');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('content-security-policy')).toMatch(
      /^default-src 'none'; style-src 'sha256-[^ ;]+'; img-src 'self' data:; form-action 'self' https:\/\/shop\.test; base-uri 'none'; frame-ancestors 'none'$/,
    );
    expect(html).not.toContain('<script');
  });

  test('bind what goes on to the browser by cookies that no script and no other site can use', async () => {
    const answer = await fetch(authorization, { headers: { accept: 'text/html' } });
    const cookies = answer.headers.getSetCookie();
    expect(cookies.length).toBeGreaterThan(0);
    for (const cookie of cookies) {
      expect(cookie).toMatch(/; *httponly/i);
      expect(cookie).toMatch(/; *secure/i);
      expect(cookie).toMatch(/; *samesite=lax/i);
      expect(cookie).not.toMatch(/; *domain=/i);
    }
  });

  test('belong to one browser: without its cookie, and with that of another sign-in, nothing is shown', async () => {
    const mine = await open();
    const other = await open();
    const bare = new OauthBrowser(fetch, world.issuer);
    await bare.open(mine.url);
    expect(bare.status).toBe(400);
    expect(bare.html).not.toContain('name="password"');
    await other.open(mine.url);
    expect(other.status).toBe(400);
    const action = /action="([^"]*\/login)"/.exec(mine.html)?.[1] ?? '';
    const token = /name="token" value="([^"]*)"/.exec(mine.html)?.[1] ?? '';
    await bare.open(action, { token, name: 'alice', password: PASSWORD });
    expect(bare.status).toBe(400);
  });

  test('offer another provider as soon as the configuration has it', async () => {
    const config = JSON.parse(readFileSync(world.gateway.configPath, 'utf8')) as { oauth: object };
    const corp = { id: 'corp', name: 'Company <account>', issuer: 'https://login.test', clientId: 'x' };
    world.gateway.writeConfig({ ...config, oauth: { ...config.oauth, federation: [corp] } });
    expect((await world.gateway.gateway.reload()).problems).toEqual([]);
    const browser = await open();
    expect(browser.html).toContain('Sign in with Company &lt;account&gt;');
    // Nobody answers there: the page says so, and passwords go on to work.
    await browser.open(`${browser.url}/federation/corp`);
    expect(browser.status).toBe(503);
    await browser.submit({ name: 'alice', password: PASSWORD });
    expect(browser.html).toContain('<title>Allow Shop?</title>');
  });

  test('take forms only: a password in a query signs nobody in', async () => {
    const mine = await open();
    const action = /action="([^"]*\/login)"/.exec(mine.html)?.[1] ?? '';
    const token = /name="token" value="([^"]*)"/.exec(mine.html)?.[1] ?? '';
    const query = new URLSearchParams({ token, name: 'alice', password: PASSWORD });
    await mine.open(`${action}?${query}`);
    expect(mine.html).not.toContain('Allow Shop?');
  });
});
