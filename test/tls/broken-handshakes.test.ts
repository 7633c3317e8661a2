import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { handshake } from '../support/openssl.ts';
import { exchange } from '../support/raw-client.ts';
import { until } from '../support/test-gateway.ts';
import { openTlsWorld, type TlsWorld } from '../support/tls-world.ts';

const HANDSHAKE_MS = 800;
const LEGACY = ['-cipher', 'ALL:COMPLEMENTOFALL:@SECLEVEL=0'];

let world: TlsWorld;

beforeAll(async () => {
  world = await openTlsWorld({ config: { limits: { headerTimeoutMs: HANDSHAKE_MS } } });
});

afterAll(async () => {
  await world[Symbol.asyncDispose]();
});

async function sample(name: string): Promise<number> {
  const text = await (await world.gateway.admin('/metrics')).text();
  const line = text.split('\n').find((candidate) => candidate.startsWith(`${name} `));
  return line === undefined ? 0 : Number(line.slice(name.length + 1));
}

const handshakes = (version: string, result: string): Promise<number> =>
  sample(`portcullis_tls_handshakes_total{version="${version}",result="${result}"}`);

/** Connects and lets the test do something; resolves to what came back once the gateway has closed. */
function speak(act: (socket: Socket) => void): Promise<Buffer> {
  return new Promise((resolve) => {
    const pieces: Buffer[] = [];
    const socket = connect({ host: '127.0.0.1', port: world.port, allowHalfOpen: true }, () => act(socket));
    socket.on('data', (piece) => pieces.push(piece));
    socket.on('error', () => {});
    socket.on('end', () => socket.destroy());
    socket.on('close', () => resolve(Buffer.concat(pieces)));
  });
}

/** The start of a ClientHello that goes on for another 500 bytes. */
const HALF_HELLO = Buffer.from('1603010200010001fc0303', 'hex');
/** A whole ClientHello of SSL 3.0, which openssl does not speak any more. */
const SSL3_HELLO = Buffer.concat([
  Buffer.from('160300002d010000290300', 'hex'),
  Buffer.alloc(32, 7),
  Buffer.from('000002002f0100', 'hex'),
]);

describe('what is no handshake is closed', () => {
  test.each<[string, (socket: Socket) => void]>([
    ['nothing at all', () => {}],
    ['half a ClientHello and then silence', (socket) => socket.write(HALF_HELLO)],
    ['half a ClientHello and the end', (socket) => socket.end(HALF_HELLO)],
    ['a ClientHello byte by byte', (socket) => void drip(socket)],
    ['plain HTTP', (socket) => socket.write('GET / HTTP/1.1\r\nHost: api.test\r\n\r\n')],
    ['garbage', (socket) => socket.write(Buffer.alloc(2000, 0x41))],
    ['a record that is too long', (socket) => socket.write(Buffer.from('160301ffff', 'hex'))],
    ['SSL 3.0', (socket) => socket.write(SSL3_HELLO)],
    [
      'a PROXY preamble that nobody asked for',
      (socket) => socket.write('PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n'),
    ],
  ])('%s', async (_what, act) => {
    const failed = await handshakes('none', 'failed');
    const answer = await speak(act);
    expect(answer.toString('latin1')).not.toContain('HTTP/1.1 2');
    await until('the failure is counted', async () => (await handshakes('none', 'failed')) > failed);
  });

  test('none of them keeps a connection or reaches the upstream', async () => {
    await until('no connection is open', async () => (await sample('portcullis_connections')) === 0);
    expect(world.upstream.requests).toHaveLength(0);
  });
});

async function drip(socket: Socket): Promise<void> {
  for (const byte of HALF_HELLO) {
    socket.write(Buffer.of(byte));
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

describe('handshakes are counted', () => {
  test.each([
    ['-tls1_2', 'TLSv1.2'],
    ['-tls1_3', 'TLSv1.3'],
  ])('%s as %s', async (option, version) => {
    const before = await handshakes(version, 'ok');
    await handshake(world.port, [option]);
    expect(await handshakes(version, 'ok')).toBe(before + 1);
  });

  test.each([
    ['-tls1', 'TLSv1'],
    ['-tls1_1', 'TLSv1.1'],
  ])('%s as a failure of %s', async (option, version) => {
    const before = await handshakes(version, 'failed');
    await handshake(world.port, [option, ...LEGACY]);
    await until('the failure is counted', async () => (await handshakes(version, 'failed')) === before + 1);
  });
});

test('the thread that saw all this still answers', async () => {
  const { responses } = await exchange(world.port, 'GET / HTTP/1.1\r\nHost: api.test\r\n\r\n', {
    tls: {},
    expect: 1,
  });
  expect(responses[0]?.status).toBe(200);
  expect(world.gateway.log.filter(({ level }) => level === 'error')).toEqual([]);
});
