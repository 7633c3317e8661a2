import type { Socket } from 'node:net';

/** Longest time that a connection is still read after its last answer. */
const LINGER_MS = 2_000;

/**
 * Makes `destroySoon`, by which node:http ends a connection too, wait for the client to read: closing with unread bytes
 * would reset the connection and could lose the answer (RFC 9112, 9.6).
 *
 * Safety: what still comes is dropped unparsed, so nothing behind the last answer becomes a request.
 */
export function closeGently(socket: Socket): void {
  let isEnding = false;
  socket.destroySoon = () => {
    if (isEnding || socket.destroyed) return;
    isEnding = true;
    const timer = setTimeout(() => socket.destroy(), LINGER_MS);
    socket.once('close', () => clearTimeout(timer));
    socket.removeAllListeners('data');
    // node:http gives the bytes back to the socket when somebody else listens for them.
    socket.on('data', () => {});
    const destroyWhenDone = (): void => {
      if (socket.writableFinished && socket.readableEnded) socket.destroy();
    };
    socket.once('end', destroyWhenDone);
    socket.end(destroyWhenDone);
    socket.resume();
  };
}
