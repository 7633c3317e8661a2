import type { Duplex } from 'node:stream';
import type { UpgradedSocket } from './exchange.ts';

/** Time in which what was sent last must reach the other end. */
const LAST_MS = 10_000;

/** Passes bytes both ways between a client and an upstream that switched protocols, with backpressure and half-close. */
export function joinSockets(client: UpgradedSocket, upstream: Duplex): void {
  const { socket, head } = client;
  endWith(socket, upstream);
  endWith(upstream, socket);
  if (head.length > 0) upstream.write(head);
  socket.pipe(upstream);
  upstream.pipe(socket);
}

/** Ends one side when the other is gone: at once after a failure, else when it has got what was sent. */
function endWith(gone: Duplex, left: Duplex): void {
  gone.on('error', () => left.destroy());
  gone.once('close', () => {
    if (left.destroyed) return;
    left.end();
    // What it may still send has nowhere to go.
    left.resume();
    const timer = setTimeout(() => left.destroy(), LAST_MS);
    left.once('close', () => clearTimeout(timer));
  });
}
