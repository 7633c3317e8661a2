import { connect, createServer, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type GatewayProcess, startGatewayProcess } from '../support/gateway-process.ts';
import { plainConfig, until } from '../support/test-gateway.ts';

const GIB = 2 ** 30;
const PIECE = Buffer.alloc(64 * 1024, 'x');
/** What may lie between two ends that are not read: buffers of four sockets and of the gateway. */
const IN_BETWEEN_BYTES = 64 * 2 ** 20;

/** Writes `bytes` no faster than they are taken. */
function pour(socket: Socket, bytes: number): void {
  let left = bytes;
  const more = (): void => {
    while (left > 0 && !socket.destroyed) {
      const size = Math.min(left, PIECE.length);
      left -= size;
      if (!socket.write(size === PIECE.length ? PIECE : PIECE.subarray(0, size))) return;
    }
  };
  socket.on('drain', more);
  more();
}

/** Downloads `/down`; takes uploads to `/up` and tells their size; does not read those to `/stuck`. */
function takeUpstream(socket: Socket): void {
  let head = '';
  let left = -1;
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk: Buffer) => {
    let bytes = chunk.length;
    if (left < 0) {
      head += chunk.toString('latin1');
      const end = head.indexOf('\r\n\r\n');
      if (end < 0) return;
      const target = head.split(' ')[1];
      if (target === '/stuck') return void socket.pause();
      if (target === '/down') {
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${GIB}\r\n\r\n`);
        pour(socket, GIB);
        head = '';
        return;
      }
      left = Number(/content-length: (\d+)/i.exec(head)?.[1]);
      bytes = head.length - end - 4;
    }
    left -= bytes;
    if (left > 0) return;
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone');
    head = '';
    left = -1;
  });
}

const upstream = createServer(takeUpstream);
let gateway: GatewayProcess;

beforeAll(async () => {
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
  const { port } = upstream.address() as { port: number };
  gateway = await startGatewayProcess(
    plainConfig(port, { defaults: { validate: { maxBodyBytes: GIB } }, limits: { drainMs: 100 } }),
  );
});

afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  upstream.close();
});

function open(): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(gateway.port, '127.0.0.1', () => resolve(socket));
    socket.once('error', reject);
  });
}

/** Runs `work` and returns by how many MiB the process had grown at its largest. */
async function growthOf(work: Promise<void>): Promise<number> {
  const before = gateway.residentMiB();
  let largest = before;
  const timer = setInterval(() => {
    largest = Math.max(largest, gateway.residentMiB());
  }, 20);
  await work.finally(() => clearInterval(timer));
  return largest - before;
}

function download(socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    let received = 0;
    socket.on('close', () => reject(new Error(`the connection closed after ${received} bytes`)));
    socket.on('data', (chunk: Buffer) => {
      received += chunk.length;
      if (received > GIB) resolve();
    });
    socket.write('GET /down HTTP/1.1\r\nHost: a.test\r\n\r\n');
  });
}

function upload(socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    let answer = '';
    socket.on('close', () => reject(new Error(`the connection closed: ${answer}`)));
    socket.on('data', (chunk: Buffer) => {
      answer += chunk.toString('latin1');
      if (answer.endsWith('done')) resolve();
    });
    socket.write(`POST /up HTTP/1.1\r\nHost: a.test\r\nContent-Length: ${GIB}\r\n\r\n`);
    pour(socket, GIB);
  });
}

test('a download of 1 GiB passes in little memory', async () => {
  const socket = await open();
  expect(await growthOf(download(socket))).toBeLessThan(150);
  socket.destroy();
});

test('an upload of 1 GiB passes in little memory', async () => {
  const socket = await open();
  expect(await growthOf(upload(socket))).toBeLessThan(150);
  socket.destroy();
});

/** Waits until a number stops growing. */
async function settled(what: string, value: () => number): Promise<number> {
  let before = -1;
  let now = value();
  await until(what, async () => {
    before = now;
    await new Promise((resolve) => setTimeout(resolve, 150));
    now = value();
    return before === now && now > 0;
  });
  return now;
}

test('an upstream that does not read makes the client wait', async () => {
  const socket = await open();
  socket.on('error', () => {});
  socket.write(`POST /stuck HTTP/1.1\r\nHost: a.test\r\nContent-Length: ${GIB}\r\n\r\n`);
  pour(socket, GIB);
  const growth = await growthOf(
    (async () => {
      const taken = await settled('the upload stops', () => socket.bytesWritten - socket.writableLength);
      expect(taken).toBeLessThan(IN_BETWEEN_BYTES);
    })(),
  );
  expect(growth).toBeLessThan(100);
  socket.destroy();
});

test('a client that does not read makes the upstream wait', async () => {
  const sources: Socket[] = [];
  upstream.on('connection', (source) => sources.push(source));
  const sockets = await Promise.all([open(), open(), open()]);
  const growth = await growthOf(
    (async () => {
      for (const socket of sockets) {
        socket.pause();
        socket.write('GET /down HTTP/1.1\r\nHost: a.test\r\n\r\n');
      }
      await until('the upstream is asked', () => sources.length >= 2);
      const written = (): number =>
        sources.reduce((sum, source) => sum + source.bytesWritten - source.writableLength, 0);
      expect(await settled('the downloads stop', written)).toBeLessThan(IN_BETWEEN_BYTES * 3);
    })(),
  );
  expect(growth).toBeLessThan(100);
  for (const socket of sockets) socket.destroy();
});
