import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A TCP proxy that can become a network in which nothing arrives, without any connection being closed. */
export interface CutProxy extends AsyncDisposable {
  readonly port: number;
  /** From now on nothing arrives on either side. */
  cut(): void;
  /** What was held arrives, and what is new as well. */
  heal(): void;
}

/** Starts a proxy in front of a port of this machine. */
export async function startCutProxy(target: number): Promise<CutProxy> {
  const sockets = new Set<Socket>();
  let isCut = false;
  let waiting: Socket[] = [];

  const keep = (socket: Socket): Socket => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
    return socket;
  };
  const join = (client: Socket): void => {
    const server = keep(connect(target, '127.0.0.1'));
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      from.on('data', (bytes) => to.write(bytes));
      from.on('close', () => to.end());
    }
  };
  const proxy = createServer((client) => {
    keep(client);
    if (isCut) waiting.push(client.pause());
    else join(client);
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  return {
    port: (proxy.address() as AddressInfo).port,
    cut() {
      isCut = true;
      for (const socket of sockets) socket.pause();
    },
    heal() {
      isCut = false;
      for (const socket of sockets) socket.resume();
      for (const client of waiting) if (!client.destroyed) join(client.resume());
      waiting = [];
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => proxy.close(resolve));
    },
  };
}
