import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeCertificate } from '../support/certificates.ts';
import { handshake } from '../support/openssl.ts';
import { exchange } from '../support/raw-client.ts';
import { openTlsWorld, type TlsWorld } from '../support/tls-world.ts';

let world: TlsWorld;

beforeAll(async () => {
  world = await openTlsWorld({
    certificates: [
      makeCertificate(['first.test']),
      makeCertificate(['api.test', 'www.api.test']),
      makeCertificate(['*.wild.test']),
      makeCertificate(['exact.wild.test']),
    ],
    config: (upstream) => ({
      apis: [
        { id: 'open', hosts: ['api.test'], path: '/', upstream, authenticate: 'none' },
        {
          id: 'closed',
          hosts: ['first.test'],
          path: '/',
          upstream,
          authenticate: 'none',
          access: { deny: ['127.0.0.0/8'] },
        },
      ],
    }),
  });
});

afterAll(async () => {
  await world[Symbol.asyncDispose]();
});

/** The subject of wildcards says `any` for the asterisk. */
test.each([
  ['an exact name', 'api.test', 'api.test'],
  ['a second name of a certificate', 'www.api.test', 'api.test'],
  ['another case', 'API.Test', 'api.test'],
  ['one label under a wildcard', 'a.wild.test', 'any.wild.test'],
  ['a wildcard in another case', 'A.WILD.test', 'any.wild.test'],
  ['an exact name before a wildcard', 'exact.wild.test', 'exact.wild.test'],
  ['two labels under a wildcard', 'a.b.wild.test', 'first.test'],
  ['the parent of a wildcard', 'wild.test', 'first.test'],
  ['an unknown name', 'unknown.test', 'first.test'],
  ['a name that is a property of objects', '__proto__', 'first.test'],
])('%s', async (_what, name, commonName) => {
  expect((await handshake(world.port, ['-servername', name])).commonName).toBe(commonName);
});

test('no name: the first certificate', async () => {
  expect((await handshake(world.port, ['-noservername'])).commonName).toBe('first.test');
});

/**
 * The name of the handshake picks a certificate and nothing else: versions, suites, routes and every check are the same
 * for all names of a listener, and all of them go by Host. So a Host of another name crosses no border, and 421 would
 * only break clients that share a connection (RFC 9113, 9.1.1) and proxies that send one name for all hosts.
 */
describe('the Host decides, not the name of the handshake', () => {
  test.each([
    ['api.test', 'api.test', 200],
    ['first.test', 'api.test', 200],
    ['api.test', 'first.test', 403],
    ['api.test', 'other.test', 404],
  ])('handshake %s, Host %s: %i', async (servername, host, status) => {
    const request = `GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
    const { responses } = await exchange(world.port, request, { tls: { servername }, expect: 1 });
    expect(responses[0]?.status).toBe(status);
  });
});
