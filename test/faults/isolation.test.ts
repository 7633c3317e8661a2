import { request as requestPlain } from 'node:http';
import { request as requestSecure } from 'node:https';
import type { Socket } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openFrom } from '../http1/world.ts';
import { makeCertificate } from '../support/certificates.ts';
import { plainConfig, startTestGateway, type TestGateway } from '../support/test-gateway.ts';
import { differenceFrom, markedBytes } from './marked-bytes.ts';
import { type MarkingUpstream, openMarking } from './marking-upstream.ts';

/** Connections at once. */
const CONNECTIONS = 200;
const SIZES = [1, 13, 1000, 16_383, 16_385, 65_535, 65_536, 65_537, 200_000, 1_048_576];
const PAUSE_MS = 3;

let plain: MarkingUpstream;
let secure: MarkingUpstream;
let gateway: TestGateway;

beforeAll(async () => {
  const certificate = makeCertificate(['a.test']);
  [plain, secure] = await Promise.all([openMarking(), openMarking(certificate)]);
  const tls = { certificates: [{ cert: './a.pem', key: './a.key' }] };
  const body = { maxBodyBytes: 4_000_000 };
  const common = { authenticate: 'none' };
  gateway = await startTestGateway(
    plainConfig(0, {
      listeners: [
        { name: 'web', host: '127.0.0.1', port: 0 },
        { name: 'tls', host: '127.0.0.1', port: 0, tls },
      ],
      defaults: { validate: body },
      apis: [
        { id: 'plain', path: '/plain', upstream: plain.origin, ...common },
        { id: 'held', path: '/held', upstream: plain.origin, validate: { ...body, json: {} }, ...common },
        {
          id: 'secure',
          path: '/secure',
          upstream: { targets: [secure.origin], tls: { verify: false } },
          ...common,
        },
      ],
    }),
    { 'a.pem': certificate.cert, 'a.key': certificate.key },
  );
});
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await Promise.all([plain[Symbol.asyncDispose](), secure[Symbol.asyncDispose]()]);
});

interface Visit {
  readonly api: 'plain' | 'held' | 'secure';
  readonly isSecure: boolean;
  readonly mark: string;
  readonly up: number;
  readonly down: number;
  readonly isChunked: boolean;
  readonly isSlow: boolean;
}

/** Every connection another mix, all marks different. */
function visitOf(at: number): Visit {
  return {
    api: (['plain', 'held', 'secure'] as const)[at % 3] as Visit['api'],
    isSecure: at % 4 === 3,
    mark: `c${at.toString(36).padStart(3, '0')}`,
    // What is held may have 1 MiB with all that is around it.
    up: Math.min(
      SIZES[(at * 7) % SIZES.length] as number,
      at % 3 === 1 ? 1_000_000 : Number.POSITIVE_INFINITY,
    ),
    down: SIZES[(at * 3 + 1) % SIZES.length] as number,
    isChunked: at % 5 < 2,
    isSlow: at % 6 === 0,
  };
}

function bodyOf({ api, mark, up }: Visit): Buffer {
  const bytes = markedBytes(mark, up);
  return api === 'held' ? Buffer.from(JSON.stringify({ text: bytes.toString('latin1') })) : bytes;
}

/** Sends and receives; returns what is wrong with the answer, or ''. */
function visit(each: Visit): Promise<string> {
  const { api, isSecure, mark, up, down, isChunked, isSlow } = each;
  const flags = `x${isChunked ? 'c' : ''}${isSlow ? 'u' : ''}${api === 'held' ? 'j' : ''}`;
  const body = bodyOf(each);
  const framing = isChunked ? { 'Transfer-Encoding': 'chunked' } : { 'Content-Length': body.length };
  const options = {
    host: '127.0.0.1',
    port: gateway.gateway.ports[isSecure ? 'tls' : 'web'] as number,
    path: `/${api}/${mark}/${up}/${down}/${flags}`,
    method: 'POST',
    agent: false,
    rejectUnauthorized: false,
    headers: { ...framing, ...(api === 'held' ? { 'Content-Type': 'application/json' } : {}) },
  };
  return new Promise((resolve) => {
    const request = (isSecure ? requestSecure : requestPlain)(options, async (response) => {
      const pieces: Buffer[] = [];
      try {
        for await (const piece of response) {
          pieces.push(piece as Buffer);
          if (isSlow) await new Promise((wake) => setTimeout(wake, PAUSE_MS));
        }
      } catch (error) {
        return resolve(`${mark}: ${error}`);
      }
      const wrong = differenceFrom(mark, down, Buffer.concat(pieces));
      resolve(
        response.statusCode === 200 ? wrong : `${mark}: ${response.statusCode} ${Buffer.concat(pieces)}`,
      );
    });
    request.on('error', (error) => resolve(`${options.path}: ${error}`));
    const half = body.length >> 1;
    request.write(body.subarray(0, half));
    setImmediate(() => request.end(body.subarray(half)));
  });
}

const HANDSHAKE = (api: string): string =>
  `GET /${api}/chat HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
  'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';

/** Receives until there are `size` bytes, with pauses where `isSlow`. */
async function receive(socket: Socket, size: number, isSlow: boolean): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of socket.iterator({ destroyOnReturn: false })) {
    pieces.push(piece as Buffer);
    bytes += (piece as Buffer).length;
    if (bytes >= size) break;
    if (isSlow) await new Promise((wake) => setTimeout(wake, PAUSE_MS));
  }
  return Buffer.concat(pieces);
}

/** Sends marked bytes through a tunnel to an echo and compares what comes back. */
async function tunnel({ api, isSecure, mark, up, isSlow }: Visit): Promise<string> {
  const port = gateway.gateway.ports[isSecure ? 'tls' : 'web'] as number;
  const client = await openFrom('127.0.0.1', port, { isSecure });
  client.socket.write(HANDSHAKE(api === 'held' ? 'plain' : api));
  const { responses } = await client.read(1, 20_000);
  if (responses[0]?.status !== 101) return `${mark}: ${responses[0]?.status}`;
  client.socket.removeAllListeners('data');
  client.socket.pause();
  client.socket.write(markedBytes(mark, up));
  const back = await receive(client.socket, up, isSlow);
  client.close();
  return differenceFrom(mark, up, back);
}

test('no byte of one connection shows up in another one', async () => {
  const visits = Array.from({ length: CONNECTIONS }, (_, at) => visitOf(at));
  const wrong = await Promise.all(visits.map(visit));
  expect(wrong.filter((text) => text !== '')).toEqual([]);
  expect([...plain.differences, ...secure.differences]).toEqual([]);
});

test('nor in tunnels, with uploads and downloads beside them', async () => {
  const visits = Array.from({ length: CONNECTIONS }, (_, at) => visitOf(at + CONNECTIONS));
  const wrong = await Promise.all(visits.map((each, at) => (at % 2 === 0 ? tunnel(each) : visit(each))));
  expect(wrong.filter((text) => text !== '')).toEqual([]);
  expect([...plain.differences, ...secure.differences]).toEqual([]);
  expect(gateway.log.filter(({ level }) => level === 'error')).toEqual([]);
});
