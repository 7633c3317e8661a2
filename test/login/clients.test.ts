import { describe, expect, test } from 'vitest';
import { getHead, openHttp2Client } from '../support/http2-client.ts';
import { openRawClient } from '../support/raw-client.ts';
import { startTestGateway, until } from '../support/test-gateway.ts';
import { apiCertificate, tlsListener } from '../support/tls-world.ts';
import { logIn, logInAll, loginBytes, loginConfig, says, startLogins, times } from './world.ts';

const named = { userName: { field: 'username' } };

describe('who asks', () => {
  test('a client that nobody trusts cannot be another address each time', async () => {
    const upstream = await startLogins();
    const config = { ...loginConfig(upstream.port, named), trustedProxies: [] };
    await using gateway = await startTestGateway(config);
    const spoofed = Array.from({ length: 8 }, (_, at) => ({
      from: `198.51.100.${at}`,
      lines: `Forwarded: for=198.51.100.${at}\r\nX-Real-IP: 198.51.100.${at}\r\nClient-IP: 198.51.100.${at}\r\n`,
    }));
    expect(await logInAll(gateway.port, spoofed)).toEqual([401, 401, 401, 401, 401, 401, 429, 429]);
    await upstream.close();
  });

  test('behind a trusted proxy, what the client itself wrote counts for nothing', async () => {
    const upstream = await startLogins();
    await using gateway = await startTestGateway(loginConfig(upstream.port, named));
    const spoofed = Array.from({ length: 8 }, (_, at) => ({ from: `198.51.100.${at}, 192.0.2.7` }));
    expect(await logInAll(gateway.port, spoofed)).toEqual([401, 401, 401, 401, 401, 401, 429, 429]);
    await upstream.close();
  });

  test('a client cannot be another one with each address of its IPv6 network', async () => {
    const upstream = await startLogins();
    await using gateway = await startTestGateway(loginConfig(upstream.port, named));
    const rotating = Array.from({ length: 8 }, (_, at) => ({ from: `2001:db8:0:1:${at}:${at}:${at}:${at}` }));
    expect(await logInAll(gateway.port, rotating)).toEqual([401, 401, 401, 401, 401, 401, 429, 429]);
    expect(await logInAll(gateway.port, [{ from: '::ffff:192.0.2.1' }, { from: '192.0.2.1' }])).toEqual([
      401, 401,
    ]);
    await upstream.close();
  });

  test('logins that share an HTTP/2 connection are counted one by one', async () => {
    const upstream = await startLogins(() => [{ waitMs: 200 }, { write: says(401, 'no') }]);
    const { key, cert } = apiCertificate();
    const config = { ...loginConfig(upstream.port, named), listeners: [tlsListener(1)] };
    await using gateway = await startTestGateway(config, { '0.pem': cert, '0.key': key });
    const client = await openHttp2Client(gateway.port);
    const streams = Array.from({ length: 40 }, (_, at) => 2 * at + 1);
    const body = '{"username":"alice"}';
    for (const stream of streams) {
      const head = getHead({ ':method': 'POST', ':path': '/login', 'content-type': 'application/json' });
      client.head(stream, head, 0);
      client.data(stream, body);
    }
    await until('all are answered', () => streams.every((stream) => client.answer(stream).isEnded));
    const statuses = streams.map((stream) => client.answer(stream).status);
    expect(statuses.filter((status) => status === 401)).toHaveLength(6);
    expect(statuses.filter((status) => status === 429)).toHaveLength(34);
    expect(upstream.requests).toHaveLength(6);
    client.close();
    await upstream.close();
  });

  test('streams that are reset at once count as the failures they may have been', async () => {
    const upstream = await startLogins(() => null);
    const { key, cert } = apiCertificate();
    const config = { ...loginConfig(upstream.port, named), listeners: [tlsListener(1)] };
    await using gateway = await startTestGateway(config, { '0.pem': cert, '0.key': key });
    const client = await openHttp2Client(gateway.port);
    for (let at = 0; at < 6; at++) {
      const head = getHead({ ':method': 'POST', ':path': '/login', 'content-type': 'application/json' });
      client.head(2 * at + 1, head, 0);
      client.data(2 * at + 1, '{"username":"alice"}');
      await until('it arrived', () => upstream.requests.length === at + 1);
      client.send(3, 0, 2 * at + 1, Uint8Array.of(0, 0, 0, 8));
    }
    const list = async () =>
      (await (await gateway.admin('/v1/logins/blocked')).json()) as { blocked: object[] };
    await until('the address is blocked', async () => (await list()).blocked.length === 1);
    client.close();
    await upstream.close();
  });
});

