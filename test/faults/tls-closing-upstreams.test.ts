import { createServer, type TLSSocket } from 'node:tls';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeCertificate } from '../support/certificates.ts';
import { openRawClient } from '../support/raw-client.ts';
import { plainConfig, startTestGateway, type TestGateway } from '../support/test-gateway.ts';
import { differenceFrom, markedBytes } from './marked-bytes.ts';

/** More than the system holds for a client that does not read, by different rests. */
const SIZES = Array.from({ length: 12 }, (_, at) => 7_000_000 + at * 21_001);
const PAUSE_MS = 300;

/** Writes the body in chunks, the last one together with the end of the body. */
function writeChunked(socket: TLSSocket, body: Buffer): void {
  const chunk = 5_000;
  const pieces: Buffer[] = [];
  for (let at = 0; at < body.length; at += chunk) {
    const data = body.subarray(at, at + chunk);
    pieces.push(Buffer.from(`${data.length.toString(16)}\r\n`), data, Buffer.from('\r\n'));
  }
  socket.end(Buffer.concat([...pieces, Buffer.from('0\r\n\r\n')]));
}

const certificate = makeCertificate(['a.test']);
const server = createServer({ ...certificate }, (socket) => {
  socket.on('error', () => {});
  socket.once('data', (head) => {
    const [, kind, mark = '', size = ''] = (head.toString('latin1').split(' ')[1] as string).split('/');
    const body = markedBytes(mark, Number(size));
    const coding = kind === 'chunked' ? 'Transfer-Encoding: chunked\r\n' : '';
    socket.write(`HTTP/1.1 200 OK\r\nConnection: close\r\n${coding}\r\n`);
    if (kind === 'chunked') writeChunked(socket, body);
    else socket.end(body);
  });
});
let gateway: TestGateway;

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const upstream = { targets: [`https://127.0.0.1:${port}`], tls: { verify: false } };
  gateway = await startTestGateway(
    plainConfig(0, { apis: [{ id: 'web', path: '/', upstream, authenticate: 'none' }] }),
  );
});
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  server.close();
});

test.each(['close', 'chunked'])(
  'an answer of an https upstream that closes behind it (%s) arrives whole at a client that pauses',
  async (kind) => {
    const visits = SIZES.map(async (size, at) => {
      const mark = `${kind}${at}`;
      const client = await openRawClient(gateway.port);
      await client.write(`GET /${kind}/${mark}/${size} HTTP/1.1\r\nHost: x\r\n\r\n`);
      client.socket.pause();
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      client.socket.resume();
      const { responses, closed } = await client.read(1, 10_000);
      client.close();
      const body = responses[0]?.body ?? Buffer.alloc(0);
      return differenceFrom(mark, size, body) === ''
        ? ''
        : `${mark} (${size}): ${body.length} bytes, ${closed}`;
    });
    expect((await Promise.all(visits)).filter((text) => text !== '')).toEqual([]);
  },
);
