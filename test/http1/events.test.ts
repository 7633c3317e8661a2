import { expect, test } from 'vitest';
import { openRawClient } from '../support/raw-client.ts';
import { until } from '../support/test-gateway.ts';
import { openPushing } from './pushing.ts';
import { openWorld, reasonOf } from './world.ts';

test('server-sent events arrive one by one, each before the next is sent', async () => {
  await using pushing = await openPushing();
  await using world = await openWorld({}, () => ({
    apis: [{ id: 'web', path: '/', upstream: pushing.origin, authenticate: 'none' }],
  }));
  const client = await openRawClient(world.port);
  let received = '';
  client.socket.on('data', (chunk: Buffer) => {
    received += chunk.toString();
  });
  await client.write('GET /events HTTP/1.1\r\nHost: a.test\r\nAccept: text/event-stream\r\n\r\n');
  const socket = await pushing.next();
  socket.write('HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n');
  await until('the head arrives before any event', () => received.includes('text/event-stream'));
  for (let event = 0; event < 20; event++) {
    const data = `data: ${event}\n\n`;
    socket.write(`${data.length.toString(16)}\r\n${data}\r\n`);
    await until(`event ${event}`, () => received.includes(data));
  }
  client.close();
  // Until something is written to it, a client that closed looks like one that only ended its own side.
  await until('the upstream is told that nobody listens any more', () => {
    if (!socket.destroyed) socket.write('3\r\n:\n\n\r\n');
    return socket.destroyed;
  });
  expect((await world.gateway.records(1)).map(reasonOf)).toEqual(['request.aborted']);
});

test('a long poll is answered whenever the upstream is ready', async () => {
  await using pushing = await openPushing();
  await using world = await openWorld({}, () => ({
    apis: [{ id: 'web', path: '/', upstream: pushing.origin, authenticate: 'none' }],
  }));
  const client = await openRawClient(world.port);
  await client.write('GET /poll HTTP/1.1\r\nHost: a.test\r\n\r\n');
  const socket = await pushing.next();
  socket.write('HTTP/1.1 200 OK\r\n');
  socket.write('Content-Length: 2\r\n\r\n');
  socket.write('o');
  socket.write('k');
  const { responses } = await client.read(1);
  expect(responses[0]?.body.toString()).toBe('ok');
  client.close();
});
