import { connect, createServer, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeCertificate } from '../support/certificates.ts';
import { readMessage } from '../support/message-reader.ts';
import { plainConfig, startTestGateway, type TestGateway } from '../support/test-gateway.ts';
import { differenceFrom, markedBytes } from './marked-bytes.ts';

const PAUSE_MS = 1;
const BYTES = 120;
const FRAMINGS = ['length', 'chunked'] as const;
type Framing = (typeof FRAMINGS)[number];

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, PAUSE_MS));

/** A message whose body is marked, in chunks of 1, 2, 3 … bytes where it is chunked. */
function messageOf(start: string, fields: string, framing: Framing, mark: string, size = BYTES): Buffer {
  const body = markedBytes(mark, size);
  if (framing === 'length')
    return Buffer.concat([Buffer.from(`${start}\r\n${fields}Content-Length: ${body.length}\r\n\r\n`), body]);
  let text = `${start}\r\n${fields}Transfer-Encoding: chunked\r\n\r\n`;
  for (let at = 0, step = 1; at < body.length; at += step++) {
    const data = body.toString('latin1', at, at + step);
    // Extensions have a limit for all chunks together.
    text += `${data.length.toString(16)}${size > BYTES ? '' : `;x="${step}"`}\r\n${data}\r\n`;
  }
  return Buffer.from(`${text}0\r\nX-Last: 1\r\n\r\n`, 'latin1');
}

/** Writes byte by byte. */
async function trickle(socket: Socket, bytes: Buffer): Promise<void> {
  for (let at = 0; at < bytes.length && !socket.destroyed; at++) {
    socket.write(bytes.subarray(at, at + 1));
    await pause();
  }
}

const differences: string[] = [];
/** An upstream that reads a whole request and sends its mark back byte by byte; `/fast` is read and answered at once. */
const server = createServer({ noDelay: true }, (socket) => {
  let bytes: Buffer = Buffer.alloc(0);
  socket.on('error', () => {});
  socket.on('data', (piece) => {
    bytes = Buffer.concat([bytes, piece]);
    const read = readMessage(bytes, 0, { hasBody: () => true, untilClose: false, isClosed: false });
    if (read === null) return;
    if (typeof read === 'string') return void differences.push(read);
    bytes = bytes.subarray(read.end);
    const [, mark = '', down = '', framing = ''] = (read.message.startLine.split(' ')[1] as string).split(
      '/',
    );
    const size = read.message.body.length;
    const difference = differenceFrom(mark, size, read.message.body);
    if (difference !== '') differences.push(difference);
    const isFast = Number(down) > BYTES;
    const answer = messageOf('HTTP/1.1 200 OK', 'X-Mark: 1\r\n', framing as Framing, mark, Number(down));
    if (isFast) socket.write(answer);
    else void trickle(socket, answer);
  });
});

let gateway: TestGateway;
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const certificate = makeCertificate(['a.test']);
  const tls = { certificates: [{ cert: './a.pem', key: './a.key' }] };
  gateway = await startTestGateway(
    plainConfig((server.address() as { port: number }).port, {
      listeners: [
        { name: 'web', host: '127.0.0.1', port: 0 },
        { name: 'tls', host: '127.0.0.1', port: 0, tls },
      ],
    }),
    { 'a.pem': certificate.cert, 'a.key': certificate.key },
  );
});
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  server.close();
});

function openClient(isSecure: boolean): Socket {
  const port = gateway.gateway.ports[isSecure ? 'tls' : 'web'] as number;
  const options = { host: '127.0.0.1', port, noDelay: true, rejectUnauthorized: false };
  return isSecure ? connectTls(options) : connect(options);
}

/** Reads one answer, `step` bytes per turn; says what is wrong with it, or ''. */
async function readSlowly(socket: Socket, mark: string, size: number, step: number): Promise<string> {
  let bytes: Buffer = Buffer.alloc(0);
  for (;;) {
    const piece = (socket.read(Math.min(step, socket.readableLength)) ?? null) as Buffer | null;
    if (piece !== null) bytes = Buffer.concat([bytes, piece]);
    const read = readMessage(bytes, 0, { hasBody: () => true, untilClose: false, isClosed: false });
    if (typeof read === 'string') return `${mark}: ${read}`;
    if (read !== null) return differenceFrom(mark, size, read.message.body);
    if (socket.readableEnded || socket.destroyed) return `${mark}: ended after ${bytes.length} bytes`;
    await pause();
  }
}

const rows = FRAMINGS.flatMap((up) =>
  FRAMINGS.flatMap((down) => [false, true].map((tls) => [up, down, tls] as const)),
);

test.concurrent.each(rows)('byte by byte both ways: %s up, %s down, TLS %s', async (up, down, isSecure) => {
  const socket = openClient(isSecure);
  const mark = `t${up}${down}`;
  // Two on one connection, the second one behind the first before its answer.
  const start = `POST /${mark}/${BYTES}/${down} HTTP/1.1`;
  void trickle(socket, messageOf(start, 'Host: x\r\n', up, mark));
  expect(await readSlowly(socket, mark, BYTES, 1)).toBe('');
  void trickle(socket, messageOf(start, 'Host: x\r\n', up, mark));
  expect(await readSlowly(socket, mark, BYTES, 1)).toBe('');
  socket.destroy();
  expect(differences).toEqual([]);
});

test.each([false, true])('a slow reader gets a large answer as it was sent (TLS %s)', async (isSecure) => {
  const size = 1_000_000;
  const visits = FRAMINGS.map(async (down) => {
    const socket = openClient(isSecure);
    socket.write(`GET /r${down}/${size}/${down} HTTP/1.1\r\nHost: x\r\n\r\n`);
    const wrong = await readWhole(socket, `r${down}`, size);
    socket.destroy();
    return wrong;
  });
  expect(await Promise.all(visits)).toEqual(['', '']);
});

/** As `readSlowly`, a few KiB per turn, and looks at the answer when nothing more comes. */
async function readWhole(socket: Socket, mark: string, size: number): Promise<string> {
  const pieces: Buffer[] = [];
  for (let empty = 0; empty < 200; ) {
    const piece = socket.read(Math.min(4096, socket.readableLength)) as Buffer | null;
    empty = piece === null || piece.length === 0 ? empty + 1 : 0;
    if (piece !== null) pieces.push(piece);
    if (socket.destroyed) return `${mark}: cut`;
    await pause();
  }
  const options = { hasBody: () => true, untilClose: false, isClosed: false };
  const read = readMessage(Buffer.concat(pieces), 0, options);
  return read === null || typeof read === 'string'
    ? `${mark}: ${read}`
    : differenceFrom(mark, size, read.message.body);
}
