import * as oidc from 'openid-client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { OauthFlow } from '../support/oauth-flow.ts';
import { type OauthWorld, openOauthWorld } from '../support/oauth-world.ts';

let world: OauthWorld;
let flow: OauthFlow;

beforeAll(async () => {
  world = await openOauthWorld();
  flow = new OauthFlow(world);
});
afterAll(() => world[Symbol.asyncDispose]());

const from = (localAddress: string) => new OauthFlow(world, { localAddress });
const service = () => flow.service({ authMethod: 'client_secret_post' });
const ask = (by: OauthFlow, id: string, secret: string) =>
  by.post('/token', { grant_type: 'client_credentials', client_id: id, client_secret: secret });
const statuses = (answers: { status: number }[]) => answers.map(({ status }) => status);
const ten = Array.from({ length: 10 }, (_, at) => at);

describe('the token endpoint', () => {
  test('takes ten requests of a client in a minute, also at once and from everywhere', async () => {
    const { id, secret } = await service();
    const answers = await Promise.all(
      Array.from({ length: 30 }, (_, at) => ask(from(`127.0.0.${1 + (at % 5)}`), id, secret)),
    );
    expect(statuses(answers).filter((status) => status === 200)).toHaveLength(10);
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused).toHaveLength(20);
    const { headers, json } = refused[0] as (typeof answers)[number];
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    expect(Number(headers.get('retry-after'))).toBeLessThanOrEqual(61);
    expect(json.error).toBe('temporarily_unavailable');
    const other = await service();
    expect((await ask(flow, other.id, other.secret)).status).toBe(200);
  });

  test('a stranger who knows the id of a client cannot lock it out', async () => {
    const { id, secret } = await service();
    const stranger = from('127.0.0.77');
    const guesses = [];
    for (let at = 0; at < 14; at++) guesses.push(await ask(stranger, id, `cs_guess${at}`));
    expect(statuses(guesses).slice(0, 10)).toEqual(ten.map(() => 401));
    expect(statuses(guesses).slice(10)).toEqual([429, 429, 429, 429]);
    // Not even the right secret is heard any more from there.
    expect((await ask(stranger, id, secret)).status).toBe(429);
    const answers = [];
    for (const _ of ten) answers.push(await ask(from('127.0.0.78'), id, secret));
    expect(statuses(answers)).toEqual(ten.map(() => 200));
  });

  test('a public client is counted for each address apart', async () => {
    const { id } = await flow.shop();
    const guess = (by: OauthFlow) =>
      by.post('/token', { grant_type: 'refresh_token', client_id: id, refresh_token: 'x'.repeat(43) });
    const answers = [];
    for (let at = 0; at < 12; at++) answers.push(await guess(from('127.0.0.80')));
    expect(statuses(answers)).toEqual([...ten.map(() => 400), 429, 429]);
    expect((await guess(from('127.0.0.81'))).status).toBe(400);
  });

  test('a device that polls too often is told to slow down', async () => {
    const grants = ['urn:ietf:params:oauth:grant-type:device_code'];
    const { id } = await flow.register({ class: 'public', grantTypes: grants, scopes: ['orders:read'] });
    const config = await flow.configure({ id, secret: '' });
    const { device_code } = await oidc.initiateDeviceAuthorization(config, { scope: 'orders:read' });
    const poll = () => flow.post('/token', { grant_type: grants[0] as string, client_id: id, device_code });
    for (const _ of ten) expect((await poll()).json.error).toBe('authorization_pending');
    const { status, json } = await poll();
    expect([status, json.error]).toEqual([429, 'slow_down']);
  });
});

test('nobody but the gateway is answered by the server behind it', async () => {
  const record = (await world.gateway.records(1)).find(({ portcullis }) => portcullis.api === 'oauth');
  const { target } = (record?.portcullis.upstream ?? {}) as { target?: string };
  expect(target).toMatch(/^http:/);
  for (const headers of [{}, { 'portcullis-internal': 'x' }, { 'portcullis-internal': 'x'.repeat(43) }]) {
    const answer = await fetch(`${target}/.well-known/openid-configuration`, { headers }).catch(() => null);
    expect(answer?.status ?? 403).toBe(403);
  }
});

test('a body that is too long is refused', async () => {
  const answer = await flow.post('/token', { grant_type: 'x'.repeat(70_000) });
  expect(answer.status).toBe(413);
});