describe('upstreams', () => {
  test('one that does not answer blocks nobody', async () => {
    const upstream = await startLogins(() => null);
    const config = loginConfig(upstream.port, named, { defaults: { timeouts: { firstByteMs: 100 } } });
    await using gateway = await startTestGateway(config);
    expect(await logInAll(gateway.port, times(8))).toEqual(times(8).map(() => 504));
    await upstream.close();
    expect(await logInAll(gateway.port, times(8))).toEqual(times(8).map(() => 502));
  });

  test('one that says too much is heard by nobody', async () => {
    const upstream = await startLogins();
    const block = { ...named, genericFailure: true };
    await using gateway = await startTestGateway(loginConfig(upstream.port, block));
    const [wrong, nobody] = [
      await logIn(gateway.port, { user: 'alice' }),
      await logIn(gateway.port, { user: 'nobody' }),
    ];
    const told = ({ status, body, fields }: typeof wrong) => ({
      status,
      body: body.replace(/"request_id":"[^"]*"/, ''),
      fields: Object.entries(fields).map(([name, value]) =>
        name === 'x-request-id' ? name : `${name}: ${value}`,
      ),
    });
    expect(told(nobody)).toEqual(told(wrong));
    expect(wrong.status).toBe(401);
    expect((await logIn(gateway.port, { password: 'right' })).body).toBe('welcome');
    await upstream.close();
  });

  test('one that takes its time with some users is as slow with all', async () => {
    const upstream = await startLogins(({ body }) =>
      body.toString().includes('nobody') ? says(401, '') : [{ waitMs: 120 }, { write: says(401, 'no') }],
    );
    const block = { ...named, failures: 20, minimumMs: 400 };
    await using gateway = await startTestGateway(loginConfig(upstream.port, block));
    for (const user of ['nobody', 'alice', 'nobody', 'alice']) {
      const startMs = performance.now();
      expect((await logIn(gateway.port, { user })).status).toBe(401);
      expect(performance.now() - startMs).toBeGreaterThan(399);
    }
    await upstream.close();
  });

  test('a client that goes away while its answer is held up harms nothing', async () => {
    const upstream = await startLogins();
    const block = { ...named, failures: 20, minimumMs: 300 };
    await using gateway = await startTestGateway(loginConfig(upstream.port, block));
    const client = await openRawClient(gateway.port);
    await client.write(loginBytes());
    await until('it arrived', () => upstream.requests.length === 1);
    client.socket.resetAndDestroy();
    expect((await logIn(gateway.port, { password: 'right' })).status).toBe(200);
    const records = await gateway.records(2);
    expect(records.map(({ portcullis }) => portcullis.decision.reason).sort()).toEqual([
      'request.aborted',
      'request.passed',
    ]);
    expect(gateway.log.filter(({ level }) => level === 'error')).toEqual([]);
    await upstream.close();
  });
});

