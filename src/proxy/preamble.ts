import type { Socket } from 'node:net';
import { parseProxyPreamble } from '../lib/http/proxy-protocol.ts';
import type { Ip } from '../lib/ip/address.ts';

/** What a PROXY preamble says; the address is null for connections of the proxy itself. */
export interface PreambleSource {
  readonly address: Ip | null;
}

/**
 * Reads the PROXY preamble of a connection and leaves what follows it unread.
 *
 * Calls back once: with the source, or with null when the preamble is invalid, late or cut off.
 */
export function readPreamble(
  socket: Socket,
  timeoutMs: number,
  done: (source: PreambleSource | null) => void,
): void {
  let held = Buffer.alloc(0);
  const finish = (source: PreambleSource | null): void => {
    clearTimeout(timer);
    socket.off('readable', onReadable);
    socket.off('end', onCutOff);
    socket.off('close', onCutOff);
    done(source);
  };
  const onCutOff = (): void => finish(null);
  const onReadable = (): void => {
    for (let chunk = socket.read(); chunk !== null; chunk = socket.read())
      held = Buffer.concat([held, chunk]);
    const preamble = parseProxyPreamble(held);
    if (preamble.status === 'incomplete') return;
    if (preamble.status === 'invalid') return finish(null);
    const rest = held.subarray(preamble.length);
    if (rest.length > 0) socket.unshift(rest);
    finish({ address: preamble.source === null ? null : preamble.source.ip });
  };
  const timer = setTimeout(onCutOff, timeoutMs);
  socket.on('readable', onReadable);
  socket.on('end', onCutOff);
  socket.on('close', onCutOff);
}
