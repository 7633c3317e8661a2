import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { valuesOf } from '../support/message-reader.ts';
import { exchange, RawClient } from '../support/raw-client.ts';
import { type RecordingUpstream, start } from '../support/recording-upstream.ts';
import { plainConfig, startTestGateway, type TestGateway, until } from '../support/test-gateway.ts';
import { apiCertificate, tlsListener } from '../support/tls-world.ts';

const REQUEST = 'GET / HTTP/1.1\r\nHost: api.test\r\n\r\n';
const V1 = 'PROXY TCP4 198.51.100.7 192.0.2.1 4711 443\r\n';
const SIGNATURE = '0d0a0d0a000d0a515549540a';
const V2 = hex(`${SIGNATURE} 21 11 000c c6336407 c0000201 1267 01bb`);
const V2_IPV6 = hex(
  `${SIGNATURE} 21 21 0024 20010db8000000000000000000000007 20010db8000000000000000000000001 1267 01bb`,
);
/** With the extension of a balancer that tells of its own TLS. */
const V2_EXTENDED = hex(`${SIGNATURE} 21 11 0014 c6336407 c0000201 1267 01bb 200005 0700000000`);

let upstream: RecordingUpstream;
let gateway: TestGateway;
let securePort: number;

beforeAll(async () => {
  upstream = await start();
  const { cert, key } = apiCertificate();
  gateway = await startTestGateway(
    plainConfig(upstream.port, {
      trustedProxies: ['127.0.0.1'],
      limits: { headerTimeoutMs: 500, connectionsPerAddress: 2 },
      listeners: [
        { name: 'web', host: '127.0.0.1', port: 0, proxyProtocol: true },
        tlsListener(1, { listener: { name: 'secure', proxyProtocol: true } }),
      ],
    }),
    { '0.pem': cert, '0.key': key },
  );
  securePort = gateway.gateway.ports.secure as number;
});

afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await upstream.close();
});

function hex(text: string): Buffer {
  return Buffer.from(text.replaceAll(' ', ''), 'hex');
}

function withRequest(preamble: string | Buffer): Buffer {
  return Buffer.concat([
    typeof preamble === 'string' ? Buffer.from(preamble, 'latin1') : preamble,
    Buffer.from(REQUEST),
  ]);
}

async function clientOf(pieces: readonly (Buffer | string)[]): Promise<string[]> {
  upstream.clear();
  const { responses } = await exchange(gateway.port, pieces, { expect: 1 });
  expect(responses.map(({ status }) => status)).toEqual([200]);
  return upstream.requests.flatMap((request) => valuesOf(request, 'x-real-ip'));
}

describe('what a balancer says', () => {
  test.each<[string, string | Buffer, string]>([
    ['version 1', V1, '198.51.100.7'],
    ['version 1, IPv6', 'PROXY TCP6 2001:db8::7 2001:db8::1 4711 443\r\n', '2001:db8::7'],
    ['version 1, unknown: the balancer itself', 'PROXY UNKNOWN\r\n', '127.0.0.1'],
    ['version 2', V2, '198.51.100.7'],
    ['version 2, IPv6', V2_IPV6, '2001:db8::7'],
    ['version 2 with extensions', V2_EXTENDED, '198.51.100.7'],
    ['version 2, a health check of its own', hex(`${SIGNATURE} 20 00 0000`), '127.0.0.1'],
  ])('%s', async (_what, preamble, client) => {
    expect(await clientOf([withRequest(preamble)])).toEqual([client]);
  });

  test.each<[string, string | Buffer]>([
    ['version 1', V1],
    ['version 2', V2_EXTENDED],
  ])('%s byte by byte', async (_what, preamble) => {
    const bytes = withRequest(preamble);
    const pieces = Array.from(bytes.subarray(0, -REQUEST.length + 5), (byte) => Buffer.of(byte));
    expect(await clientOf([...pieces, bytes.subarray(pieces.length)])).toEqual(['198.51.100.7']);
  });

  test('the journal names balancer and client', async () => {
    const { responses } = await exchange(gateway.port, withRequest(V1), { expect: 1 });
    const [id] = valuesOf(responses[0]!, 'x-request-id');
    await until('the record', async () =>
      (await gateway.records(1)).some((record) => record['http.request.id'] === id),
    );
    const record = (await gateway.records(1)).find((each) => each['http.request.id'] === id);
    expect(record).toMatchObject({ 'client.ip': '198.51.100.7' });
  });

  test('forwarding fields of a client behind it are claims like any other', async () => {
    const claimed = `${V1}GET / HTTP/1.1\r\nHost: api.test\r\nX-Forwarded-For: 1.2.3.4\r\n\r\n`;
    expect(await clientOf([claimed])).toEqual(['198.51.100.7']);
  });
});

