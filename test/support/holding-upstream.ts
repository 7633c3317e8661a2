import { createServer, type Socket } from 'node:net';

/** A server that answers when the test says so. */
export interface HoldingUpstream extends AsyncDisposable {
  readonly port: number;
  /** Requests that wait for their answer. */
  readonly waiting: number;
  /** Connections that are open. */
  readonly open: number;
  /** Answers what waits, with this as the body. */
  release(body: string): void;
}

/** Listens on a free port of the loopback address; takes each piece that arrives for one request. */
export async function startHolding(): Promise<HoldingUpstream> {
  const sockets = new Set<Socket>();
  let waiting: Socket[] = [];
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      sockets.delete(socket);
      waiting = waiting.filter((each) => each !== socket);
    });
    socket.on('data', () => waiting.push(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as { port: number }).port,
    get waiting() {
      return waiting.length;
    },
    get open() {
      return sockets.size;
    },
    release(body) {
      for (const socket of waiting)
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
      waiting = [];
    },
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
