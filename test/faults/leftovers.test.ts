import { connect, createServer, type Server, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { TimerWheel } from '../../src/lib/time/timer-wheel.ts';
import type { Exchange } from '../../src/proxy/exchange.ts';
import { UpstreamCall, type UpstreamSink } from '../../src/proxy/upstream-call.ts';
import { UpstreamTarget } from '../../src/proxy/upstream-target.ts';
import { until } from '../support/test-gateway.ts';
import { lines, openBareServer, tcpHandles } from './bare-server.ts';

const COUNT = 300;
const LARGE = 400_000;
const OWNER = { onDrain() {}, onClose() {} };

/** Answers as the path of a request says. */
function answer(exchange: Exchange): void {
  exchange.owner = OWNER;
  const [, kind] = exchange.rawTarget.split('/');
  const reply = (body: Buffer): void => {
    exchange.writeHead(200, lines('Content-Length', String(body.length)));
    exchange.write(body);
    exchange.end();
  };
  if (kind === 'now') return reply(Buffer.from('ok'));
  if (kind === 'large') return reply(Buffer.alloc(LARGE));
  if (kind === 'later') return void setTimeout(() => reply(Buffer.from('ok')), 20);
  if (kind === 'abort') return exchange.abort();
  if (kind === 'half') {
    exchange.writeHead(200, lines());
    exchange.write(Buffer.from('half'));
    exchange.flush();
    return void setTimeout(() => exchange.abort(), 10);
  }
  if (kind === 'echo') {
    const pieces: Buffer[] = [];
    return exchange.readBody({
      onData: (bytes) => void pieces.push(Buffer.from(bytes)),
      onEnd: () => reply(Buffer.concat(pieces)),
      onAborted() {},
    });
  }
  // 'never': the client leaves first.
}

const post = (path: string, size: number, sent = size): string =>
  `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: ${size}\r\n\r\n${'b'.repeat(sent)}`;
const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;
const CHUNKED =
  'POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTrailer: X\r\n\r\n3\r\nabc\r\n0\r\nX: y\r\n\r\n';

/** What clients send, and how they leave. */
const VISITS: readonly (readonly [string, 'end' | 'reset' | 'destroy'])[] = [
  [get('/now'), 'end'],
  [get('/now') + get('/later') + get('/large'), 'end'],
  [get('/now').repeat(20), 'reset'],
  [get('/large').repeat(20), 'destroy'],
  [post('/echo', 100_000), 'end'],
  [post('/echo', 300_000, 150_000), 'reset'],
  [post('/now', 300_000, 200_000), 'destroy'],
  [post('/now', 200_000), 'end'],
  [CHUNKED + get('/now'), 'end'],
  [`${CHUNKED.slice(0, -40)}zz\r\n`, 'destroy'],
  [get('/abort') + get('/now'), 'end'],
  [get('/half'), 'end'],
  [get('/never'), 'reset'],
  ['GET /now HT', 'end'],
  ['GET\r\n', 'destroy'],
  ['', 'reset'],
];

/** Comes, sends, and leaves after a while; resolves when its socket is closed. */
function visit(port: number, at: number): Promise<void> {
  const [text, leaving] = VISITS[at % VISITS.length] as (typeof VISITS)[number];
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      if (text !== '') socket.write(text);
      setTimeout(() => leave(socket, leaving), 5 + (at % 40));
    });
    socket.on('data', () => {});
    socket.on('error', () => {});
    socket.on('close', () => resolve());
  });
}

function leave(socket: Socket, how: 'end' | 'reset' | 'destroy'): void {
  if (how === 'end') socket.end();
  else if (how === 'reset') socket.resetAndDestroy();
  else socket.destroy();
}

test('clients that come and go in every way leave no timer, no exchange and no socket', async () => {
  const before = tcpHandles();
  {
    await using bare = await openBareServer(answer);
    await Promise.all(Array.from({ length: COUNT }, (_, at) => visit(bare.port, at)));
    await until('no exchange is open', () => bare.exchanges.size === 0);
    await until('no timer is left', () => bare.wheel.size === 0);
    await until('no socket is left', () => tcpHandles() === before + 1);
  }
  await until('the server is gone', () => tcpHandles() === before);
});

/** What upstreams do with a request, by turns. */
const UPSTREAMS: readonly ((socket: Socket) => void)[] = [
  (socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'),
  (socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nKeep-Alive: timeout=0\r\n\r\nok'),
  (socket) => socket.end('HTTP/1.1 200 OK\r\n\r\nuntil the end'),
  (socket) => socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\nmore'),
  (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nhalf'),
  (socket) => socket.write('HTTP/1.1 nonsense\r\n\r\n'),
  (socket) => socket.resetAndDestroy(),
  (socket) => socket.destroy(),
  () => {},
];

async function openUpstream(): Promise<{ server: Server; port: number }> {
  let turn = 0;
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', () => UPSTREAMS[turn++ % UPSTREAMS.length]?.(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, port: (server.address() as { port: number }).port };
}

/** Asks once; resolves when it is over, however. Every seventh call is given up. */
function call(target: UpstreamTarget, at: number): Promise<void> {
  const head = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n';
  const request = {
    method: 'GET',
    head,
    body: null,
    isChunked: false,
    firstByteMs: 300,
    idleMs: 300,
    upgrade: '',
  };
  return new Promise((resolve) => {
    const done = (): void => resolve();
    const sink: UpstreamSink = {
      onHead() {},
      onData: () => {
        if (at % 3 !== 0) return;
        asked.pause();
        setTimeout(() => asked.resume(), 10);
      },
      onPause() {},
      onEnd: done,
      onUpgrade: done,
      onFailure: done,
    };
    const asked = new UpstreamCall(target, request, sink);
    asked.start();
    if (at % 7 !== 0) return;
    setTimeout(() => {
      asked.abort();
      done();
    }, at % 50);
  });
}

test('upstreams that answer, fail and hang leave no timer and no socket', async () => {
  const before = tcpHandles();
  const { server, port } = await openUpstream();
  const wheel = new TimerWheel(performance.now());
  const ticking = setInterval(() => wheel.advance(performance.now()), 10);
  const target = new UpstreamTarget(
    `http://127.0.0.1:${port}`,
    {
      name: 'u',
      targets: [],
      balance: 'roundRobin',
      connections: 20,
      keepAliveMs: 1_000,
      connectMs: 1_000,
      tls: null,
      passive: { failures: 5, ejectMs: 1 },
    },
    wheel,
  );
  for (let round = 0; round < 3; round++)
    await Promise.all(Array.from({ length: COUNT / 3 }, (_, at) => call(target, at)));
  expect(target.active).toBe(0);
  target.close();
  await until('no timer is left', () => wheel.size === 0, 15_000);
  server.close();
  await until('no socket is left', () => tcpHandles() === before);
  clearInterval(ticking);
});
