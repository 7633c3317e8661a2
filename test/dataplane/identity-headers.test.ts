import { expect, test } from 'vitest';
import { openWorld } from '../http1/world.ts';
import { getHead, openHttp2Client } from '../support/http2-client.ts';
import { valuesOf } from '../support/message-reader.ts';
import { openRawClient } from '../support/raw-client.ts';
import type { SeenRequest } from '../support/recording-upstream.ts';
import { openTlsWorld } from '../support/tls-world.ts';

const SWITCHED = 'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n';

const apis = (upstream: string): object => ({
  apis: [
    {
      id: 'web',
      path: '/',
      upstream,
      authenticate: { apiKey: {}, identityHeaders: { 'X-User-Id': 'subject', 'X-Roles': 'roles' } },
    },
    { id: 'open', path: '/open', upstream, authenticate: 'none' },
  ],
});

const namesOf = ({ fields }: SeenRequest): string[] => fields.map(([name]) => name.toLowerCase());

test('over HTTP/2 the upstream hears of the caller from the gateway only', async () => {
  await using world = await openTlsWorld({ config: apis });
  const { key } = await world.gateway.createKey({ name: 'a', owner: 'alice', roles: ['editor'] });
  const client = await openHttp2Client(world.port);
  const claimed = { 'x-user-id': 'admin', x_user_id: 'admin', 'x-roles': 'admin' };
  client.head(1, getHead({ ':path': '/', 'x-api-key': key, ...claimed }));
  expect((await client.finished(1)).status).toBe(200);
  client.head(3, getHead({ ':path': '/open', ...claimed }));
  expect((await client.finished(3)).status).toBe(200);
  const [first, second] = world.upstream.requests as [SeenRequest, SeenRequest];
  expect(valuesOf(first, 'x-user-id')).toEqual(['alice']);
  expect(valuesOf(first, 'x-roles')).toEqual(['editor']);
  expect(namesOf(first)).not.toContain('x_user_id');
  expect(namesOf(second).filter((name) => /user|roles/.test(name))).toEqual([]);
});

test('so it does with the handshake of a WebSocket', async () => {
  await using world = await openWorld({ respond: () => SWITCHED }, apis);
  const { key } = await world.gateway.createKey({ name: 'a', owner: 'alice' });
  const client = await openRawClient(world.port);
  await client.write(
    [
      'GET /chat HTTP/1.1',
      'Host: a.test',
      'Connection: Upgrade, X-User-Id',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
      `X-API-Key: ${key}`,
      'X-User-Id: admin',
      'X_User_Id: admin',
      'X-Roles: admin',
      '',
      '',
    ].join('\r\n'),
  );
  const { responses } = await client.read(1);
  expect(responses[0]?.status).toBe(101);
  const [seen] = world.upstream.requests as [SeenRequest];
  expect(valuesOf(seen, 'x-user-id')).toEqual(['alice']);
  expect(namesOf(seen).filter((name) => /x_user_id|x-roles/.test(name))).toEqual([]);
  client.close();
});

test('trailers do not say who is asking either', async () => {
  await using world = await openWorld({}, apis);
  const client = await openRawClient(world.port);
  const head =
    'POST /open HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\nTrailer: X-User-Id\r\n\r\n';
  await client.write(`${head}1\r\nx\r\n0\r\nX-User-Id: admin\r\n\r\n`);
  expect((await client.read(1)).responses[0]?.status).toBe(200);
  expect(Buffer.concat(world.upstream.bytes()).toString('latin1')).not.toContain('admin');
  client.close();
});

test('a name that carries credentials somewhere cannot tell who is asking', async () => {
  const authenticate = { identityHeaders: { 'x-api-KEY': 'subject' } };
  const refused = openWorld({}, (upstream) => ({
    apis: [
      { id: 'a', path: '/a', upstream, authenticate: { apiKey: { forward: true } } },
      { id: 'b', path: '/b', upstream, authenticate: { apiKey: { header: 'X-B' }, ...authenticate } },
    ],
  }));
  await expect(refused).rejects.toThrow('/apis/1/authenticate/identityHeaders/x-api-KEY');
});
