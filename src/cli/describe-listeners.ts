import type { ListenerConfig } from '../config/config.ts';
import { loadConfig } from '../config/load.ts';
import { bracketed } from '../control/loopback.ts';

/** Where a listener can be reached. */
export interface ListenerPlace {
  readonly name: string;
  readonly url: string;
}

/** Says where the listeners of a configuration can be reached, given the ports they got. */
export function listenerPlaces(
  listeners: readonly ListenerConfig[],
  ports: Readonly<Record<string, number>>,
): ListenerPlace[] {
  return listeners.map(({ name, host, port, tls }) => ({
    name,
    url: `${tls === undefined ? 'http' : 'https'}://${bracketed(host)}:${ports[name] ?? port}`,
  }));
}

/** The same for a file that a gateway was started with. */
export function describeListeners(path: string, ports: Readonly<Record<string, number>>): ListenerPlace[] {
  return listenerPlaces(loadConfig(path).config?.listeners ?? [], ports);
}
