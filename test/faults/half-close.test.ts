import type { Socket } from 'node:net';
import { expect, test } from 'vitest';
import { openPushing } from '../http1/pushing.ts';
import { reasonOf } from '../http1/world.ts';
import { openRawClient } from '../support/raw-client.ts';
import { plainConfig, startTestGateway, until } from '../support/test-gateway.ts';
import { untilNoConnection } from './metrics.ts';

const HANDSHAKE =
  'GET /chat HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
  'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';
const SWITCH = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';

function noteEnd(socket: Socket): () => boolean {
  let isEnded = false;
  socket.on('end', () => {
    isEnded = true;
  });
  return () => isEnded;
}

test.each(['', 'early'])(
  'a client that sends no more before the switch (after "%s") ends its side of the tunnel',
  async (early) => {
    await using pushing = await openPushing();
    await using gateway = await startTestGateway(plainConfig(Number(new URL(pushing.origin).port)));
    const client = await openRawClient(gateway.port);
    await client.write(HANDSHAKE + early);
    client.end();
    const socket = await pushing.next();
    const isEnded = noteEnd(socket);
    socket.write(`${SWITCH}hello`);
    await until('the upstream is told of the end', isEnded, 3_000);
    const { responses, rest } = await client.read(undefined, 500);
    expect([responses[0]?.status, rest.toString()]).toEqual([101, 'hello']);
    client.close();
    expect((await gateway.records(1)).map(reasonOf)).toEqual(['request.passed']);
  },
);

test('a client that is gone before the switch leaves no tunnel', async () => {
  await using pushing = await openPushing();
  await using gateway = await startTestGateway(plainConfig(Number(new URL(pushing.origin).port)));
  const client = await openRawClient(gateway.port);
  await client.write(HANDSHAKE);
  client.end();
  const socket = await pushing.next();
  // Read to the last byte, so that closing sends no reset.
  socket.write(SWITCH);
  await client.read(1);
  client.close();
  await untilNoConnection(gateway);
  await until('the upstream connection is closed', () => socket.destroyed, 3_000);
});