describe('the operator', () => {
  test('who observes sees what would be refused, and nobody is', async () => {
    const upstream = await startLogins();
    await using gateway = await startTestGateway(loginConfig(upstream.port, { ...named, mode: 'observe' }));
    expect(await logInAll(gateway.port, times(8))).toEqual(times(8).map(() => 401));
    expect((await logIn(gateway.port, { body: '{' })).status).toBe(401);
    expect((await logIn(gateway.port, { from: '192.0.2.9', body: 'x'.repeat(100_000) })).status).toBe(401);
    const records = await gateway.records(10);
    const observed = records.flatMap(({ portcullis }) => portcullis.checks ?? []);
    const verdicts = observed.filter(({ stage, reason }) => stage === 'login' && reason !== undefined);
    expect(verdicts.map(({ verdict, reason }) => `${verdict} ${reason}`)).toEqual([
      ...Array(5).fill('would-deny login.blocked'),
      'would-deny login.unreadable',
      'would-deny validation.body-size',
    ]);
    await upstream.close();
  });

  test('lists who is blocked and unblocks; a reload changes nothing about it', async () => {
    const upstream = await startLogins();
    const config = loginConfig(upstream.port, named);
    await using gateway = await startTestGateway(config);
    await logInAll(gateway.port, times(6));
    await logInAll(gateway.port, times(6, { from: '2001:db8::1' }));
    expect((await gateway.gateway.reload()).problems).toEqual([]);
    expect((await logIn(gateway.port)).status).toBe(429);
    const list = async () =>
      ((await (await gateway.admin('/v1/logins/blocked')).json()) as { blocked: { address: string }[] })
        .blocked;
    const shown = (await list()).sort((a, b) => a.address.localeCompare(b.address));
    expect(shown).toEqual([
      { address: '192.0.2.7', realm: 'web', reason: 'login.blocked', until: expect.any(String) },
      { address: '2001:db8::/64', realm: 'web', reason: 'login.blocked', until: expect.any(String) },
    ]);
    const end = async (address: string) => {
      const path = `/v1/logins/blocked?address=${encodeURIComponent(address)}`;
      return (await gateway.admin(path, { method: 'DELETE' })).json();
    };
    expect(await end('2001:db8::/64')).toEqual({ ended: 1 });
    expect(await end('192.0.2.7')).toEqual({ ended: 1 });
    expect(await end('192.0.2.7')).toEqual({ ended: 0 });
    expect(await end('2001:db8::1/64')).toMatchObject({ status: 422 });
    expect(await list()).toEqual([]);
    expect((await logIn(gateway.port, { password: 'right' })).status).toBe(200);
    await upstream.close();
  });
});

describe('other ways in', () => {
  test.each(['/login/', '/LOGIN', '/%6Cogin', '/x/../login', '/login?x=1', '/./login', '//login'])(
    '%s is the same door or none',
    async (path) => {
      const upstream = await startLogins();
      await using gateway = await startTestGateway(loginConfig(upstream.port, named));
      await logInAll(gateway.port, times(6));
      upstream.clear();
      const { status } = await logIn(gateway.port, { path });
      expect([400, 429]).toContain(status);
      expect(upstream.requests).toEqual([]);
      await upstream.close();
    },
  );

  test('a user name that the gateway does not see reaches nobody', async () => {
    const upstream = await startLogins();
    await using gateway = await startTestGateway(loginConfig(upstream.port, named));
    const form = 'application/x-www-form-urlencoded';
    const hidden = [
      { body: '{"username":"a","username":"victim"}' },
      { body: '{"username":["victim"]}' },
      { type: form, body: 'username=a&username=victim' },
      { path: '/login?username=victim', type: form, body: 'username=a' },
      { type: 'multipart/form-data; boundary=x', body: '--x--' },
      { type: 'text/plain', body: '{"username":"victim"}' },
      { lines: 'Content-Encoding: gzip\r\n' },
      { body: '' },
      { body: JSON.stringify({ username: 'a', pad: 'x'.repeat(20_000) }) },
    ];
    expect(await logInAll(gateway.port, hidden)).toEqual([400, 400, 400, 400, 400, 400, 400, 400, 413]);
    expect(upstream.requests).toEqual([]);
    await upstream.close();
  });
});
