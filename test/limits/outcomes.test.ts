import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { freePorts } from '../support/free-ports.ts';
import { exchange, openRawClient } from '../support/raw-client.ts';
import {
  type RecordingUpstream,
  type Reply,
  type SeenRequest,
  start,
} from '../support/recording-upstream.ts';
import { plainConfig, startTestGateway, type TestGateway, until } from '../support/test-gateway.ts';

const LIMIT = 10;
const CLIENTS = 64;
const answerOf = (status: number, lines = ''): string =>
  `HTTP/1.1 ${status} Some\r\n${lines}Content-Length: 2\r\n\r\nok`;
/** What the upstream can make of a request, and whether it may have done what was asked. */
const ENDS = {
  created: { reply: answerOf(201), counts: true },
  conflict: { reply: answerOf(409), counts: false },
  failed: { reply: answerOf(500), counts: false },
  hangs: { reply: null, counts: true },
  dies: { reply: [{ close: 'reset' }], counts: true },
} as const satisfies Record<string, { reply: Reply; counts: boolean }>;
type End = keyof typeof ENDS;

let upstream: RecordingUpstream;
let gateway: TestGateway;
let answers: (request: SeenRequest) => Reply;
let address = 0;
/** Each test is another client. */
const nextAddress = (): string => `127.0.1.${++address}`;

beforeAll(async () => {
  upstream = await start({ respond: (request) => answers(request) });
  const [closed] = await freePorts(1);
  const limits = [
    { id: 'accounts', by: 'address', perDay: LIMIT, statuses: ['2xx', 302], failureRedirects: ['/again'] },
  ];
  const common = { authenticate: 'none', outcomeLimits: limits, timeouts: { firstByteMs: 700 } };
  const at = (port: number | undefined) => `http://127.0.0.1:${port}`;
  gateway = await startTestGateway(
    plainConfig(upstream.port, {
      threads: 2,
      apis: [
        {
          id: 'shop',
          path: '/',
          upstream: at(upstream.port),
          ...common,
          endpoints: [{ path: '/json', validate: { json: {} } }],
        },
        { id: 'down', path: '/down', upstream: at(closed), ...common },
      ],
    }),
  );
});
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await upstream.close();
});
beforeEach(() => {
  upstream.clear();
  answers = () => ENDS.created.reply;
});

async function post(localAddress: string, path = '/accounts', method = 'POST', body = '{}'): Promise<number> {
  const head = `${method} ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n`;
  const bytes = `${head}Content-Length: ${body.length}\r\n\r\n${body}`;
  const { responses } = await exchange(gateway.port, bytes, {
    expect: 1,
    localAddress,
    methods: [method],
    idleMs: 10_000,
  });
  return responses[0]?.status ?? 0;
}

/** How many requests are passed on, one after the other, until one is refused. */
async function room(localAddress: string): Promise<number> {
  for (let passed = 0; ; passed++) if ((await post(localAddress)) === 429) return passed;
}

test(`of ${CLIENTS} clients at once on two threads, exactly ${LIMIT} create something`, async () => {
  const from = nextAddress();
  const statuses = await Promise.all(Array.from({ length: CLIENTS }, () => post(from)));
  expect(statuses.filter((status) => status === 201)).toHaveLength(LIMIT);
  expect(statuses.filter((status) => status === 429)).toHaveLength(CLIENTS - LIMIT);
  expect(upstream.requests).toHaveLength(LIMIT);
});

test('however the upstream answers, dies or hangs, exactly as many requests as the limit may have created something', async () => {
  const from = nextAddress();
  const ends = Object.keys(ENDS) as End[];
  let counted = 0;
  let most = 0;
  answers = () => {
    const end = ENDS[ends[upstream.requests.length % ends.length] as End];
    if (end.counts) counted++;
    most = Math.max(most, counted);
    return end.reply;
  };
  const client = async (): Promise<void> => {
    for (let i = 0; i < 4; i++) await post(from);
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  expect(counted).toBeLessThanOrEqual(LIMIT);
  answers = () => ENDS.created.reply;
  const rest = await room(from);
  expect(counted + rest).toBe(LIMIT);
  expect(most).toBeLessThanOrEqual(LIMIT);
});

test('a client that gives up while the upstream works has used its place', async () => {
  const from = nextAddress();
  answers = () => null;
  for (let i = 0; i < LIMIT; i++) {
    const client = await openRawClient(gateway.port, { localAddress: from });
    await client.write('POST /accounts HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n');
    await until('the upstream has it', () => upstream.requests.length === i + 1);
    client.close();
  }
  answers = () => ENDS.created.reply;
  await until('all places are used', async () => (await post(from)) === 429);
  expect(upstream.requests.length).toBe(LIMIT);
});

describe('what does not count', () => {
  test.each<[string, () => Promise<number>, number]>([
    ['an upstream that cannot be reached', () => post(`127.0.2.1`, '/down'), 502],
    ['a body that the gateway refuses', () => post(`127.0.2.2`, '/json', 'POST', '{"a":'), 400],
    ['GET', () => post(`127.0.2.3`, '/accounts', 'GET', ''), 201],
    ['HEAD', () => post(`127.0.2.4`, '/accounts', 'HEAD', ''), 201],
  ])('%s', async (_, ask, status) => {
    for (let i = 0; i < LIMIT + 3; i++) expect(await ask()).toBe(status);
  });

  test('a redirect back to the form, but one to anywhere else', async () => {
    const from = nextAddress();
    answers = () => answerOf(302, 'Location: /again?error=taken\r\n');
    for (let i = 0; i < LIMIT + 3; i++) expect(await post(from)).toBe(302);
    answers = () => answerOf(302, 'Location: /welcome\r\n');
    for (let i = 0; i < LIMIT; i++) expect(await post(from)).toBe(302);
    expect(await post(from)).toBe(429);
  });
});

test('an answer that streams has counted when it begins, and one that is refused gives its place back then', async () => {
  const from = nextAddress();
  const slow = (status: number): Reply => [
    { write: `HTTP/1.1 ${status} Some\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n` },
    { waitMs: 400 },
    { write: '0\r\n\r\n' },
  ];
  answers = () => slow(409);
  const open = Array.from({ length: LIMIT }, () => post(from));
  await until('all are with the upstream', () => upstream.requests.length === LIMIT);
  await until('another one is let in while they stream', async () => (await post(from, '/accounts')) === 409);
  await Promise.all(open);
  answers = () => slow(201);
  expect(await room(from)).toBe(LIMIT);
});

test('the refusal and its record name the limit', async () => {
  const from = nextAddress();
  await room(from);
  const count = (await gateway.records(1)).length;
  const bytes = 'POST /accounts HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n';
  const { responses } = await exchange(gateway.port, bytes, { expect: 1, localAddress: from });
  const answer = responses[0];
  expect(JSON.parse(answer?.body.toString() ?? '')).toMatchObject({
    error: 'rate_limit_exceeded',
    current_limit: LIMIT,
    remaining: 0,
    tier: null,
  });
  await until('it is written down', async () => (await gateway.records(1)).length > count);
  const record = (await gateway.records(1)).find(
    ({ portcullis }) => portcullis.decision.reason === 'ratelimit.business',
  );
  expect(record?.portcullis.decision).toMatchObject({
    stage: 'limit-outcome',
    detail: expect.stringContaining(
      'limit `accounts` on outcomes of shop: 10 in any day, counted by address',
    ),
  });
});
