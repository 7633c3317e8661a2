import { afterAll, beforeAll, expect, test } from 'vitest';
import { askRecorded, fieldOf } from '../support/recorded.ts';
import { type RecordingUpstream, type Reply, start } from '../support/recording-upstream.ts';
import { plainConfig, startTestGateway, type TestGateway } from '../support/test-gateway.ts';

const EVIL = 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil';
const LINE = 'HTTP/1.1 200 OK\r\n';
const CHUNKED = `${LINE}Transfer-Encoding: chunked\r\n`;

/** Answers that must be refused, by name. */
const INVALID: Record<string, Reply> = {
  'length-and-coding': `${LINE}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n`,
  'coding-and-length': `${CHUNKED}Content-Length: 5\r\n\r\n2\r\nhi\r\n0\r\n\r\n`,
  // In pieces the head is there before anything is wrong with the body.
  'length-and-coding-in-pieces': [
    { write: `${LINE}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n` },
    { waitMs: 50 },
    { write: '2\r\nhi\r\n0\r\n\r\n' },
  ],
  'two-lengths': [
    { write: `${LINE}Content-Length: 2\r\nContent-Length: 3\r\n\r\n` },
    { waitMs: 50 },
    { write: 'hi!' },
  ],
  'two-equal-lengths': `${LINE}Content-Length: 2\r\nContent-Length: 2\r\n\r\nhi`,
  'list-of-lengths': `${LINE}Content-Length: 2, 2\r\n\r\nhi`,
  'signed-length': `${LINE}Content-Length: +2\r\n\r\nhi`,
  'huge-length': `${LINE}Content-Length: 99999999999999999999\r\n\r\nhi`,
  'two-codings': `${CHUNKED}Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n`,
  'coding-gzip': `${LINE}Transfer-Encoding: gzip\r\n\r\nhi`,
  'coding-gzip-chunked': `${LINE}Transfer-Encoding: gzip, chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n`,
  'coding-identity': `${LINE}Transfer-Encoding: identity\r\n\r\nhi`,
  'line-feed-in-value': `${LINE}X-A: a\nX-Injected: yes\r\nContent-Length: 2\r\n\r\nhi`,
  'carriage-return-in-value': `${LINE}X-A: a\rX-Injected: yes\r\nContent-Length: 2\r\n\r\nhi`,
  'null-in-value': `${LINE}X-A: a\0b\r\nContent-Length: 2\r\n\r\nhi`,
  'space-before-colon': `${LINE}Content-Length : 2\r\n\r\nhi`,
  'space-in-name': `${LINE}X A: b\r\nContent-Length: 2\r\n\r\nhi`,
  folded: `${LINE}X-A: a\r\n b\r\nContent-Length: 2\r\n\r\nhi`,
  'no-header-name': `${LINE}: a\r\nContent-Length: 2\r\n\r\nhi`,
  'http-0.9': 'hi, I am the oldest of them all\r\n',
  'other-protocol': 'SSH-2.0-OpenSSH_9.2p1\r\n',
  'bad-version': 'HTTP/11.1 200 OK\r\nContent-Length: 2\r\n\r\nhi',
  'status-99': 'HTTP/1.1 99 No\r\nContent-Length: 0\r\n\r\n',
  'status-999': 'HTTP/1.1 999 No\r\nContent-Length: 0\r\n\r\n',
  'switch-unasked': 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n',
  'switch-without-field': 'HTTP/1.1 101 Switching Protocols\r\n\r\n',
  'continue-unasked': `HTTP/1.1 100 Continue\r\n\r\n${EVIL}`,
  'interim-flood': `${'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n'.repeat(5000)}${EVIL}`,
  'huge-header': `${LINE}X-A: ${'a'.repeat(70_000)}\r\nContent-Length: 2\r\n\r\nhi`,
  'many-headers': `${LINE}${'X-A: aaaaaaaaaa\r\n'.repeat(9000)}Content-Length: 2\r\n\r\nhi`,
};

