import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { valuesOf } from '../support/message-reader.ts';
import { exchange } from '../support/raw-client.ts';
import { openTlsWorld, type TlsWorld, tlsListener } from '../support/tls-world.ts';

const HSTS = 'strict-transport-security';

let world: TlsWorld;
let plainPort: number;
let fixedPort: number;

beforeAll(async () => {
  const listeners = [
    tlsListener(1),
    { name: 'plain', host: '127.0.0.1', port: 0, redirectToHttps: true },
    { name: 'fixed', host: '127.0.0.1', port: 0, redirectToHttps: { port: 443 } },
  ];
  world = await openTlsWorld({ config: { listeners } });
  plainPort = world.gateway.gateway.ports.plain as number;
  fixedPort = world.gateway.gateway.ports.fixed as number;
});

afterAll(async () => {
  await world[Symbol.asyncDispose]();
});

async function locationOf(port: number, head: string): Promise<{ status: number; location: string[] }> {
  const { responses } = await exchange(port, `${head}\r\n\r\n`, { expect: 1 });
  const [response] = responses;
  return {
    status: response?.status ?? 0,
    location: response === undefined ? [] : valuesOf(response, 'location'),
  };
}

describe('a plain listener redirects', () => {
  test.each([
    ['path and query', 'GET /a/b?c=d%20e HTTP/1.1\r\nHost: api.test', 'https://api.test/a/b?c=d%20e'],
    [
      'a POST, whose method stays',
      'POST /a HTTP/1.1\r\nHost: api.test\r\nContent-Length: 0',
      'https://api.test/a',
    ],
    ['the canonical path', 'GET /a/./b/../%63 HTTP/1.1\r\nHost: api.test', 'https://api.test/a/c'],
    [
      'two slashes, which are not a host',
      'GET //evil.test/a HTTP/1.1\r\nHost: api.test',
      'https://api.test/evil.test/a',
    ],
    ['the port of the request goes', 'GET / HTTP/1.1\r\nHost: API.test:8080', 'https://api.test/'],
    ['an IPv6 host', 'GET / HTTP/1.1\r\nHost: [::1]:8080', 'https://[::1]/'],
    ['an absolute target', 'GET http://api.test/a HTTP/1.1\r\nHost: api.test', 'https://api.test/a'],
  ])('%s', async (_what, head, location) => {
    expect(await locationOf(fixedPort, head)).toEqual({ status: 308, location: [location] });
  });

  test('to the port of the TLS listener where none is named', async () => {
    const expected = `https://api.test:${world.port}/a`;
    expect((await locationOf(plainPort, 'GET /a HTTP/1.1\r\nHost: api.test')).location).toEqual([expected]);
  });

  test('a client that follows arrives', async () => {
    expect((await locationOf(plainPort, 'GET /a HTTP/1.1\r\nHost: localhost')).location).toEqual([
      `https://localhost:${world.port}/a`,
    ]);
    const request = 'GET /a HTTP/1.1\r\nHost: localhost\r\n\r\n';
    const { responses } = await exchange(world.port, request, { tls: {}, expect: 1 });
    expect(responses[0]?.status).toBe(200);
  });

  test.each([
    ['a Host with a path', 'evil.test/x'],
    ['a Host with user information', 'api.test@evil.test'],
    ['a Host with a blank', 'api.test evil.test'],
    ['a Host with a backslash', 'api.test\\evil.test'],
    ['a Host with a fragment', 'api.test#'],
    ['a Host with a tab', 'api.test\tx'],
    ['a Host of escapes', 'api.test%0d%0aX:y'],
    ['a Host with quotes', '"><script>'],
    ['an empty Host', ''],
  ])('%s gets nowhere', async (_what, host) => {
    expect(await locationOf(plainPort, `GET / HTTP/1.1\r\nHost: ${host}`)).toEqual({
      status: 400,
      location: [],
    });
  });

  test('nothing is served in the clear: the upstream saw only what came over TLS', async () => {
    world.upstream.clear();
    for (const head of [
      'GET / HTTP/1.0',
      'OPTIONS * HTTP/1.1\r\nHost: api.test',
      'GET / HTTP/1.0\r\nHost: api.test',
    ]) {
      expect((await locationOf(plainPort, head)).status).toBeGreaterThanOrEqual(300);
    }
    expect(world.upstream.requests).toHaveLength(0);
  });

  test('OPTIONS * has no path to send a client to', async () => {
    const { location } = await locationOf(fixedPort, 'OPTIONS * HTTP/1.1\r\nHost: api.test');
    expect(location.every((url) => /^https:\/\/api\.test(:\d+)?\/?$/.test(url))).toBe(true);
  });
});

describe('HSTS', () => {
  const over = async (head: string, tls: boolean): Promise<string[]> => {
    const port = tls ? world.port : plainPort;
    const { responses } = await exchange(port, `${head}\r\n\r\n`, { expect: 1, ...(tls ? { tls: {} } : {}) });
    return responses[0] === undefined ? ['no answer'] : valuesOf(responses[0], HSTS);
  };

  test.each([
    ['answers', 'GET / HTTP/1.1\r\nHost: api.test'],
    ['refusals', 'TRACE / HTTP/1.1\r\nHost: api.test'],
    ['refusals of what cannot be read', 'GET /a%2fb HTTP/1.1\r\nHost: api.test'],
  ])('is on %s over TLS', async (_what, head) => {
    expect(await over(head, true)).toEqual(['max-age=31536000; includeSubDomains; preload']);
  });

  test.each([
    ['a redirect', 'GET / HTTP/1.1\r\nHost: api.test'],
    ['a refusal', 'GET /a%2fb HTTP/1.1\r\nHost: api.test'],
    ['who only says it came over TLS', 'GET / HTTP/1.1\r\nHost: api.test\r\nX-Forwarded-Proto: https'],
  ])('is not on %s in the clear (RFC 6797, 7.2)', async (_what, head) => {
    expect(await over(head, false)).toEqual([]);
  });
});
