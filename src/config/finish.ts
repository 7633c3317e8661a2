import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import type { Limits } from '../core/limits.ts';
import { issuerSchema } from '../stages/authentication/issuer.schema.ts';
import { DEFAULT_TIERS, tierLimits } from '../stages/ratelimit/tiers.ts';
import type { StageBlocks } from './blocks.ts';
import type { ApiConfig, GatewayConfig, IssuerSettings, ListenerConfig, UpstreamSettings } from './config.ts';
import { blockFinisher, filePath } from './finish-blocks.ts';
import { BUILTIN_ISSUER } from './oauth-api.ts';
import type { ParsedRoot } from './schema.ts';
import { finishStore } from './store-location.ts';

const MAX_THREADS = 64;

/** Makes a valid configuration complete: absolute paths, built-in tiers, ports to redirect to. */
export function finishConfig(
  root: ParsedRoot,
  apis: readonly ApiConfig[],
  defaultBlocks: StageBlocks,
  baseDir: string,
): GatewayConfig {
  const { $schema: _, defaults: __, upgradeUrl = '', ...rest } = root;
  const dataDir = resolve(baseDir, root.dataDir);
  const journalPath = root.journal.path;
  const finishBlocks = blockFinisher(baseDir);
  return {
    ...rest,
    upgradeUrl,
    dataDir,
    threads: root.threads === 'auto' ? Math.min(availableParallelism(), MAX_THREADS) : root.threads,
    listeners: root.listeners.map((listener) => finishListener(listener, root.listeners, baseDir)),
    store: finishStore(root.store, dataDir, baseDir),
    journal: {
      ...root.journal,
      path: journalPath === undefined ? resolve(dataDir, 'journal.jsonl') : resolve(baseDir, journalPath),
    },
    geo: { database: root.geo.database === undefined ? '' : resolve(baseDir, root.geo.database) },
    keys: {
      ...root.keys,
      deliveryFolder:
        root.keys.deliveryFolder === undefined ? '' : resolve(baseDir, root.keys.deliveryFolder),
    },
    issuers: [...root.issuers.map((issuer) => finishIssuer(issuer, baseDir)), ...builtinIssuer(root)],
    tiers: new Map<string, Limits>([...DEFAULT_TIERS, ...tiersOf(root)]),
    defaultBlocks,
    apis: apis.map((api) => ({
      ...api,
      blocks: finishBlocks(api.blocks),
      endpoints: api.endpoints.map((endpoint) => ({ ...endpoint, blocks: finishBlocks(endpoint.blocks) })),
      upstream: finishUpstream(api.upstream, baseDir),
    })),
  };
}

function tiersOf(root: ParsedRoot): [string, Limits][] {
  return Object.entries(root.tiers).map(([name, tier]) => [name, tierLimits(tier)]);
}

function finishListener(
  listener: ParsedRoot['listeners'][number],
  all: ParsedRoot['listeners'],
  baseDir: string,
): ListenerConfig {
  const { redirectToHttps: redirect, tls } = listener;
  const port = redirect === true ? (all.find((other) => other.tls !== undefined)?.port ?? 0) : 0;
  return {
    ...listener,
    redirectToHttps: redirect === false ? null : redirect === true ? { port } : redirect,
    ...(tls === undefined
      ? {}
      : {
          tls: {
            ...tls,
            clientCa: tls.clientCa?.map((source) => ({ ...source, file: filePath(source.file, baseDir) })),
            certificates: tls.certificates.map(({ cert, key }) => ({
              cert: filePath(cert, baseDir),
              key: filePath(key, baseDir),
            })),
          },
        }),
  };
}

function finishIssuer(issuer: IssuerSettings, baseDir: string): IssuerSettings {
  if (issuer.jwks === undefined || !('file' in issuer.jwks)) return issuer;
  return { ...issuer, jwks: { file: resolve(baseDir, issuer.jwks.file) } };
}

/** The built-in authorization server as an issuer of tokens, where there is one. */
function builtinIssuer({ oauth }: ParsedRoot): IssuerSettings[] {
  if (oauth === undefined) return [];
  const requiredClaims = ['client_id', 'jti'];
  return [
    issuerSchema.parse({ id: BUILTIN_ISSUER, issuer: oauth.issuer, algorithms: ['RS256'], requiredClaims }),
  ];
}

function finishUpstream(upstream: UpstreamSettings, baseDir: string): UpstreamSettings {
  if (upstream.tls === undefined) return upstream;
  const { ca, cert, key, ...rest } = upstream.tls;
  const optional = (value: string | undefined) =>
    value === undefined ? undefined : filePath(value, baseDir);
  return { ...upstream, tls: { ...rest, ca: optional(ca), cert: optional(cert), key: optional(key) } };
}
