import type { Socket } from 'node:net';

/** What this needs of a handle; `getpeername` returns 0 or a negative error. */
interface Handle {
  getpeername?(out: object): number;
}

/**
 * Whether the system still knows the other end of a connection.
 *
 * Node's HTTP/2 reads nothing while a write waits, and over TLS the error of that write gets lost (24.21), so that a
 * client that reset the connection in the middle of a large answer is not noticed. The handle has to be asked:
 * `remoteAddress` remembers what it once was.
 *
 * Safety: whatever else it answers counts as connected; then the limits of pace.ts end the exchange, only later.
 */
export function isConnected(socket: Socket): boolean {
  const { _handle: handle } = socket as unknown as { readonly _handle?: Handle | null };
  if (typeof handle?.getpeername !== 'function') return true;
  return handle.getpeername({}) === 0;
}
