import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { getHead, openHttp2Client } from '../support/http2-client.ts';
import { issuerBlock, startIssuer, type TestIssuer } from '../support/issuer.ts';
import { valuesOf } from '../support/message-reader.ts';
import { openRawClient } from '../support/raw-client.ts';
import { type RecordingUpstream, type SeenRequest, start } from '../support/recording-upstream.ts';
import { type JournalRecord, startTestGateway, type TestGateway, until } from '../support/test-gateway.ts';
import { apiCertificate, tlsListener } from '../support/tls-world.ts';

const SECRET = 'the secret that the sender has';
const OLD = 'the secret of the last quarter';
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

let upstream: RecordingUpstream;
let gateway: TestGateway;
let issuer: TestIssuer;
let reply = OK;

const nowS = (): number => Math.floor(Date.now() / 1000);

/** The fields of a message that was signed now; messages with other bodies or times are other messages. */
function signed(body: string | Buffer, { secret = SECRET, atS = nowS() } = {}): Record<string, string> {
  const mac = createHmac('sha256', secret).update(`${atS}.`).update(body).digest('hex');
  return { 'X-Time': String(atS), 'X-Webhook-Signature': mac };
}

function config(origin: string): object {
  const secrets = [
    { id: 'old', secret: '${env:HOOK_OLD}', createdAt: '2026-01-01' },
    { id: 'new', secret: '${env:HOOK_SECRET}', createdAt: '2026-09-01' },
  ];
  const webhook = { secrets, timestampHeader: 'X-Time', name: 'shop', scopes: ['hooks:write'] };
  const api = (id: string, more: object): object => ({ id, path: `/${id}`, upstream: origin, ...more });
  return {
    version: 1,
    threads: 2,
    dataDir: './data',
    admin: { port: 0 },
    listeners: [
      { name: 'web', host: '127.0.0.1', port: 0 },
      { ...tlsListener(1), name: 'secure' },
    ],
    issuers: [issuerBlock(issuer)],
    apis: [
      api('hooks', {
        authenticate: { webhook, identityHeaders: { 'X-Sender': 'subject', 'X-How': 'methods' } },
      }),
      api('large', {
        authenticate: { webhook: { ...webhook, maxBodyBytes: 5_000_000 } },
        validate: { json: false, maxBodyBytes: 6_000_000 },
      }),
      api('small', { authenticate: { webhook: { ...webhook, maxBodyBytes: 100 } } }),
      api('json', {
        authenticate: { webhook: { ...webhook, maxBodyBytes: 3000 } },
        validate: { json: { maxBytes: 1000 } },
      }),
      api('short', { authenticate: { webhook }, validate: { maxBodyBytes: 50 } }),
      api('mixed', {
        authenticate: { anyOf: [{ jwt: { issuer: 'test', audience: 'api' } }, { webhook }] },
        authorize: [{ scopes: ['hooks:write'] }],
      }),
      api('both', { authenticate: { allOf: [{ webhook }, { apiKey: {} }] } }),
      api('denied', { authenticate: { webhook }, authorize: [{ scopes: ['other'] }] }),
      api('limited', { authenticate: { webhook }, rateLimit: { perMinute: 1 } }),
      api('far', { authenticate: { webhook: { ...webhook, sources: ['192.0.2.0/24'] } } }),
      api('watched', { authenticate: { mode: 'observe', webhook } }),
    ],
  };
}

beforeAll(async () => {
  Object.assign(process.env, { HOOK_SECRET: SECRET, HOOK_OLD: OLD });
  issuer = await startIssuer();
  upstream = await start({ respond: () => reply });
  const { cert, key } = apiCertificate();
  gateway = await startTestGateway(config(`http://127.0.0.1:${upstream.port}`), {
    '0.pem': cert,
    '0.key': key,
  });
});

afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await upstream.close();
  await issuer[Symbol.asyncDispose]();
});

beforeEach(() => {
  reply = OK;
  upstream.clear();
});

