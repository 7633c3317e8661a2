import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** What becomes of bytes from the server on their way to a client. */
export type Lie = (bytes: Buffer) => Buffer;

/** A TCP proxy that can change what a server answers. */
export interface LyingProxy extends AsyncDisposable {
  readonly port: number;
  /** From now on every answer is changed so; null passes them on, over new connections: answers that were swallowed leave the old ones out of step. */
  lie(how: Lie | null): void;
}

/** Starts a proxy in front of a port of this machine. */
export async function startLyingProxy(target: number): Promise<LyingProxy> {
  const sockets = new Set<Socket>();
  let lie: Lie | null = null;
  const keep = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
  };
  const proxy = createServer((client) => {
    const server = connect(target, '127.0.0.1');
    keep(client);
    keep(server);
    client.on('data', (bytes) => server.write(bytes));
    server.on('data', (bytes) => client.write(lie === null ? bytes : lie(bytes)));
    client.on('close', () => server.destroy());
    server.on('close', () => client.destroy());
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  return {
    port: (proxy.address() as AddressInfo).port,
    lie(how) {
      lie = how;
      if (how !== null) return;
      for (const socket of sockets) socket.destroy();
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => proxy.close(resolve));
    },
  };
}
