import { createServer, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { openRawClient } from '../support/raw-client.ts';
import { plainConfig, startTestGateway, until } from '../support/test-gateway.ts';

/** As large as the buffers that large reads go to. */
const BULK = 256 * 1024;
const HEAD_END = '\r\n\r\n';

/** A request as an upstream got it, and the socket to answer on. */
interface Got {
  readonly socket: Socket;
  readonly target: string;
  readonly body: () => Buffer;
}

/** An upstream that keeps what it gets and answers when told. */
async function openKeeping(): Promise<{ port: number; got: Got[]; close: () => void }> {
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
  return { port, got, close: () => server.close() };
}

const put = (path: string, body: Buffer): Buffer =>
  Buffer.concat([
    Buffer.from(
      `PUT ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}${HEAD_END}`,
    ),
    body,
  ]);

test('a held body that is sent again holds no byte of another connection', async () => {
  const upstream = await openKeeping();
  const origin = `http://127.0.0.1:${upstream.port}`;
  const validate = { maxBodyBytes: 64_000_000 };
  await using gateway = await startTestGateway(
    plainConfig(0, {
      apis: [
        {
          id: 'held',
          path: '/held',
          upstream: origin,
          authenticate: 'none',
          validate: { ...validate, json: {} },
        },
        { id: 'plain', path: '/plain', upstream: origin, authenticate: 'none', validate },
      ],
    }),
  );
  const body = Buffer.from(JSON.stringify({ text: 'a'.repeat(BULK - 11) }));
  expect(body.length).toBe(BULK);
  const first = await openRawClient(gateway.port);
  await first.write(put('/held', body));
  await until('the first attempt is whole', () => upstream.got[0]?.body().length === BULK);
  // Somebody else sends much, which is read into buffers for large reads.
  const others = await Promise.all(
    Array.from({ length: 4 }, async () => {
      const other = await openRawClient(gateway.port);
      void other.write(put('/plain', Buffer.alloc(4_000_000, 'Z')));
      return other;
    }),
  );
  await until(
    'they have been read',
    () =>
      upstream.got.slice(1).every((each) => each.body().length === 4_000_000) && upstream.got.length === 5,
  );
  upstream.got[0]?.socket.resetAndDestroy();
  await until('the second attempt is whole', () => upstream.got[5]?.body().length === BULK);
  const again = (upstream.got[5] as Got).body();
  for (const each of upstream.got) each.socket.destroy();
  for (const each of [first, ...others]) each.close();
  upstream.close();
  expect(again.includes('Z')).toBe(false);
  expect(again.equals(body)).toBe(true);
});
