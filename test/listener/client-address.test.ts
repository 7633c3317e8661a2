import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { valuesOf } from '../support/message-reader.ts';
import { exchange } from '../support/raw-client.ts';
import { type RecordingUpstream, start } from '../support/recording-upstream.ts';
import { plainConfig, startTestGateway, type TestGateway } from '../support/test-gateway.ts';

let upstream: RecordingUpstream;
/** The test is a client like any other. */
let strange: TestGateway;
/** The test is a trusted proxy, and so is 10.0.0.0/8. */
let trusting: TestGateway;

beforeAll(async () => {
  upstream = await start();
  const access = { access: { deny: ['203.0.113.66'] } };
  strange = await startTestGateway(plainConfig(upstream.port, { defaults: access }));
  const trustedProxies = ['127.0.0.0/8', '10.0.0.0/8'];
  trusting = await startTestGateway(plainConfig(upstream.port, { trustedProxies, defaults: access }));
});

afterAll(async () => {
  await strange[Symbol.asyncDispose]();
  await trusting[Symbol.asyncDispose]();
  await upstream.close();
});

interface Seen {
  readonly status: number;
  readonly client: unknown;
  readonly reason: string;
  /** What the upstream got. */
  readonly fields: Readonly<Record<string, string[]>>;
}

const FORWARDING = [
  'x-forwarded-for',
  'x-forwarded-proto',
  'x-forwarded-host',
  'x-real-ip',
  'forwarded',
  'x-request-id',
];

async function send(gateway: TestGateway, ...lines: string[]): Promise<Seen> {
  upstream.clear();
  const count = (await gateway.records(0)).length;
  const request = ['GET / HTTP/1.1', 'Host: api.test', ...lines, '', ''].join('\r\n');
  const { responses } = await exchange(gateway.port, request, { expect: 1 });
  const record = (await gateway.records(count + 1))[count];
  const [forwarded] = upstream.requests;
  const fields = FORWARDING.map((name) => [name, forwarded === undefined ? [] : valuesOf(forwarded, name)]);
  return {
    status: responses[0]?.status ?? 0,
    client: record?.['client.ip'],
    reason: record?.portcullis.decision.reason ?? '',
    fields: Object.fromEntries(fields),
  };
}

describe('a stranger says who it is, and nobody listens', () => {
  test.each([
    ['X-Forwarded-For', 'X-Forwarded-For: 1.2.3.4'],
    ['a chain that ends in us', 'X-Forwarded-For: 1.2.3.4, 127.0.0.1'],
    ['X-Real-IP', 'X-Real-IP: 1.2.3.4'],
    ['Forwarded', 'Forwarded: for=1.2.3.4;proto=https;host=evil.test'],
    ['a Forwarded that cannot be read', 'Forwarded: for="'],
    ['True-Client-IP', 'True-Client-IP: 1.2.3.4'],
    ['X-Client-IP', 'X-Client-IP: 1.2.3.4'],
    ['a look-alike with underscores', 'X_Forwarded_For: 1.2.3.4'],
    ['X-Forwarded-Proto', 'X-Forwarded-Proto: https'],
    ['X-Forwarded-Host', 'X-Forwarded-Host: evil.test'],
    ['X-Original-Forwarded-For', 'X-Original-Forwarded-For: 1.2.3.4'],
  ])('%s', async (_what, line) => {
    const { status, client, fields } = await send(strange, line);
    expect({ status, client }).toEqual({ status: 200, client: '127.0.0.1' });
    expect(fields).toMatchObject({
      'x-forwarded-for': ['127.0.0.1'],
      'x-forwarded-proto': ['http'],
      'x-forwarded-host': ['api.test'],
      'x-real-ip': ['127.0.0.1'],
      forwarded: [],
    });
    expect(Buffer.concat([...upstream.bytes()]).toString('latin1')).not.toMatch(/1\.2\.3\.4|evil/);
  });

  test('a denied address is not evaded nor put on others', async () => {
    expect((await send(strange, 'X-Forwarded-For: 203.0.113.66')).status).toBe(200);
  });

  test('a request id of a stranger is not taken over', async () => {
    const { fields } = await send(strange, 'X-Request-Id: chosen-by-the-client');
    expect(fields['x-request-id']).toHaveLength(1);
    expect(fields['x-request-id']).not.toEqual(['chosen-by-the-client']);
  });
});

