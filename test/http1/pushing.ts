import { createServer, type Socket } from 'node:net';
import { until } from '../support/test-gateway.ts';

/** An upstream whose connections a test holds in its hands. */
export interface Pushing extends AsyncDisposable {
  readonly origin: string;
  /** The next connection that has sent something; what it sends is read and dropped unless the test pauses it. */
  next(): Promise<Socket>;
  /** Connections so far. */
  readonly count: number;
}

export async function openPushing(): Promise<Pushing> {
  const sockets: Socket[] = [];
  const waiting: Socket[] = [];
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.push(socket);
    socket.on('error', () => socket.destroy());
    socket.once('data', () => waiting.push(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  return {
    origin: `http://127.0.0.1:${port}`,
    get count() {
      return sockets.length;
    },
    async next() {
      await until('a connection to the upstream', () => waiting.length > 0);
      return waiting.shift() as Socket;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
