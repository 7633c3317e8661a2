import { EventEmitter } from 'node:events';
import type { ServerHttp2Stream } from 'node:http2';
import { expect, test } from 'vitest';
import { FieldLines } from '../lib/http/field-lines.ts';
import { parseIp } from '../lib/ip/address.ts';
import type { BodySink, ConnectionFacts } from './exchange.ts';
import { Http2Exchange } from './http2-exchange.ts';
import { OpenExchanges } from './open-exchanges.ts';
import type { ClientLimits } from './settings.ts';

const LIMITS = { headerCount: 100, headerBytes: 16_384 } as ClientLimits;
const FACTS = {
  listener: 'web',
  secure: true,
  tlsVersion: 'TLSv1.3',
  serverName: '',
  certificate: null,
  peer: parseIp('192.0.2.1'),
};

/** A stream whose client opens no window: what is written stays. */
class StuckStream extends EventEmitter {
  headersSent = false;
  closed = false;
  destroyed = false;
  aborted = false;
  writableFinished = false;
  isEnded = false;
  heads: string[][] = [];
  paused = false;

  respond(fields: string[]): void {
    this.headersSent = true;
    this.heads.push(fields);
  }

  write(): boolean {
    return false;
  }

  end(): void {
    this.isEnded = true;
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
  }

  isPaused(): boolean {
    return this.paused;
  }
}

function open(
  method = 'GET',
  endsWithHead = true,
): { stream: StuckStream; exchange: Http2Exchange; all: OpenExchanges } {
  const stream = new StuckStream();
  const all = new OpenExchanges();
  const raw = [':method', method, ':scheme', 'https', ':authority', 'api.test', ':path', '/'];
  const asStream = stream as unknown as ServerHttp2Stream;
  return {
    stream,
    all,
    exchange: new Http2Exchange(FACTS as ConnectionFacts, asStream, raw, endsWithHead, all, LIMITS),
  };
}

test('a small answer that is not taken counts as blocked, so that pace.ts ends it', () => {
  const { stream, exchange, all } = open();
  exchange.writeHead(200, FieldLines.fromFlat(['Content-Length', '2']));
  exchange.end('ok');
  expect(exchange.isBlocked).toBe(true);
  expect(all.size).toBe(1);
  stream.emit('close');
  expect(all.size).toBe(0);
});

test('a body that was cut off without an error code does not look complete, nor hang while it is paused', () => {
  const { stream, exchange } = open('POST', false);
  const seen: string[] = [];
  const sink: BodySink = {
    onData: (chunk) => seen.push(chunk.toString()),
    onEnd: () => seen.push('end'),
    onAborted: (failure) => seen.push(`aborted ${failure}`),
  };
  exchange.readBody(sink);
  stream.emit('data', Buffer.from('half'));
  exchange.pauseBody();
  stream.aborted = true;
  stream.emit('aborted');
  expect(stream.paused).toBe(false);
  stream.emit('end');
  expect(seen).toEqual(['half', 'aborted null']);
});

test.each([204, 205, 304])('a %i has no body, whatever the upstream sends', (status) => {
  const { stream, exchange } = open();
  exchange.writeHead(status, FieldLines.fromFlat(['Content-Length', '2', 'HTTP2-Settings', 'x']));
  expect(exchange.write(Buffer.from('hi'))).toBe(true);
  exchange.end();
  expect(stream.heads).toEqual([
    [':status', String(status), ...(status === 304 ? ['content-length', '2'] : [])],
  ]);
  expect(exchange.bytesOut).toBe(0);
});

test('a stream that is gone takes no answer', () => {
  const { stream, exchange } = open();
  stream.closed = true;
  exchange.writeHead(200, new FieldLines());
  exchange.write(Buffer.from('x'));
  exchange.end('x');
  expect({ heads: stream.heads, isEnded: stream.isEnded }).toEqual({ heads: [], isEnded: false });
});
