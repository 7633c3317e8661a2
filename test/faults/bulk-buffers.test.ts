import { connect, createServer, type Server, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { DirectSocket, directSocketOf } from '../../src/proxy/direct-socket.ts';
import { Wire, type WireSink } from '../../src/proxy/wire.ts';
import { until } from '../support/test-gateway.ts';

/** Reads of more than this went to a buffer of the connection's own. */
const SHARED_BYTES = 64 * 1024;
const MUCH = Buffer.alloc(4_000_000);
const NOTHING: WireSink = { onBytes() {}, onEnd() {}, onDrain() {}, onFlushed() {}, onClose() {} };

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as { port: number }).port;
}

/** A connection that sends much, whatever becomes of it. */
function pour(port: number): Socket {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  socket.write(MUCH);
  return socket;
}

/** Opens a wire to a server that takes and drops everything. */
async function openDrain(): Promise<{ wire: Wire; close(): void }> {
  const server = createServer((socket) => socket.resume());
  const port = await listen(server);
  const socket = new DirectSocket();
  socket.connect(port, '127.0.0.1');
  await new Promise((resolve) => socket.once('connect', resolve));
  const wire = new Wire(socket);
  const close = (): void => {
    wire.destroy();
    server.close();
  };
  return { wire, close };
}

test('a buffer whose connection broke down while its bytes were being written is used by one other at most', async () => {
  const drain = await openDrain();
  const thrown: unknown[] = [];
  const catchStray = (error: unknown): void => void thrown.push(error);
  const strays = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException').on('uncaughtException', catchStray);
  const buffers: Set<ArrayBufferLike>[] = [];
  const server = createServer({ allowHalfOpen: true }, (accepted) => {
    const wire = new Wire(directSocketOf(accepted));
    const seen = new Set<ArrayBufferLike>();
    const isFirst = buffers.push(seen) === 1;
    const onBytes = (bytes: Buffer): void => {
      if (bytes.buffer.byteLength <= SHARED_BYTES) return;
      seen.add(bytes.buffer);
      if (!isFirst) return;
      drain.wire.write(bytes);
      throw new Error('a defect');
    };
    wire.sink = { ...NOTHING, onBytes };
  });
  const port = await listen(server);
  const clients = [pour(port)];
  await until('the defect showed', () => thrown.length > 0);
  for (let i = 0; i < 3; i++) clients.push(pour(port));
  const others = (): ArrayBufferLike[] => buffers.slice(1).flatMap((seen) => [...seen].slice(0, 1));
  await until('three have a buffer', () => others().length === 3);
  expect(new Set(others()).size).toBe(3);
  expect(thrown).toEqual([new Error('a defect')]);
  process.removeListener('uncaughtException', catchStray);
  for (const stray of strays) process.on('uncaughtException', stray);
  for (const client of clients) client.destroy();
  server.close();
  drain.close();
});
