import type { PostgresAddress } from './postgres-url.ts';

/** Where the records of a gateway are. */
export type StoreLocation =
  | { readonly kind: 'sqlite'; readonly path: string }
  | { readonly kind: 'postgres'; readonly address: PostgresAddress };

/** How a database is named to people: without its password. */
export function nameOf(location: StoreLocation): string {
  if (location.kind === 'sqlite') return location.path;
  const { host, port, database, user } = location.address;
  return host.startsWith('/')
    ? `postgres://${user}@/${database}?host=${host}`
    : `postgres://${user}@${host.includes(':') ? `[${host}]` : host}:${port}/${database}`;
}