describe('what is no preamble is closed without an answer', () => {
  test.each<[string, string | Buffer]>([
    ['none', REQUEST],
    ['another version', hex(`${SIGNATURE} 31 11 000c c6336407 c0000201 1267 01bb`)],
    ['UDP', hex(`${SIGNATURE} 21 12 000c c6336407 c0000201 1267 01bb`)],
    ['too short for its addresses', hex(`${SIGNATURE} 21 11 0004 c6336407`)],
    ['an address with a leading zero', 'PROXY TCP4 198.51.100.07 192.0.2.1 4711 443\r\n'],
    ['an address of the other family', 'PROXY TCP4 2001:db8::7 192.0.2.1 4711 443\r\n'],
    ['a port above 65535', 'PROXY TCP4 198.51.100.7 192.0.2.1 70000 443\r\n'],
    ['LF alone', 'PROXY TCP4 198.51.100.7 192.0.2.1 4711 443\n'],
    ['a line without end', `PROXY TCP4 ${'1'.repeat(200)}`],
    ['lower case', V1.toLowerCase()],
    ['a second one, as a request', `${V1}${V1}`],
  ])('%s', async (_what, preamble) => {
    upstream.clear();
    const { responses, closed } = await exchange(gateway.port, withRequest(preamble));
    expect(closed).not.toBe('open');
    expect(responses.every(({ status }) => status === 400)).toBe(true);
    expect(upstream.requests).toHaveLength(0);
  });

  test.each<[string, string]>([
    ['nothing', ''],
    ['half of one', 'PROXY TCP4 198.5'],
  ])('%s, until the time is over', async (_what, start) => {
    const { closed } = await exchange(gateway.port, start, { idleMs: 3_000 });
    expect(closed).not.toBe('open');
  });

  test('from a peer that is not trusted', async () => {
    const config = plainConfig(upstream.port, {
      trustedProxies: ['192.0.2.0/24'],
      listeners: [{ name: 'web', host: '127.0.0.1', port: 0, proxyProtocol: true }],
    });
    await using other = await startTestGateway(config);
    upstream.clear();
    expect((await exchange(other.port, withRequest(V1))).closed).not.toBe('open');
    expect(upstream.requests).toHaveLength(0);
  });

  test('a listener that wants none takes it for a broken request', async () => {
    await using other = await startTestGateway(plainConfig(upstream.port, { trustedProxies: ['127.0.0.1'] }));
    const { responses } = await exchange(other.port, withRequest(V1), { expect: 1 });
    expect(responses.map(({ status }) => status)).toEqual([400]);
  });
});

/** Speaks TLS behind a preamble, which goes ahead in pieces or in one packet with the ClientHello. */
function openBehind(pieces: readonly (string | Buffer)[]): Promise<RawClient> {
  return new Promise((resolve, reject) => {
    const tcp = connect(securePort, '127.0.0.1', () => {
      for (const piece of pieces.slice(0, -1)) tcp.write(piece);
      tcp.cork();
      tcp.write(pieces.at(-1) as string | Buffer);
      const secure = connectTls({ socket: tcp, rejectUnauthorized: false }, () =>
        resolve(new RawClient(secure, [])),
      );
      secure.once('error', reject);
      setImmediate(() => tcp.uncork());
    });
    tcp.once('error', reject);
  });
}

describe('with TLS behind the preamble', () => {
  test.each<[string, readonly (string | Buffer)[]]>([
    ['version 1', [V1]],
    ['version 2', [V2]],
    ['in pieces', [V2.subarray(0, 3), V2.subarray(3, 20), V2.subarray(20)]],
  ])('%s', async (_what, pieces) => {
    upstream.clear();
    const client = await openBehind(pieces);
    await client.write(REQUEST);
    expect((await client.read(1)).responses.map(({ status }) => status)).toEqual([200]);
    client.close();
    expect(upstream.requests.flatMap((request) => valuesOf(request, 'x-real-ip'))).toEqual(['198.51.100.7']);
  });

  test('a ClientHello without preamble gets no handshake', async () => {
    await expect(openBehind([''])).rejects.toThrow();
  });
});

test('connections are counted for the client, not for the balancer', async () => {
  const preambleOf = (client: string): string => `PROXY TCP4 ${client} 192.0.2.1 4711 443\r\n`;
  const open: RawClient[] = [];
  const hold = async (client: string): Promise<boolean> => {
    const socket = connect(gateway.port, '127.0.0.1');
    const raw = new RawClient(socket, []);
    open.push(raw);
    await raw.write(`${preambleOf(client)}${REQUEST}`);
    return (await raw.read(1)).responses.length === 1;
  };
  expect([await hold('198.51.100.1'), await hold('198.51.100.1'), await hold('198.51.100.1')]).toEqual([
    true,
    true,
    false,
  ]);
  expect([await hold('198.51.100.2'), await hold('198.51.100.2')]).toEqual([true, true]);
  for (const raw of open) raw.close();
  await until('the places are free again', () => hold('198.51.100.1'));
  for (const raw of open) raw.close();
});
