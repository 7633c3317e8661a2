import type { ControlServices, ReloadReport } from './control/services.ts';
import type { People } from './oauth/users/people.ts';
import { type ConfigSource, loadFrom } from './runtime/config-source.ts';
import { assignPorts } from './runtime/free-port.ts';
import type { Log } from './runtime/gateway-log.ts';
import { RunningGateway, type RunningGatewayOptions } from './runtime/running-gateway.ts';
import { tuneHeap } from './runtime/tune-heap.ts';
import { openDatabase } from './stores/sql/open-database.ts';

export type { LogLevel } from './runtime/gateway-log.ts';

export interface GatewayOptions {
  /** A file, watched for changes; or a document held in memory with the folder its paths are relative to. */
  readonly source: ConfigSource;
  /** Takes one event of the gateway itself; requests are in the journal. */
  readonly log: Log;
  /** Who may sign in at the built-in authorization server; nobody when absent. */
  readonly people?: People | null;
}

export interface Gateway {
  /** Ports by listener name. */
  readonly ports: Readonly<Record<string, number>>;
  readonly admin: { readonly url: string; readonly tokenPath: string };
  readonly services: ControlServices;
  /** Reads the configuration again: all of it comes into force, or nothing. Errors: Unavailable while stopping. */
  reload(): Promise<ReloadReport>;
  /** Lets requests under way finish, then stops everything. */
  close(): Promise<void>;
}

const clock = { nowMs: () => Date.now() };

/**
 * Starts a gateway in this process: control plane here, data plane in threads.
 *
 * Errors: ConfigError with every mistake of the configuration; Unavailable for a port in use, a damaged database, …
 */
export async function startGateway({ source, log, people }: GatewayOptions): Promise<Gateway> {
  tuneHeap();
  const loaded = loadFrom(source, clock.nowMs());
  const ports = await assignPorts(loaded.config.listeners, {}, () => false);
  const database = await openDatabase({ ...loaded.config.store, clock });
  const gateway = await openGateway({ source, log, loaded, ports, database, people });
  try {
    await gateway.start();
    return gateway;
  } catch (error) {
    await gateway.close().catch(() => {});
    throw error;
  }
}

async function openGateway(options: RunningGatewayOptions): Promise<RunningGateway> {
  try {
    return new RunningGateway(options);
  } catch (error) {
    await options.database.close();
    throw error;
  }
}
