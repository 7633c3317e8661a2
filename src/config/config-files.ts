import { accessListFiles } from './access-lists.ts';
import { authorityPlaces } from './client-authorities.ts';
import { type GatewayConfig, isPem } from './config.ts';
import { mtlsMethods } from './mtls-methods.ts';

/** The files that a configuration names: certificates, keys, authorities, key sets, lists. */
export function configFiles(config: GatewayConfig): string[] {
  const named: (string | undefined)[] = [];
  for (const { tls } of config.listeners) {
    for (const { cert, key } of tls?.certificates ?? []) named.push(cert, key);
  }
  for (const { sources } of authorityPlaces(config)) named.push(...sources.map(({ file }) => file));
  for (const { method } of mtlsMethods(config)) named.push(...(method.revocation?.crl ?? []));
  named.push(...accessListFiles(config));
  for (const { upstream } of config.apis) named.push(upstream.tls?.ca, upstream.tls?.cert, upstream.tls?.key);
  for (const { jwks } of config.issuers) if (jwks !== undefined && 'file' in jwks) named.push(jwks.file);
  if (config.geo.database !== '') named.push(config.geo.database);
  return named.filter((name): name is string => name !== undefined && !isPem(name));
}
