/** Where Redis is, and how long a request waits for it. */
export interface RedisSettings {
  /** `redis:` or `rediss:`, or one of them with `+cluster` and several nodes; without credentials. */
  readonly url: string;
  /** '' for the default user. */
  readonly username: string;
  /** '' for none. */
  readonly password: string;
  readonly timeoutMs: number;
}

/** A node of Redis as a URL names it. */
export interface RedisAddress {
  readonly isSecure: boolean;
  readonly isCluster: boolean;
  readonly nodes: readonly { readonly host: string; readonly port: number }[];
  readonly database: number;
}

const FORM = /^(redis|rediss)(\+cluster)?:\/\/([^/@?#]+)(?:\/(\d{1,5})?)?$/;
const NODE = /^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::(\d{1,5}))?$/;
const DEFAULT_PORT = 6379;

/** Reads the URL of a Redis server or cluster; null when it is none, or holds credentials. */
export function parseRedisUrl(url: string): RedisAddress | null {
  const [, scheme, cluster, authority = '', database] = FORM.exec(url) ?? [];
  if (scheme === undefined) return null;
  const nodes = authority.split(',').map((text) => {
    const [, host = '', port] = NODE.exec(text) ?? [];
    return { host: host.replace(/^\[|\]$/g, ''), port: port === undefined ? DEFAULT_PORT : Number(port) };
  });
  const isCluster = cluster !== undefined;
  if (nodes.some(({ host, port }) => host === '' || port < 1 || port > 65_535)) return null;
  if (!isCluster && nodes.length > 1) return null;
  // Clusters have no other database than the first.
  if (isCluster && Number(database ?? 0) !== 0) return null;
  return { isSecure: scheme === 'rediss', isCluster, nodes, database: Number(database ?? 0) };
}
