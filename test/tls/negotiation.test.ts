import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeCertificate } from '../support/certificates.ts';
import { handshake, tls12Suites } from '../support/openssl.ts';
import { exchange } from '../support/raw-client.ts';
import { openTlsWorld, type TlsWorld } from '../support/tls-world.ts';

const RSA_SUITES = [
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'DHE-RSA-AES256-GCM-SHA384',
];
const ECDSA_SUITES = ['ECDHE-ECDSA-AES256-GCM-SHA384', 'ECDHE-ECDSA-AES128-GCM-SHA256'];
const TLS13_SUITES = ['TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256', 'TLS_AES_128_GCM_SHA256'];
const WEAK = ['-cipher', 'ALL:COMPLEMENTOFALL:@SECLEVEL=0'];

let rsa: TlsWorld;
let ecdsa: TlsWorld;

beforeAll(async () => {
  rsa = await openTlsWorld({ certificates: [makeCertificate(['api.test'], 'rsa')] });
  ecdsa = await openTlsWorld({ certificates: [makeCertificate(['api.test'], 'ecdsa')] });
});

afterAll(async () => {
  await rsa[Symbol.asyncDispose]();
  await ecdsa[Symbol.asyncDispose]();
});

/** The suites a server takes, in its order: offers all, then all but those it chose. */
async function chosenSuites(
  port: number,
  offered: readonly string[],
  option: readonly string[],
): Promise<string[]> {
  const chosen: string[] = [];
  for (let left = offered; left.length > 0; left = left.filter((name) => !chosen.includes(name))) {
    const { cipher } = await handshake(port, [...option.slice(0, -1), `${option.at(-1)}${left.join(':')}`]);
    if (cipher === '' || chosen.includes(cipher)) break;
    chosen.push(cipher);
  }
  return chosen;
}

describe('versions', () => {
  test.each(['-tls1', '-tls1_1'])('%s is refused at the handshake', async (option) => {
    expect((await handshake(rsa.port, [option, ...WEAK])).version).toBe('');
  });

  test.each([
    ['-tls1_2', 'TLSv1.2'],
    ['-tls1_3', 'TLSv1.3'],
  ])('%s is spoken', async (option, version) => {
    expect((await handshake(rsa.port, [option])).version).toBe(version);
  });

  test('the newest version is chosen', async () => {
    expect((await handshake(rsa.port, [])).version).toBe('TLSv1.3');
  });

  test('minVersion TLSv1.3 leaves nothing older', async () => {
    await using strict = await openTlsWorld({ tls: { minVersion: 'TLSv1.3' } });
    expect((await handshake(strict.port, ['-tls1_2'])).version).toBe('');
    expect((await handshake(strict.port, ['-tls1_3'])).version).toBe('TLSv1.3');
  });
});

describe('cipher suites', () => {
  test('TLS 1.3: the three of the requirements, in their order whatever the client prefers', async () => {
    const reversed = [...TLS13_SUITES, 'TLS_AES_128_CCM_SHA256', 'TLS_AES_128_CCM_8_SHA256'].reverse();
    expect(await chosenSuites(rsa.port, reversed, ['-tls1_3', '-ciphersuites', ''])).toEqual(TLS13_SUITES);
  });

  test('TLS 1.2 with RSA: the three of the requirements, in their order', async () => {
    const offered = tls12Suites().reverse();
    expect(offered.length).toBeGreaterThan(50);
    const chosen = await chosenSuites(rsa.port, offered, ['-tls1_2', '-cipher', '@SECLEVEL=0:']);
    expect(chosen).toEqual(RSA_SUITES);
  });

  test('TLS 1.2 with ECDSA: their counterparts and nothing else', async () => {
    const chosen = await chosenSuites(ecdsa.port, tls12Suites().reverse(), [
      '-tls1_2',
      '-cipher',
      '@SECLEVEL=0:',
    ]);
    expect(chosen).toEqual(ECDSA_SUITES);
  });

  test('DHE parameters have at least 2048 bits', async () => {
    const { output } = await handshake(rsa.port, ['-tls1_2', '-cipher', 'DHE-RSA-AES256-GCM-SHA384']);
    expect(Number(/Server Temp Key: DH, (\d+) bits/.exec(output)?.[1])).toBeGreaterThanOrEqual(2048);
  });

  test.each(['X25519', 'P-256', 'P-384'])('the group %s is taken', async (group) => {
    expect((await handshake(rsa.port, ['-groups', group])).version).toBe('TLSv1.3');
  });

  test.each(['P-521', 'ffdhe2048'])('the group %s is not', async (group) => {
    expect((await handshake(rsa.port, ['-tls1_3', '-groups', group])).version).toBe('');
  });
});

describe('what a client may not do', () => {
  test('renegotiate', async () => {
    const { output } = await handshake(
      rsa.port,
      ['-tls1_2'],
      [
        ['Verify return code', 'R\n'],
        ['RENEGOTIATING', 'Q\n'],
      ],
    );
    expect(output).toContain('RENEGOTIATING');
    expect(output).toMatch(/no renegotiation|handshake failure/);
  });

  test('compress', async () => {
    expect((await handshake(rsa.port, ['-tls1_2', '-comp'])).output).toMatch(/Compression: NONE/);
  });
});

describe('ALPN', () => {
  test.each([
    ['h2,http/1.1', 'h2'],
    ['http/1.1,h2', 'h2'],
    ['http/1.1', 'http/1.1'],
  ])('%s gives %s', async (offered, chosen) => {
    expect((await handshake(rsa.port, ['-alpn', offered])).output).toContain(`ALPN protocol: ${chosen}`);
  });

  test('a client without ALPN speaks HTTP/1.1', async () => {
    const request = 'GET / HTTP/1.1\r\nHost: api.test\r\n\r\n';
    const { responses } = await exchange(rsa.port, request, { tls: {}, expect: 1 });
    expect(responses[0]?.status).toBe(200);
  });

  test('nothing in common ends the handshake (RFC 7301, 3.2)', async () => {
    const { version, output } = await handshake(rsa.port, ['-alpn', 'spdy/3']);
    expect(version).toBe('');
    expect(output).toContain('no application protocol');
  });

  test('h2 is not offered where the listener says so', async () => {
    await using plain = await openTlsWorld({ tls: { http2: false } });
    expect((await handshake(plain.port, ['-alpn', 'h2,http/1.1'])).output).toContain(
      'ALPN protocol: http/1.1',
    );
  });
});
