import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openWorld, type World } from '../http1/world.ts';
import { needs } from '../support/binaries.ts';
import { valuesOf } from '../support/message-reader.ts';
import { handshake } from '../support/openssl.ts';
import { openTlsWorld, type TlsWorld } from '../support/tls-world.ts';
import { curl } from './curl.ts';
import { markedBytes } from './marked-bytes.ts';

const BIG = markedBytes('curl', 300_000);

let plain: World;
let secure: TlsWorld;

beforeAll(async () => {
  plain = await openWorld();
  secure = await openTlsWorld();
});
afterAll(async () => {
  await plain[Symbol.asyncDispose]();
  await secure[Symbol.asyncDispose]();
});

const isThere = needs('curl', 'curl');

describe.skipIf(!isThere)('curl', () => {
  const url = (path = '/a'): string => `http://127.0.0.1:${plain.port}${path}`;

  test('asks three times on one connection', async () => {
    const { code, out, err } = await curl([url('/1'), url('/2'), url('/3')]);
    expect([code, out]).toEqual([0, 'okokok']);
    expect(err.match(/Re-using existing connection/g)).toHaveLength(2);
    expect(err).not.toContain('Connection: close');
  });

  test('uploads in chunks from a pipe', async () => {
    plain.upstream.clear();
    const { code, out } = await curl(['-T', '-', url('/up')], BIG);
    expect([code, out]).toEqual([0, 'ok']);
    expect(plain.upstream.requests.map(({ method, target }) => `${method} ${target}`)).toEqual(['PUT /up']);
    expect(plain.upstream.requests[0]?.body.equals(BIG)).toBe(true);
  });

  test('waits for 100 before it uploads', async () => {
    plain.upstream.clear();
    const args = [
      '-H',
      'Expect: 100-continue',
      '--expect100-timeout',
      '10',
      '--data-binary',
      '@-',
      url('/up'),
    ];
    const { code, out, err } = await curl(args, BIG);
    expect([code, out]).toEqual([0, 'ok']);
    expect(err).toContain('< HTTP/1.1 100 Continue');
    expect(err).not.toContain('Done waiting');
    expect(plain.upstream.requests[0]?.body.equals(BIG)).toBe(true);
  });

  test('speaks HTTP/1.0, with and without keep-alive', async () => {
    const { code, out, err } = await curl(['-0', url('/1'), url('/2')]);
    expect([code, out]).toEqual([0, 'okok']);
    expect(err).not.toContain('Re-using');
    const kept = await curl(['-0', '-H', 'Connection: keep-alive', url('/1'), url('/2')]);
    expect([kept.code, kept.out]).toEqual([0, 'okok']);
  });

  test('HEAD has no body, and the connection stays in step', async () => {
    const { code, err } = await curl(['-I', url('/1'), '--next', '-sS', '-v', url('/2')]);
    expect(code).toBe(0);
    expect(err).toContain('Re-using existing connection');
    expect(err).not.toContain('Excess found');
  });

  test('speaks HTTP/1.1 over TLS, and uploads there', async () => {
    secure.upstream.clear();
    const https = `https://127.0.0.1:${secure.port}/up`;
    const args = ['-k', '--http1.1', '-T', '-', https];
    const { code, out, err } = await curl(args, BIG);
    expect([code, out]).toEqual([0, 'ok']);
    expect(err).toContain('ALPN: server accepted http/1.1');
    expect(secure.upstream.requests[0]?.body.equals(BIG)).toBe(true);
    expect(valuesOf(secure.upstream.requests[0] as never, 'transfer-encoding')).toEqual(['chunked']);
  });
});

test('openssl s_client types two requests on one connection', async () => {
  const line = (path: string, last: string): string => `GET ${path} HTTP/1.1\nHost: api.test\n${last}\n`;
  const { output } = await handshake(
    secure.port,
    ['-servername', 'api.test', '-alpn', 'http/1.1', '-crlf', '-ign_eof'],
    [
      ['Verify return code', line('/1', '')],
      ['\r\n\r\nok', line('/2', 'Connection: close\n')],
    ],
  );
  expect(output.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(2);
  expect(output).not.toMatch(/unexpected eof/i);
});
