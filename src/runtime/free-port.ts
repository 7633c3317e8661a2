import { createServer } from 'node:net';
import type { ListenerConfig } from '../config/config.ts';
import { ConfigError, Unavailable } from '../core/errors.ts';

/**
 * Finds out whether a port can be had, and which one when any will do.
 *
 * The threads share ports (SO_REUSEPORT), so that none of them would notice another program of this user on it.
 * Errors: Unavailable with a sentence.
 */
export function probePort(listener: Pick<ListenerConfig, 'name' | 'host' | 'port'>): Promise<number> {
  const { host, port, name } = listener;
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const sentence =
        error.code === 'EADDRINUSE'
          ? `Port ${port} on ${host} is in use: stop the program that listens there, or give listener ${name} another port.`
          : error.code === 'EACCES'
            ? `Port ${port} on ${host} needs more rights: give listener ${name} a port from 1024.`
            : `Listener ${name} cannot use ${host}:${port}: ${error.message}.`;
      reject(new Unavailable(`listener ${name}`, sentence, { cause: error }));
    });
    server.listen({ host, port }, () => {
      const found = (server.address() as { port: number }).port;
      server.close(() => resolve(found));
    });
  });
}

/** Ports of the listeners by name: those that are open already stay, the others are probed. */
export async function assignPorts(
  listeners: readonly ListenerConfig[],
  open: Readonly<Record<string, number>>,
  isOpen: (listener: ListenerConfig) => boolean,
): Promise<Record<string, number>> {
  const ports: Record<string, number> = {};
  for (const listener of listeners) {
    const known = open[listener.name];
    ports[listener.name] = known !== undefined && isOpen(listener) ? known : await probePort(listener);
  }
  return ports;
}

/** The same as problems of the configuration, for a reload. */
export async function assignPortsOrExplain(
  ...args: Parameters<typeof assignPorts>
): Promise<Record<string, number>> {
  try {
    return await assignPorts(...args);
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    throw new ConfigError([{ pointer: '/listeners', message: error.message }]);
  }
}
