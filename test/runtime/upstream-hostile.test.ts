import { afterAll, beforeAll, expect, test } from 'vitest';
import { ANSWERS, EVIL } from '../conformance/http1/answer-cases.ts';
import { askRecorded, fieldOf } from '../support/recorded.ts';
import { type RecordingUpstream, start } from '../support/recording-upstream.ts';
import { plainConfig, startTestGateway, type TestGateway, until } from '../support/test-gateway.ts';

const LINE = 'HTTP/1.1 200 OK\r\n';
const INVALID = ANSWERS.filter(({ mayHaveBegun }) => mayHaveBegun !== true);
const BROKEN_LATER = ANSWERS.filter(({ mayHaveBegun }) => mayHaveBegun === true);

let upstream: RecordingUpstream;
let gateway: TestGateway;

beforeAll(async () => {
  const replies = new Map(ANSWERS.map(({ name, reply }) => [`/${name}`, reply]));
  upstream = await start({
    respond: ({ target }) => replies.get(target) ?? EVIL.replace('evil', 'good'),
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

test.each(INVALID)(
  '$name is refused with 502, never passed on, and not asked for again',
  async ({ name, detail }) => {
    upstream.clear();
    const recorded = await askRecorded(gateway, `GET /${name}`);
    expect(recorded).toMatchObject({ status: 502, reason: 'upstream.invalid', detail, attempts: 1 });
    expect(recorded.response?.body.toString()).not.toMatch(/evil|hi|oldest/);
    expect(fieldOf(recorded, 'x-injected')).toEqual([]);
    expect(upstream.requests).toHaveLength(1);
  },
);

test.each(BROKEN_LATER)('$name does not look complete to the client', async ({ name, detail }) => {
  const recorded = await askRecorded(gateway, `GET /${name}`);
  expect(recorded).toMatchObject({ reason: 'upstream.invalid', detail });
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

test('an answer that comes while nobody asks is never that of the next request', async () => {
  const talker = await start({
    respond: () => [{ write: EVIL.replace('evil', 'good') }, { waitMs: 30 }, { write: EVIL }],
  });
  gateway.writeConfig(plainConfig(talker.port));
  expect((await gateway.gateway.reload()).problems).toEqual([]);
  for (let i = 0; i < 3; i++) {
    expect((await askRecorded(gateway)).response?.body.toString()).toBe('good');
    // Long before an idle connection would be closed.
    await until('the gateway closes the connection', () => talker.open === 0, 2_000);
  }
  await talker.close();
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
