import { afterAll, beforeAll, expect, test } from 'vitest';
import { OauthBrowser } from '../support/oauth-browser.ts';
import { openShop } from '../support/oauth-shop.ts';
import { type OauthWorld, openOauthWorld } from '../support/oauth-world.ts';
import { tlsFetch } from '../support/tls-fetch.ts';
import { apiCertificate } from '../support/tls-world.ts';

const PASSWORD = 'tin roof rusted again';
let world: OauthWorld;
let authorization: string;

beforeAll(async () => {
  world = await openOauthWorld({ users: { hash: { memoryKib: 19_456, passes: 2, lanes: 1 } } }, {}, '', null);
  authorization = await openShop(world, PASSWORD);
});
afterAll(() => world[Symbol.asyncDispose]());

function browserAt(localAddress: string): OauthBrowser {
  return new OauthBrowser(tlsFetch({ ca: apiCertificate().cert, localAddress }), world.issuer);
}

async function attempt(browser: OauthBrowser, name: string, password: string): Promise<number> {
  await browser.open(authorization);
  const action = /action="([^"]*\/login)"/.exec(browser.html)?.[1] ?? '';
  const token = /name="token" value="([^"]*)"/.exec(browser.html)?.[1] ?? '';
  if (action === '') return browser.status;
  await browser.open(action, { token, name, password });
  return browser.status;
}

test('more than five failures block an address for the right password, too, and no other address', async () => {
  const attacker = browserAt('127.0.0.7');
  const statuses: number[] = [];
  for (let time = 0; time < 8; time++)
    statuses.push(await attempt(attacker, 'alice', `guess number ${time}`));
  expect(statuses.slice(0, 6)).toEqual([401, 401, 401, 401, 401, 401]);
  expect(statuses.slice(6)).toEqual([429, 429]);
  expect(await attempt(attacker, 'alice', PASSWORD)).toBe(429);
  const owner = browserAt('127.0.0.8');
  await attempt(owner, 'alice', PASSWORD);
  expect(owner.html).toContain('Allow Shop?');
});

test('one address that tries many names is credential stuffing', async () => {
  const attacker = browserAt('127.0.0.9');
  for (let time = 0; time < 6; time++) await attempt(attacker, `user${time}`, PASSWORD);
  expect(await attempt(attacker, 'user9', PASSWORD)).toBe(429);
  const told = await world.gateway.admin('/v1/notices');
  expect(JSON.stringify(await told.json())).toContain('127.0.0.9');
});
