import { connect, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import type { Exchange } from '../../src/proxy/exchange.ts';
import { until } from '../support/test-gateway.ts';
import { lines, openBareServer } from './bare-server.ts';

const GET = 'GET /a HTTP/1.1\r\nHost: x\r\n\r\n';
/** More than the system takes for a client that does not read. */
const MUCH = 16 * 1024 * 1024;
const PIECE = Buffer.alloc(4_000, 'x');
const NOTHING = { onDrain() {}, onClose() {} };

function openUnreading(port: number, text: string): Socket {
  const client = connect(port, '127.0.0.1');
  client.on('error', () => {});
  client.pause();
  client.write(text);
  return client;
}

test('small pieces for a client that does not read ask to wait, as large ones do', async () => {
  let exchange: Exchange | null = null;
  await using bare = await openBareServer((taken) => {
    exchange = taken;
    taken.owner = NOTHING;
  });
  const client = openUnreading(bare.port, GET);
  await until('the request is there', () => exchange !== null);
  const taken = exchange as unknown as Exchange;
  taken.writeHead(200, lines());
  let bytes = 0;
  // One piece per turn, as from an upstream that sends events.
  for (let hasRoom = true; hasRoom && bytes < 2 * MUCH; bytes += PIECE.length) {
    hasRoom = taken.write(PIECE);
    taken.flush();
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
  expect(bytes).toBeLessThan(MUCH);
  client.destroy();
});

const CUTS = [
  'the client resets',
  'the client resets while more waits unread',
  'the connection is cut',
] as const;

test.each(CUTS)(
  'an answer that was not taken when %s is not complete, and no request follows it',
  async (cut) => {
    const taken: Exchange[] = [];
    const completed: boolean[] = [];
    await using bare = await openBareServer((exchange) => {
      taken.push(exchange);
      exchange.owner = { onDrain() {}, onClose: (isCompleted) => void completed.push(isCompleted) };
      exchange.writeHead(200, lines('Content-Length', String(MUCH)));
      exchange.write(Buffer.alloc(MUCH));
      exchange.end();
    });
    // Beyond 64 KiB of waiting requests the connection is read no further, so a reset is seen by the write alone.
    const client = openUnreading(bare.port, GET.repeat(cut.includes('unread') ? 5_000 : 2));
    await until('the request is there', () => taken.length > 0);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(completed).toEqual([]);
    if (cut === 'the connection is cut') taken[0]?.abort();
    else client.resetAndDestroy();
    await until('the exchange is over', () => completed.length > 0);
    expect(completed).toEqual([false]);
    expect(taken).toHaveLength(1);
    await until('nothing is left', () => bare.exchanges.size === 0);
    client.destroy();
  },
);
