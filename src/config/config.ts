import type { Limits } from '../core/limits.ts';
import type { RouteTimeouts } from '../core/route.ts';
import type { StoreLocation } from '../stores/sql/location.ts';
import type { StageBlocks } from './blocks.ts';
import type { ParsedRoot } from './schema.ts';

type ParsedApi = ParsedRoot['apis'][number];
type ParsedListener = ParsedRoot['listeners'][number];

export type IssuerSettings = ParsedRoot['issuers'][number];
export type UpstreamSettings = ParsedApi['upstream'];

/** What API and endpoint have in common once everything inherited is merged in. */
export interface RouteSettings {
  /** JSON pointer of the entry. */
  readonly pointer: string;
  readonly timeouts: RouteTimeouts;
  readonly retries: number;
  readonly blocks: StageBlocks;
}

export interface EndpointConfig extends RouteSettings {
  readonly id: string;
  /** Canonical path below that of the API, `{name}` segments as written. */
  readonly path: string;
  /** Null is every method. */
  readonly methods: readonly string[] | null;
}

export interface ApiConfig extends RouteSettings {
  readonly id: string;
  /** Lower-case, exact or `*.`; empty is every host. */
  readonly hosts: readonly string[];
  /** Canonical; no slash at the end unless it is `/`. */
  readonly path: string;
  readonly stripPath: boolean;
  readonly preserveHost: boolean;
  readonly upstream: UpstreamSettings;
  readonly undeclared: 'allow' | 'deny';
  /** Whether it is the built-in authorization server, which nobody wrote among the APIs. */
  readonly isBuiltIn: boolean;
  readonly endpoints: readonly EndpointConfig[];
}

export interface ListenerConfig extends Omit<ParsedListener, 'redirectToHttps'> {
  /** Port of the HTTPS address; 0 is the port that the first TLS listener got. Null: no redirect. */
  readonly redirectToHttps: { readonly port: number } | null;
}

export interface StoreSettings {
  readonly location: StoreLocation;
  /** Bound of the connections to a server. */
  readonly connections: number;
  /** How this gateway is called among those that share a database; '' takes the name of the machine. */
  readonly nodeName: string;
  /** How long records are trusted after a shared database was last reached. */
  readonly maxStaleS: number;
}

/**
 * A whole configuration, valid and complete.
 *
 * Shape: every file name is absolute; certificates and keys are absolute paths or PEM text (see `isPem`).
 */
export interface GatewayConfig
  extends Omit<
    ParsedRoot,
    | '$schema'
    | 'threads'
    | 'listeners'
    | 'store'
    | 'journal'
    | 'geo'
    | 'keys'
    | 'tiers'
    | 'defaults'
    | 'apis'
    | 'upgradeUrl'
  > {
  readonly threads: number;
  readonly listeners: readonly ListenerConfig[];
  readonly store: StoreSettings;
  readonly journal: Required<ParsedRoot['journal']>;
  /** Absolute path of the country database; '' for the one that comes with Portcullis. */
  readonly geo: { readonly database: string };
  /** `deliveryFolder` is an absolute path; '' when there is none. */
  readonly keys: Required<ParsedRoot['keys']>;
  /** The built-in tiers with the configured ones over them. */
  readonly tiers: ReadonlyMap<string, Limits>;
  /** '' when there is none. */
  readonly upgradeUrl: string;
  readonly apis: readonly ApiConfig[];
  /** The blocks of `defaults` alone, for answers to requests that match no API. */
  readonly defaultBlocks: StageBlocks;
}

/** Whether a value is the text of a PEM file and not its path. */
export function isPem(value: string): boolean {
  return value.includes('-----BEGIN ');
}

/** The ids of all routes that keys can be limited to: `api` for the API outside of its endpoints, and `api/endpoint`. */
export function routeIds({ apis }: GatewayConfig): string[] {
  return apis.flatMap(({ id, endpoints }) => [id, ...endpoints.map((endpoint) => `${id}/${endpoint.id}`)]);
}
