import { createServer, type Socket } from 'node:net';

/** How an upstream answers and dies: the first bytes of a text, then FIN or RST. */
export interface Death {
  readonly bytes: string;
  readonly way: 'fin' | 'rst';
}

/** An upstream that dies as the path of the request says. */
export interface DyingUpstream extends AsyncDisposable {
  readonly port: number;
}

/** Time in which what was written before a reset has arrived, so that the reset does not overtake it. */
const ARRIVE_MS = 5;

function die(socket: Socket, { bytes, way }: Death): void {
  const leave = (): void => {
    if (way === 'fin') socket.end();
    else setTimeout(() => socket.resetAndDestroy(), ARRIVE_MS);
  };
  if (bytes === '') leave();
  else socket.write(bytes, 'latin1', leave);
}

/** Listens on a free port; `deathOf` tells what to do from the path. */
export async function openDying(deathOf: (path: string) => Death): Promise<DyingUpstream> {
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true, allowHalfOpen: true }, (socket) => {
    let head = '';
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    socket.on('end', () => socket.end());
    socket.on('data', (chunk: Buffer) => {
      head += chunk.toString('latin1');
      if (!head.includes('\r\n\r\n')) return;
      const path = head.split(' ')[1] as string;
      head = '';
      die(socket, deathOf(path));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as { port: number }).port,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