describe('a trusted proxy says who the client is', () => {
  test.each([
    ['nothing: the proxy itself', [], '127.0.0.1', '127.0.0.1'],
    ['X-Forwarded-For', ['X-Forwarded-For: 198.51.100.7'], '198.51.100.7', '198.51.100.7, 127.0.0.1'],
    ['with a port', ['X-Forwarded-For: 198.51.100.7:4711'], '198.51.100.7', '198.51.100.7, 127.0.0.1'],
    ['IPv6', ['X-Forwarded-For: 2001:DB8::7'], '2001:db8::7', '2001:db8::7, 127.0.0.1'],
    ['IPv4 in IPv6', ['X-Forwarded-For: ::ffff:198.51.100.7'], '198.51.100.7', '198.51.100.7, 127.0.0.1'],
    [
      'several trusted proxies',
      ['X-Forwarded-For: 198.51.100.7, 10.0.0.1, 10.9.9.9'],
      '198.51.100.7',
      '198.51.100.7, 127.0.0.1',
    ],
    [
      'several lines',
      ['X-Forwarded-For: 198.51.100.7', 'X-Forwarded-For: 10.0.0.1'],
      '198.51.100.7',
      '198.51.100.7, 127.0.0.1',
    ],
    [
      'a claim in front of what the proxy saw',
      ['X-Forwarded-For: 1.2.3.4, 198.51.100.7'],
      '198.51.100.7',
      '198.51.100.7, 127.0.0.1',
    ],
    [
      'a claim in front, through two proxies',
      ['X-Forwarded-For: 1.2.3.4, 198.51.100.7, 10.0.0.1'],
      '198.51.100.7',
      '198.51.100.7, 127.0.0.1',
    ],
    [
      'a claim to be a trusted proxy',
      ['X-Forwarded-For: 1.2.3.4, 10.0.0.5'],
      '1.2.3.4',
      '1.2.3.4, 127.0.0.1',
    ],
    [
      'rubbish in front',
      ['X-Forwarded-For: <script>, 198.51.100.7'],
      '198.51.100.7',
      '198.51.100.7, 127.0.0.1',
    ],
    ['rubbish: the proxy that wrote it', ['X-Forwarded-For: unknown'], '127.0.0.1', '127.0.0.1'],
    ['a number that some take for an address', ['X-Forwarded-For: 3325256704'], '127.0.0.1', '127.0.0.1'],
    ['an empty field', ['X-Forwarded-For:'], '127.0.0.1', '127.0.0.1'],
    ['Forwarded', ['Forwarded: for=198.51.100.7'], '198.51.100.7', '198.51.100.7, 127.0.0.1'],
    [
      'Forwarded with IPv6 and port',
      ['Forwarded: For="[2001:db8::7]:4711";proto=https'],
      '2001:db8::7',
      '2001:db8::7, 127.0.0.1',
    ],
    [
      'a chain in Forwarded',
      ['Forwarded: for=1.2.3.4, for=198.51.100.7, for=10.0.0.1'],
      '198.51.100.7',
      '198.51.100.7, 127.0.0.1',
    ],
    ['an obfuscated node', ['Forwarded: for=_hidden'], '127.0.0.1', '127.0.0.1'],
    [
      'both fields that agree',
      ['X-Forwarded-For: 198.51.100.7', 'Forwarded: for=198.51.100.7'],
      '198.51.100.7',
      '198.51.100.7, 127.0.0.1',
    ],
  ])('%s', async (_what, lines, client, chain) => {
    const seen = await send(trusting, ...lines);
    expect({ status: seen.status, client: seen.client }).toEqual({ status: 200, client });
    expect(seen.fields).toMatchObject({ 'x-forwarded-for': [chain], 'x-real-ip': [client], forwarded: [] });
  });

  test.each([
    ['the two fields name different clients', ['X-Forwarded-For: 198.51.100.7', 'Forwarded: for=1.2.3.4']],
    ['Forwarded cannot be read', ['Forwarded: for="198.51.100.7']],
    ['Forwarded says a thing twice', ['Forwarded: for=198.51.100.7;for=1.2.3.4']],
    [
      'Forwarded that cannot be read beside the older field',
      ['X-Forwarded-For: 198.51.100.7', 'Forwarded: ;;;='],
    ],
  ])('%s: refused', async (_what, lines) => {
    const { status, reason } = await send(trusting, ...lines);
    expect({ status, reason }).toEqual({ status: 400, reason: 'protocol.field' });
    expect(upstream.requests).toHaveLength(0);
  });

  test('the access list judges the client, not the proxy', async () => {
    expect((await send(trusting, 'X-Forwarded-For: 203.0.113.66')).status).toBe(403);
    expect((await send(trusting, 'X-Forwarded-For: 203.0.113.66, 198.51.100.7')).status).toBe(200);
  });

  test.each([
    ['https', 'X-Forwarded-Proto: https', 'https'],
    ['https in Forwarded', 'Forwarded: for=198.51.100.7;proto=https', 'https'],
    ['plain', 'X-Forwarded-Proto: http', 'http'],
    ['nothing', 'X-Other: 1', 'http'],
    ['what the nearest proxy saw', 'X-Forwarded-Proto: https, http', 'http'],
    ['rubbish', 'X-Forwarded-Proto: httpsx', 'http'],
  ])('the scheme: %s', async (_what, line, scheme) => {
    expect((await send(trusting, line)).fields['x-forwarded-proto']).toEqual([scheme]);
  });

  test.each([
    ['one that is well-formed', ['X-Request-Id: abcdef-123456'], true],
    ['two', ['X-Request-Id: abcdef-123456', 'X-Request-Id: abcdef-123456'], false],
    ['one that is too short', ['X-Request-Id: abc'], false],
    ['one that would break the journal', ['X-Request-Id: abcdef"},{"x'], false],
  ])('a request id: %s', async (_what, lines, isTaken) => {
    const { fields } = await send(trusting, ...lines);
    expect(fields['x-request-id']?.[0] === 'abcdef-123456').toBe(isTaken);
  });
});

describe('the limiter counts clients', () => {
  test('behind a trusted proxy each has its own limit; a stranger cannot choose one', async () => {
    const limit = { defaults: { addressLimit: { perMinute: 2 } } };
    await using proxied = await startTestGateway(
      plainConfig(upstream.port, { trustedProxies: ['127.0.0.1'], ...limit }),
    );
    await using direct = await startTestGateway(plainConfig(upstream.port, limit));
    const statuses = async (gateway: TestGateway, clients: readonly string[]): Promise<number[]> => {
      const found: number[] = [];
      for (const client of clients) found.push((await send(gateway, `X-Forwarded-For: ${client}`)).status);
      return found;
    };
    expect(await statuses(proxied, ['1.1.1.1', '1.1.1.1', '2.2.2.2', '1.1.1.1', '2.2.2.2'])).toEqual([
      200, 200, 200, 429, 200,
    ]);
    expect(await statuses(direct, ['1.1.1.1', '2.2.2.2', '3.3.3.3'])).toEqual([200, 200, 429]);
  });
});
