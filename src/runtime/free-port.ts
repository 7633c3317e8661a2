import { createServer } from 'node:net';
import type { ListenerConfig } from '../config/config.ts';
import { ConfigError, Unavailable } from '../core/errors.ts';

/** A port that can be had. */
interface Found {
  readonly port: number;
  /** Lets go of one that the system chose. */
  release(): Promise<void>;
}

/** Ports of listeners by name. */
export interface AssignedPorts {
  readonly ports: Record<string, number>;
  /** Lets go of those that the system chose, once the threads have them. */
  release(): Promise<void>;
}

const NOTHING_HELD = async (): Promise<void> => {};

/**
 * Finds out whether a port can be had, and which one when any will do.
 *
 * The threads share ports (SO_REUSEPORT), so that none of them would notice another program of this user on it.
 * Safety: one that the system chose is held until it is released, because any connection of this machine may be given it.
 * Errors: Unavailable with a sentence.
 */
function findPort(listener: Pick<ListenerConfig, 'name' | 'host' | 'port'>): Promise<Found> {
  const { host, port, name } = listener;
  const server = createServer();
  const close = (): Promise<void> => new Promise((done) => server.close(() => done()));
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
    server.listen({ host, port, reusePort: port === 0 }, () => {
      const found = (server.address() as { port: number }).port;
      if (port === 0) resolve({ port: found, release: close });
      else void close().then(() => resolve({ port: found, release: NOTHING_HELD }));
    });
  });
}

/** Ports of the listeners: those that are open already stay, the others are looked for. */
export async function assignPorts(
  listeners: readonly ListenerConfig[],
  open: Readonly<Record<string, number>>,
  isOpen: (listener: ListenerConfig) => boolean,
): Promise<AssignedPorts> {
  const ports: Record<string, number> = {};
  const held: Found[] = [];
  const release = async (): Promise<void> => {
    await Promise.all(held.map((found) => found.release()));
  };
  for (const listener of listeners) {
    const known = open[listener.name];
    if (known !== undefined && isOpen(listener)) {
      ports[listener.name] = known;
      continue;
    }
    try {
      const found = await findPort(listener);
      held.push(found);
      ports[listener.name] = found.port;
    } catch (error) {
      await release();
      throw error;
    }
  }
  return { ports, release };
}

/** The same as problems of the configuration, for a reload. */
export async function assignPortsOrExplain(...args: Parameters<typeof assignPorts>): Promise<AssignedPorts> {
  try {
    return await assignPorts(...args);
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    throw new ConfigError([{ pointer: '/listeners', message: error.message }]);
  }
}
