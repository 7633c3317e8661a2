import { connect } from 'node:net';
import { createServer, type TLSSocket } from 'node:tls';
import { expect, test } from 'vitest';
import { makeCertificate } from '../support/certificates.ts';
import { plainConfig, startTestGateway, until } from '../support/test-gateway.ts';

/** One piece is one record of TLS, and one read. */
const PIECE = 16_384;
/** A little less than what the system takes for a client that does not read. */
const FIRST = 3_850_000;
const COUNT = 32;
const AT_ONCE = 8;
const LAST_CHUNK = '\r\n0\r\n\r\n';

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Answers with so many bytes, slowly at the end, and closes behind them. */
async function answer(socket: TLSSocket, size: number): Promise<void> {
  socket.write('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n');
  socket.write(Buffer.alloc(FIRST));
  await wait(150);
  for (let at = FIRST; at < size && !socket.destroyed; at += PIECE) {
    socket.write(Buffer.alloc(PIECE));
    await wait(1);
  }
  await wait(100);
  socket.end();
}

/** Reads late; says whether the answer ended as it should. */
function visit(port: number, size: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    let tail = '';
    socket.write(`GET /${size} HTTP/1.1\r\nHost: x\r\n\r\n`);
    socket.pause();
    setTimeout(() => socket.resume(), 900);
    socket.on('data', (bytes) => {
      tail = (tail + bytes.toString('latin1', Math.max(0, bytes.length - 7))).slice(-7);
      if (tail === LAST_CHUNK) socket.destroy();
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(tail === LAST_CHUNK ? '' : `${size} bytes: cut`));
  });
}

/** Whichever of the sizes lets the gateway pause the upstream with its very last piece. */
test('an answer of an https upstream that closes behind it is whole, also at a client that reads late', async () => {
  const server = createServer({ ...makeCertificate(['a.test']) }, (socket) => {
    socket.on('error', () => {});
    socket.once(
      'data',
      (head) => void answer(socket, Number(/\/([0-9]+)/.exec(head.toString('latin1'))?.[1])),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const upstream = { targets: [`https://127.0.0.1:${port}`], tls: { verify: false } };
  await using gateway = await startTestGateway(
    plainConfig(0, { apis: [{ id: 'web', path: '/', upstream, authenticate: 'none' }] }),
  );
  const wrong: string[] = [];
  for (let at = 0; at < COUNT; at += AT_ONCE) {
    const sizes = Array.from({ length: AT_ONCE }, (_, i) => FIRST + (at + i) * PIECE);
    wrong.push(...(await Promise.all(sizes.map((size) => visit(gateway.port, size)))));
  }
  server.close();
  expect(wrong.filter((text) => text !== '')).toEqual([]);
  await until('all are recorded', async () => (await gateway.records(COUNT)).length === COUNT);
});
