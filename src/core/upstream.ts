/** TLS towards an upstream, as PEM text. */
export interface UpstreamTls {
  readonly ca: string | null;
  readonly cert: string | null;
  readonly key: string | null;
  readonly serverName: string | null;
  readonly verify: boolean;
}

/** One named group of targets. */
export interface UpstreamSettings {
  readonly name: string;
  /** Origins such as `http://127.0.0.1:3000`. */
  readonly targets: readonly string[];
  readonly balance: 'roundRobin' | 'leastConnections';
  /** Most connections per target and thread. */
  readonly connections: number;
  readonly keepAliveMs: number;
  readonly connectMs: number;
  readonly tls: UpstreamTls | null;
  /** Failures in a row that take a target out, and for how long. */
  readonly passive: { readonly failures: number; readonly ejectMs: number };
}