/** Answers whose head is good and whose body is not: the client must see that it is not whole. */
const BROKEN_LATER: Record<string, Reply> = {
  'bad-chunk': `${CHUNKED}\r\nzz\r\nhi\r\n0\r\n\r\n`,
  'chunk-without-end': `${CHUNKED}\r\n2\r\nhi0\r\n\r\n`,
  'chunk-line-feed': `${CHUNKED}\r\n2\nhi\n0\n\n`,
  'huge-chunk': `${CHUNKED}\r\nfffffffffffffffff\r\nhi\r\n0\r\n\r\n`,
  'broken-trailer': `${CHUNKED}\r\n2\r\nhi\r\n0\r\nX A: b\r\n\r\n`,
};

let upstream: RecordingUpstream;
let gateway: TestGateway;

beforeAll(async () => {
  const script = { ...INVALID, ...BROKEN_LATER };
  upstream = await start({
    respond: ({ target }) => script[target.slice(1)] ?? EVIL.replace('evil', 'good'),
  });
  const target = `http://127.0.0.1:${upstream.port}`;
  gateway = await startTestGateway(
    plainConfig(upstream.port, {
      apis: [
        {
          id: 'web',
          path: '/',
          upstream: { targets: [target], passive: { failures: 1000 } },
          authenticate: 'none',
          timeouts: { firstByteMs: 1500, idleMs: 1500 },
        },
      ],
    }),
  );
});
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await upstream.close();
});

test.each(Object.keys(INVALID))(
  '%s is refused with 502, never passed on, and not asked for again',
  async (name) => {
    upstream.clear();
    const recorded = await askRecorded(gateway, `GET /${name}`);
    expect(recorded).toMatchObject({ status: 502, reason: 'upstream.invalid', attempts: 1 });
    expect(recorded.detail.length).toBeGreaterThan(5);
    expect(recorded.response?.body.toString()).not.toMatch(/evil|hi|oldest/);
    expect(fieldOf(recorded, 'x-injected')).toEqual([]);
    expect(upstream.requests).toHaveLength(1);
  },
);

test.each(Object.keys(BROKEN_LATER))('%s does not look complete to the client', async (name) => {
  const recorded = await askRecorded(gateway, `GET /${name}`);
  expect(recorded.reason).toBe('upstream.invalid');
  if (recorded.status !== 502) expect(recorded.response).toMatchObject({ status: 200, isComplete: false });
});

test('a header that never ends is cut by its size or its time', async () => {
  const endless = await start({
    interrupt: () => [
      { write: LINE },
      ...Array.from({ length: 100 }, () => ({ write: `X-A: ${'a'.repeat(1000)}\r\n` })),
    ],
  });
  gateway.writeConfig(plainConfig(endless.port));
  expect((await gateway.gateway.reload()).problems).toEqual([]);
  expect(await askRecorded(gateway)).toMatchObject({ status: 502, reason: 'upstream.invalid' });
  await endless.close();
});

test('a second answer behind the first is never that of another request', async () => {
  let isFirst = true;
  const poisoner = await start({
    respond: () => {
      const answer = EVIL.replace('evil', 'good') + (isFirst ? EVIL : '');
      isFirst = false;
      return answer;
    },
  });
  gateway.writeConfig(plainConfig(poisoner.port));
  expect((await gateway.gateway.reload()).problems).toEqual([]);
  for (let i = 0; i < 5; i++) expect((await askRecorded(gateway)).response?.body.toString()).toBe('good');
  await poisoner.close();
});

test.each([
  ['204 No Content\r\nContent-Length: 4\r\n\r\n', 204],
  ['304 Not Modified\r\nContent-Length: 4\r\n\r\n', 304],
])(
  'an answer that has no body is answered without one, whatever it says of its length: %s',
  async (head, status) => {
    const odd = await start({ respond: () => `HTTP/1.1 ${head}` });
    gateway.writeConfig(plainConfig(odd.port));
    expect((await gateway.gateway.reload()).problems).toEqual([]);
    const recorded = await askRecorded(gateway);
    expect(recorded).toMatchObject({ status, reason: 'request.passed' });
    if (status === 204) expect(fieldOf(recorded, 'content-length')).toEqual([]);
    await odd.close();
  },
);
