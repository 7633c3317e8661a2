import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { reasonOf } from '../http1/world.ts';
import { openRawClient } from '../support/raw-client.ts';
import { plainConfig, startTestGateway, until } from '../support/test-gateway.ts';

const UPLOAD = 30_000_000;
/** Time in which the upload has come to a stop, because the upstream does not read it. */
const STALL_MS = 500;

const ENDINGS = [
  {
    name: 'an early answer',
    bytes: 'HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\n\r\nno',
    status: 413,
  },
  { name: 'a reset', bytes: '', status: 502 },
];

test.each(ENDINGS)('an upload that stands still is read on after $name', async ({ bytes, status }) => {
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on('error', () => {});
    socket.once('data', () => {
      socket.pause();
      const end = (): void => void (bytes === '' ? socket.resetAndDestroy() : socket.write(bytes));
      setTimeout(end, STALL_MS);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await using gateway = await startTestGateway(
    plainConfig(port, { defaults: { validate: { maxBodyBytes: 2 ** 30 } } }),
  );
  const client = await openRawClient(gateway.port);
  void client.write(`POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: ${UPLOAD}\r\n\r\n`);
  void client.write(Buffer.alloc(UPLOAD));
  expect((await client.read(1, 5_000)).responses.map((each) => each.status)).toEqual([status]);
  const taken = (): number => client.socket.bytesWritten - client.socket.writableLength;
  const before = taken();
  // A client that writes first and reads afterwards must get to its answer: the rest is read, within a bound.
  await until('the rest of the upload is read', () => taken() > before || client.socket.destroyed, 2_000);
  client.close();
  expect(await gateway.records(1)).toHaveLength(1);
  expect((await gateway.records(1)).map(reasonOf)).toEqual([
    status === 413 ? 'request.passed' : 'upstream.reset',
  ]);
  server.close();
});
