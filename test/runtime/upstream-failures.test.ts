import { afterAll, beforeAll, expect, test } from 'vitest';
import { type BlackHole, openBlackHole } from '../support/black-hole.ts';
import { freePorts } from '../support/free-ports.ts';
import { openRawClient } from '../support/raw-client.ts';
import { askRecorded } from '../support/recorded.ts';
import { type RecordingUpstream, type Reply, start } from '../support/recording-upstream.ts';
import { plainConfig, startTestGateway, type TestGateway } from '../support/test-gateway.ts';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const HEAD = 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n';
const POST = 'Content-Length: 5\r\n\r\nhello';

/** What the upstream does, by path. */
const SCRIPT: Record<string, Reply> = {
  '/ok': OK,
  '/end': [{ close: 'end' }],
  '/reset': [{ close: 'reset' }],
  '/half-head': [{ write: 'HTTP/1.1 200 OK\r\nContent-' }, { close: 'end' }],
  '/silent': [],
  '/half-body': [{ write: `${HEAD}half` }, { close: 'end' }],
  '/stalled-body': [{ write: `${HEAD}half` }],
};

let upstream: RecordingUpstream;
let talker: RecordingUpstream;
let hole: BlackHole;
let gateway: TestGateway;

beforeAll(async () => {
  upstream = await start({ respond: ({ target }) => SCRIPT[target] ?? OK });
  // Answers a TLS handshake as servers do that speak plain HTTP on the port.
  talker = await start({ interrupt: () => 'HTTP/1.1 400 Bad Request\r\n\r\n' });
  hole = await openBlackHole();
  const [closed = 0] = await freePorts(1);
  const api = (id: string, origin: string, more: object = {}) => ({
    id,
    path: `/${id}`,
    stripPath: true,
    upstream: { targets: [origin], passive: { failures: 1000 } },
    authenticate: 'none',
    timeouts: { connectMs: 300, firstByteMs: 300, idleMs: 300 },
    ...more,
  });
  const origin = `http://127.0.0.1:${upstream.port}`;
  gateway = await startTestGateway(
    plainConfig(upstream.port, {
      apis: [
        api('a', origin),
        api('refused', `http://127.0.0.1:${closed}`),
        api('nowhere', 'http://no-such-host.invalid'),
        api('hole', `http://127.0.0.1:${hole.port}`),
        api('plain', `https://127.0.0.1:${talker.port}`),
      ],
    }),
  );
});
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await hole[Symbol.asyncDispose]();
  await Promise.all([upstream.close(), talker.close()]);
});

test.each([
  ['POST /a/end', 502, 'upstream.reset', 1],
  ['POST /a/reset', 502, 'upstream.reset', 1],
  ['GET /a/reset', 502, 'upstream.reset', 2],
  ['POST /a/half-head', 502, 'upstream.reset', 1],
  // Something came back: whatever it was, it was the answer.
  ['GET /a/half-head', 502, 'upstream.reset', 1],
  ['POST /a/silent', 504, 'upstream.first-byte-timeout', 1],
  ['GET /a/silent', 504, 'upstream.first-byte-timeout', 1],
  // Nothing was sent, so that it cannot have its effect twice.
  ['POST /refused', 502, 'upstream.connect', 2],
  ['POST /nowhere', 502, 'upstream.connect', 2],
  ['POST /hole', 504, 'upstream.connect-timeout', 2],
  ['POST /plain', 502, 'upstream.tls', 1],
])('%s: %i %s, asked %i times', async (line, status, reason, attempts) => {
  const recorded = await askRecorded(gateway, line, line.startsWith('POST') ? POST : '\r\n');
  expect(recorded).toMatchObject({ status, reason, attempts });
  expect(recorded.record['http.response.status_code']).toBe(status);
  const problem = JSON.parse(recorded.response?.body.toString() ?? '') as object;
  expect(problem).toMatchObject({ status });
  // Whose fault it is inside is none of the client's business.
  expect(JSON.stringify(problem)).not.toMatch(/127\.0\.0\.1|ECONN|invalid|timeoutMs/);
});

test.each([
  ['/a/half-body', 'upstream.reset'],
  ['/a/stalled-body', 'upstream.idle-timeout'],
])('an answer that breaks off is never complete for the client: %s', async (path, reason) => {
  const recorded = await askRecorded(gateway, `GET ${path}`);
  expect(recorded.reason).toBe(reason);
  expect(recorded.response).toMatchObject({ status: 200, isComplete: false });
  expect(recorded.attempts).toBe(1);
});

test.each([
  ['GET /a/end', '\r\n', 2],
  ['GET /a/reset', '\r\n', 2],
  ['HEAD /a/reset', '\r\n', 2],
  ['DELETE /a/reset', '\r\n', 2],
  ['GET /refused', '\r\n', 2],
  ['GET /hole', '\r\n', 2],
  ['POST /a/reset', '\r\n', 1],
  ['PATCH /a/reset', POST, 1],
  // Its body was passed on as it came and is gone.
  ['PUT /a/reset', POST, 1],
  ['GET /a/half-body', '\r\n', 1],
  ['GET /a/silent', '\r\n', 1],
])('%s is tried again where that does no harm only', async (line, rest, attempts) => {
  upstream.clear();
  expect((await askRecorded(gateway, line, rest)).attempts).toBe(attempts);
  const asked = line.split(' ')[1]?.startsWith('/a/') ? attempts : 0;
  expect(upstream.requests).toHaveLength(asked);
});

test('an upload that its client lets pause does not make the upstream late', async () => {
  const waiting = await start();
  await using own = await startTestGateway(
    plainConfig(waiting.port, { defaults: { timeouts: { firstByteMs: 300 } } }),
  );
  const client = await openRawClient(own.port);
  await client.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nh');
  await new Promise((resolve) => setTimeout(resolve, 900));
  await client.write('ello');
  expect((await client.read(1)).responses.map(({ status }) => status)).toEqual([200]);
  client.close();
  await waiting.close();
});
