import { createServer, type Socket } from 'node:net';

/** An upstream that switches to `websocket` and sends every byte back, with backpressure. */
export interface Echo extends AsyncDisposable {
  readonly origin: string;
  open(): number;
  /** Heads of the requests it got. */
  heads(): readonly string[];
  /** Ends all connections. */
  endAll(): void;
}

const SWITCH = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';

export async function openEcho(): Promise<Echo> {
  const sockets = new Set<Socket>();
  const heads: string[] = [];
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    let head = '';
    const onData = (chunk: Buffer): void => {
      head += chunk.toString('latin1');
      const end = head.indexOf('\r\n\r\n');
      if (end < 0) return;
      heads.push(head.slice(0, end));
      socket.off('data', onData);
      socket.write(SWITCH);
      socket.write(head.slice(end + 4), 'latin1');
      socket.pipe(socket);
    };
    socket.on('data', onData);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  return {
    origin: `http://127.0.0.1:${port}`,
    open: () => sockets.size,
    heads: () => heads,
    endAll: () => {
      for (const socket of sockets) socket.end();
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
