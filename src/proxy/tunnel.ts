import type { Duplex } from 'node:stream';
import type { UpgradedSocket } from './exchange.ts';

/** Passes bytes both ways between a client and an upstream that switched protocols, with backpressure and half-close. */
export function joinSockets(client: UpgradedSocket, upstream: Duplex): void {
  const { socket, head } = client;
  const end = (): void => {
    socket.destroy();
    upstream.destroy();
  };
  socket.on('error', end);
  upstream.on('error', end);
  socket.on('close', end);
  upstream.on('close', end);
  if (head.length > 0) upstream.write(head);
  socket.pipe(upstream);
  upstream.pipe(socket);
}