async function post(api: string, fields: Record<string, string>, body: string | Uint8Array) {
  const response = await fetch(`http://127.0.0.1:${gateway.port}/${api}`, {
    method: 'POST',
    headers: fields,
    body,
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text };
}

/** Sends a body in chunks of a kilobyte, and says what status came. */
async function postChunked(
  api: string,
  fields: Record<string, string>,
  body: Buffer,
  more = '',
): Promise<number> {
  const client = await openRawClient(gateway.port, { methods: ['POST'] });
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  await client.write(
    `POST /${api} HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n${more}${lines.join('')}\r\n`,
  );
  for (let at = 0; at < body.length; at += 1024) {
    const piece = body.subarray(at, at + 1024);
    await client.write(
      Buffer.concat([Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from('\r\n')]),
    );
  }
  await client.write('0\r\n\r\n');
  const { responses } = await client.read(more === '' ? 1 : 2);
  client.close();
  return responses.at(-1)?.status ?? 0;
}

/** The record of an answer. */
async function recordOf({ headers }: { readonly headers: Headers }): Promise<JournalRecord> {
  const id = headers.get('x-request-id');
  const found = async () => (await gateway.records(0)).find((record) => record['http.request.id'] === id);
  await until(`the record of ${id}`, async () => (await found()) !== undefined);
  return (await found()) as JournalRecord;
}

async function decisionOf(answer: { readonly headers: Headers }) {
  return (await recordOf(answer)).portcullis.decision;
}

describe('a signed request', () => {
  test('reaches the upstream byte for byte, with who sent it', async () => {
    const body = '{"event":"paid"}';
    const answer = await post('hooks', signed(body), body);
    expect(answer.status).toBe(200);
    const [seen] = upstream.requests as [SeenRequest];
    expect(Buffer.from(seen.body).toString()).toBe(body);
    expect(valuesOf(seen, 'x-sender')).toEqual(['shop']);
    expect(valuesOf(seen, 'x-how')).toEqual(['webhook']);
    const record = await recordOf(answer);
    expect(record).toMatchObject({ 'user.id': 'shop', portcullis: { decision: { effect: 'continue' } } });
  });

  test.each([
    ['large', Buffer.alloc(4_900_000, 'abcdefg')],
    ['hooks', gzipSync('{"compressed":true}')],
    ['hooks', Buffer.from([0, 255, 13, 10, 254])],
    ['hooks', Buffer.alloc(0)],
  ])('to %s may have any bytes, whole and in chunks', async (api, body) => {
    const type = { 'Content-Type': 'application/octet-stream' };
    const at = nowS();
    expect((await post(api, { ...signed(body, { atS: at }), ...type }, body)).status).toBe(200);
    const again = { ...signed(body, { atS: at - 1 }), ...type };
    expect(await postChunked(api, again, body)).toBe(200);
    const bodies = upstream.requests.map((seen) => Buffer.from(seen.body));
    expect(bodies.map((seen) => seen.equals(body))).toEqual([true, true]);
  });

  test('may wait for 100 (Continue)', async () => {
    const body = Buffer.from('{"expected":1}');
    expect(await postChunked('hooks', signed(body), body, 'Expect: 100-continue\r\n')).toBe(200);
    const none = await openRawClient(gateway.port, { methods: ['POST'] });
    await none.write(
      'POST /hooks HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\nExpect: 100-continue\r\nX-Webhook-Signature: x\r\n\r\n',
    );
    // Refused by its head: the body is not even asked for.
    expect((await none.read(1)).responses.map(({ status }) => status)).toEqual([401]);
    none.close();
  });

  test('may come over HTTP/2', async () => {
    const client = await openHttp2Client(gateway.gateway.ports.secure as number);
    const body = '{"over":"h2"}';
    const fields = Object.fromEntries(
      Object.entries(signed(body)).map(([name, value]) => [name.toLowerCase(), value]),
    );
    const head = getHead({ ':method': 'POST', ':path': '/hooks', ...fields });
    for (const [stream, sent] of [
      [1, body],
      [3, `${body} `],
      [5, body],
    ] as const) {
      client.head(stream, head, 0);
      client.data(stream, sent.slice(0, 3), 0);
      client.data(stream, sent.slice(3));
    }
    const statuses = [];
    for (const stream of [1, 3, 5]) statuses.push((await client.finished(stream)).status);
    expect(statuses[1]).toBe(401);
    expect([statuses[0], statuses[2]].sort()).toEqual([200, 409]);
    expect(upstream.requests).toHaveLength(1);
  });
});

describe('what is refused', () => {
  test.each([
    ['without a signature', {}, 401, 'authn.missing'],
    ['with a wrong one', { ...signed('another body') }, 401, 'authn.signature'],
    ['too old', signed('x', { atS: nowS() - 400 }), 401, 'authn.stale'],
    ['too new', signed('x', { atS: nowS() + 400 }), 401, 'authn.stale'],
    ['without its time', { 'X-Webhook-Signature': '0'.repeat(64) }, 401, 'authn.malformed'],
  ])('%s', async (_, fields, status, reason) => {
    const answer = await post('hooks', fields, 'x');
    expect(answer.status).toBe(status);
    expect(answer.headers.get('www-authenticate')).toBe('Webhook realm="hooks"');
    expect(answer.text).not.toContain('oleranceS');
    expect(await decisionOf(answer)).toMatchObject({ reason, stage: 'authentication' });
    expect(upstream.requests).toEqual([]);
  });

  test('from another network, whatever is signed', async () => {
    const answer = await post('far', signed('x'), 'x');
    expect(answer.status).toBe(403);
    expect(await decisionOf(answer)).toMatchObject({ reason: 'authn.source', stage: 'authentication' });
  });

  test.each([
    ['small', 101, 413],
    ['small', 100, 200],
    ['short', 51, 413],
    ['short', 50, 200],
    ['json', 1001, 413],
    ['json', 1000, 200],
    ['json', 3001, 413],
  ])('by %s with %i bytes: %i, whole and in chunks', async (api, bytes, status) => {
    const body = Buffer.from(JSON.stringify('x'.repeat(bytes - 2)));
    const type = { 'Content-Type': 'application/json' };
    expect((await post(api, { ...signed(body), ...type }, body)).status).toBe(status);
    const again = { ...signed(body, { atS: nowS() - 10 }), ...type };
    expect(await postChunked(api, again, body)).toBe(status);
  });

  test('when it comes again, to whichever thread and however many at once; nothing of it is in the journal', async () => {
    const body = '{"once":1}';
    const fields = signed(body);
    const answers = await Promise.all(
      Array.from({ length: 40 }, () => post('hooks', { ...fields, Connection: 'close' }, body)),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(39);
    expect((await post('mixed', fields, body)).status).toBe(409);
    expect(upstream.requests).toHaveLength(1);
    await Promise.all(answers.map(recordOf));
    const journal = readFileSync(gateway.gateway.services.journalPath(), 'utf8');
    expect(journal).toContain('authn.received');
    for (const secret of [SECRET, OLD, fields['X-Webhook-Signature'] as string]) {
      expect(journal).not.toContain(secret);
      expect(JSON.stringify(gateway.log)).not.toContain(secret);
    }
  });

  test('but not when the first one came to nothing', async () => {
    const body = '{"again":1}';
    const fields = signed(body);
    reply = 'HTTP/1.1 500 Broken\r\nContent-Length: 0\r\n\r\n';
    expect((await post('hooks', fields, body)).status).toBe(500);
    reply = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n';
    expect((await post('hooks', fields, body)).status).toBe(200);
    expect((await post('hooks', fields, body)).status).toBe(409);
  });
});

describe('later stages', () => {
  test('know the sender: its rights and its limit', async () => {
    const denied = await post('denied', signed('a'), 'a');
    expect(denied.status).toBe(403);
    expect(await decisionOf(denied)).toMatchObject({ reason: 'authz.scope' });
    expect((await post('limited', signed('b'), 'b')).status).toBe(200);
    const second = signed('c');
    expect((await post('limited', second, 'c')).status).toBe(429);
    // Refused by the limit, so it was not received, and the sender may try elsewhere or later.
    expect((await post('hooks', second, 'c')).status).toBe(200);
  });

  test('and a forged message counts against nobody', async () => {
    const forged = signed('d', { secret: 'a secret that nobody gave out' });
    for (let i = 0; i < 5; i++) expect((await post('denied', forged, 'd')).status).toBe(401);
  });
});

describe('beside other credentials', () => {
  const bearer = (scope: string): Record<string, string> => ({
    Authorization: `Bearer ${issuer.sign({ scope })}`,
  });

  test('either will do', async () => {
    expect((await post('mixed', bearer('hooks:write'), 'e')).status).toBe(200);
    expect((await post('mixed', signed('e'), 'e')).status).toBe(200);
    expect((await post('mixed', bearer('other'), 'e')).status).toBe(403);
  });

  test('a good one does not excuse a bad one, and both must name one caller', async () => {
    const forged = signed('f', { secret: 'a secret that nobody gave out' });
    expect((await post('mixed', { ...bearer('hooks:write'), ...forged }, 'f')).status).toBe(401);
    const badToken = { Authorization: 'Bearer a.b.c' };
    expect((await post('mixed', { ...badToken, ...signed('f') }, 'f')).status).toBe(401);
    const two = await post('mixed', { ...bearer('hooks:write'), ...signed('f') }, 'f');
    expect(two.status).toBe(400);
    expect(await decisionOf(two)).toMatchObject({ reason: 'authn.contradiction' });
    // None of these was received.
    expect((await post('mixed', signed('f'), 'f')).status).toBe(200);
    expect(upstream.requests).toHaveLength(1);
  });

  test('both can be asked for', async () => {
    const { key } = await gateway.createKey({ name: 'k', owner: 'shop-team' });
    expect((await post('both', { ...signed('g'), 'X-API-Key': key }, 'g')).status).toBe(200);
    expect((await post('both', { ...signed('h') }, 'h')).status).toBe(401);
    expect((await post('both', { 'X-API-Key': key }, 'h')).status).toBe(401);
    const [seen] = upstream.requests as [SeenRequest];
    expect(valuesOf(seen, 'x-api-key')).toEqual([]);
  });
});

test('observed, everything passes and is told', async () => {
  for (const [fields, reason] of [
    [signed('i'), undefined],
    [signed('other'), 'authn.signature'],
    [{}, 'authn.missing'],
    [signed('i', { atS: nowS() - 999 }), 'authn.stale'],
  ] as const) {
    const answer = await post('watched', fields, 'i');
    expect(answer.status).toBe(200);
    const told = (await recordOf(answer)).portcullis.checks.find(({ verdict }) =>
      verdict.startsWith('would'),
    );
    expect(told?.reason).toBe(reason);
  }
});

test('the admin API shows references, not secrets', async () => {
  const shown = await (await gateway.admin('/v1/config')).text();
  expect(shown).toContain('${env:HOOK_SECRET}');
  expect(shown).not.toContain(SECRET);
});
