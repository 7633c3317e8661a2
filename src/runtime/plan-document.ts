import type { GatewayConfig, IssuerSettings, ListenerConfig } from '../config/config.ts';
import { BUILTIN_ISSUER } from '../config/oauth-api.ts';
import type { HealthSettings } from '../proxy/health-checks.ts';
import type { LoadedConfig } from './config-source.ts';
import type { PlanDocument } from './messages.ts';

/** A loaded configuration as it goes to the threads. */
export function planDocument(
  version: number,
  loaded: LoadedConfig,
  ports: Readonly<Record<string, number>>,
  oauth: PlanDocument['oauth'],
): PlanDocument {
  const { document, baseDir, material } = loaded;
  return { version, document, baseDir, material, ports, oauth };
}

/** The active health checks that a configuration asks for. */
export function healthSettings({ config, material }: LoadedConfig): HealthSettings[] {
  return config.apis.flatMap(({ id, upstream: { health, targets } }) =>
    health === undefined ? [] : [{ ...health, upstream: id, targets, tls: material.upstreams[id] ?? null }],
  );
}

/** Whether a listener is one of others already, as far as its port is concerned. */
export function isSameAddress(listener: ListenerConfig, others: readonly ListenerConfig[]): boolean {
  return others.some(
    ({ name, host, port }) => name === listener.name && host === listener.host && port === listener.port,
  );
}

/** The issuers whose keys have to be fetched: all but the built-in one. */
export function externalIssuers({ issuers }: GatewayConfig): readonly IssuerSettings[] {
  return issuers.filter(({ id }) => id !== BUILTIN_ISSUER);
}
