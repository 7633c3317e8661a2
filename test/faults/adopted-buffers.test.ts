import { connect, createServer, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { openRawClient } from '../support/raw-client.ts';
import { plainConfig, startTestGateway, type TestGateway, until } from '../support/test-gateway.ts';
import { differenceFrom, markedBytes } from './marked-bytes.ts';

/** As large as the buffers that large reads go to. */
const BULK = 512 * 1024;
const HEAD_END = '\r\n\r\n';
const EMPTY = `HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0${HEAD_END}`;

/** A request as an upstream got it, and the socket to answer on. */
interface Got {
  readonly socket: Socket;
  readonly target: string;
  readonly body: () => Buffer;
}

/** An upstream that keeps what it gets and answers when told. */
interface Keeping {
  readonly port: number;
  readonly got: readonly Got[];
  close(): void;
}

async function openKeeping(): Promise<Keeping> {
  const got: Got[] = [];
  const server = createServer({ noDelay: true }, (socket) => {
    const pieces: Buffer[] = [];
    socket.on('error', () => {});
    socket.on('data', (piece) => {
      pieces.push(piece);
      if (pieces.length > 1) return;
      const body = (): Buffer => {
        const all = Buffer.concat(pieces);
        return all.subarray(all.indexOf(HEAD_END) + HEAD_END.length);
      };
      got.push({ socket, target: piece.toString('latin1').split(' ')[1] as string, body });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  return { port, got, close: () => void server.close() };
}

const put = (path: string, body: Buffer): Buffer =>
  Buffer.concat([
    Buffer.from(
      `PUT ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}${HEAD_END}`,
    ),
    body,
  ]);

const LARGE = 4_000_000;

function openGateway(upstreamPort: number): Promise<TestGateway> {
  const upstream = `http://127.0.0.1:${upstreamPort}`;
  const common = { upstream, authenticate: 'none' };
  const maxBodyBytes = 64_000_000;
  return startTestGateway(
    plainConfig(0, {
      apis: [
        { id: 'held', path: '/held', ...common, validate: { maxBodyBytes, json: {} } },
        { id: 'plain', path: '/plain', ...common, validate: { maxBodyBytes } },
      ],
    }),
  );
}

/** A body that is held, exactly as large as a buffer for large reads. */
const BODY = Buffer.from(JSON.stringify({ text: 'a'.repeat(BULK - '{"text":""}'.length) }));

test('a held body that is sent again holds no byte of another connection', async () => {
  const upstream = await openKeeping();
  await using gateway = await openGateway(upstream.port);
  const first = await openRawClient(gateway.port);
  await first.write(put('/held', BODY));
  await until('the first attempt is whole', () => upstream.got[0]?.body().length === BULK);
  // Somebody else sends much, which is read into buffers for large reads.
  const others = await Promise.all(Array.from({ length: 4 }, () => openRawClient(gateway.port)));
  for (const other of others) void other.write(put('/plain', Buffer.alloc(LARGE, 'Z')));
  const isRead = (): boolean => upstream.got.filter((each) => each.body().length === LARGE).length === 4;
  await until('they have been read', isRead);
  upstream.got[0]?.socket.resetAndDestroy();
  await until('the second attempt is whole', () => upstream.got[5]?.body().length === BULK);
  const again = (upstream.got[5] as Got).body();
  for (const each of upstream.got) each.socket.destroy();
  for (const each of [first, ...others]) each.close();
  upstream.close();
  expect(again.includes('Z')).toBe(false);
  expect(again.equals(BODY)).toBe(true);
});

/** Sends bodies that are held, and has each sent again. */
async function sendTwice(gateway: TestGateway, upstream: Keeping, count: number): Promise<void> {
  const clients = await Promise.all(Array.from({ length: count }, () => openRawClient(gateway.port)));
  for (const client of clients) void client.write(put('/held', BODY));
  const areWhole = (from: number): boolean =>
    upstream.got.slice(from).filter((each) => each.body().length === BULK).length === count;
  await until('the first attempts are whole', () => areWhole(0));
  for (const { socket } of upstream.got.slice(0, count)) socket.resetAndDestroy();
  await until('the second attempts are whole', () => areWhole(count));
  for (const { socket } of upstream.got.slice(count)) socket.end(EMPTY);
  for (const client of clients) {
    await client.read(1);
    client.close();
  }
}

test('nor do such bodies become the buffers of two connections each', async () => {
  const upstream = await openKeeping();
  await using gateway = await openGateway(upstream.port);
  // Fewer than the failures that take a target out.
  const count = 3;
  await sendTwice(gateway, upstream, count);
  const readers = Array.from({ length: 2 * count }, () => connect(gateway.port, '127.0.0.1').pause());
  for (const [at, reader] of readers.entries())
    reader.write(`GET /plain/m${at} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
  await until('all are asked', () => upstream.got.length === 2 * count + readers.length);
  const size = 2 * LARGE;
  for (const { socket, target } of upstream.got.slice(2 * count)) {
    socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`);
    socket.write(markedBytes(target.slice('/plain/'.length), size));
  }
  // Until the gateway holds bytes that no reader takes.
  await new Promise((resolve) => setTimeout(resolve, 300));
  const differences = readers.map(async (reader, at) => {
    const all = Buffer.concat(await reader.toArray());
    return differenceFrom(`m${at}`, size, all.subarray(all.indexOf(HEAD_END) + HEAD_END.length));
  });
  expect(await Promise.all(differences)).toEqual(readers.map(() => ''));
  for (const each of upstream.got) each.socket.destroy();
  upstream.close();
});
