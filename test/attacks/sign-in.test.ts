import { afterAll, beforeAll, describe, expect, test } from 'vitest';
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

/** A browser that shows the login page, and what its form sends. */
async function openLogin(localAddress: string) {
  const browser = new OauthBrowser(tlsFetch({ ca: apiCertificate().cert, localAddress }), world.issuer);
  await browser.open(authorization);
  const action = /action="([^"]*\/login)"/.exec(browser.html)?.[1] ?? '';
  const token = /name="token" value="([^"]*)"/.exec(browser.html)?.[1] ?? '';
  const send = async (fields: Record<string, string>, url = action): Promise<number> => {
    await browser.open(url, { token, ...fields });
    return browser.status;
  };
  /** Signs in and puts the way back off. */
  const login = async (fields: Record<string, string>) => {
    const location = await browser.send(action, { token, ...fields });
    return { location, follow: () => browser.open(location), html: () => browser.html };
  };
  return { action, send, login };
}

test('thirty guesses at once are six guesses', async () => {
  const logins = await Promise.all(Array.from({ length: 30 }, () => openLogin('127.0.0.21')));
  const guesses = logins.map(({ send }, at) => send({ name: 'alice', password: `guess ${at}` }));
  const statuses = await Promise.all(guesses);
  expect(statuses.filter((status) => status === 401)).toHaveLength(6);
  expect(statuses.filter((status) => status === 429)).toHaveLength(24);
});

test('there is no other door, and no way to hide the name', async () => {
  const { action, send } = await openLogin('127.0.0.22');
  const guess = { name: 'alice', password: 'guess' };
  for (let at = 0; at < 6; at++) await send(guess);
  for (const url of [
    action,
    `${action}/`,
    `${action}?x=1`,
    action.replace(/login$/, 'LOGIN'),
    action.replace(/login$/, '%6cogin'),
    action.replace(/login$/, 'code/../login'),
  ])
    expect(await send({ name: 'alice', password: PASSWORD }, url), url).toBe(429);

  const other = await openLogin('127.0.0.23');
  expect(await other.send(guess, `${other.action}?name=bob`)).toBe(400);
  expect(await other.send({ ...guess, Name: 'bob' })).toBe(400);
  expect(await other.send({ ...guess, 'name[]': 'bob' })).toBe(400);
  expect(await other.send({ ...guess, pad: 'x'.repeat(20_000) })).toBe(413);
});

test.each([
  ['set-password', 'password', { password: 'another tin roof rusted' }],
  ['disable and enable', 'disable', undefined],
])('a sign-in that waits for its browser ends with %s', async (what, path, body) => {
  const admin = (below: string, sent?: object) =>
    world.gateway.admin(`/v1/users/${below}`, {
      method: 'POST',
      ...(sent === undefined ? {} : { body: JSON.stringify(sent) }),
    });
  const name = `victim-${path}`;
  await world.gateway.admin('/v1/users', {
    method: 'POST',
    body: JSON.stringify({ name, password: PASSWORD }),
  });
  const { login } = await openLogin('127.0.0.27');
  const back = await login({ name, password: PASSWORD });
  expect(back.location, what).toMatch(/\/authorize\//);
  expect((await admin(`${name}/${path}`, body)).status).toBe(200);
  if (path === 'disable') await admin(`${name}/enable`);
  await back.follow();
  expect(back.html()).not.toContain('Allow');
});

test('a form of another site cannot block its visitor', async () => {
  const { send } = await openLogin('127.0.0.24');
  for (let at = 0; at < 10; at++) await send({ name: 'alice', password: 'guess', token: 'forged' });
  const again = await openLogin('127.0.0.24');
  expect(await again.send({ name: 'alice', password: 'guess' })).toBe(401);
});

describe('codes of devices', () => {
  const openDevice = async (localAddress: string) => {
    const browser = new OauthBrowser(tlsFetch({ ca: apiCertificate().cert, localAddress }), world.issuer);
    await browser.open(`${world.issuer}/device`);
    return browser;
  };

  test('guessing them blocks the address', async () => {
    const browser = await openDevice('127.0.0.25');
    const statuses: number[] = [];
    for (let at = 0; at < 8; at++) {
      await browser.open(`${world.issuer}/device`);
      await browser.submit({ user_code: `BCDF-BCD${'BCDFGHJK'[at]}` });
      statuses.push(browser.status);
    }
    expect(statuses).toEqual([400, 400, 400, 400, 400, 400, 429, 429]);
  });

  test.each([
    ['GET', '/device/xyz'],
    ['POST', '/device'],
  ])('%s %s without a cookie is a mistake, not a defect', async (method, path) => {
    const fetch = tlsFetch({ ca: apiCertificate().cert, localAddress: '127.0.0.26' });
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    const answer = await fetch(
      world.issuer + path,
      method === 'POST' ? { method, headers: form, body: 'user_code=BCDF-BCDF' } : {},
    );
    expect(answer.status).toBe(400);
  });
});
