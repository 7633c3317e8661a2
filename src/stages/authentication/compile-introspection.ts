import { createHash } from 'node:crypto';
import type { IntrospectionServer, Ports } from '../../core/ports.ts';
import type { RouteFacts } from '../../core/stage.ts';
import type { IntrospectionConfig } from './introspection.schema.ts';
import { IntrospectionMemory, OpaqueTokens } from './introspection.ts';
import { claimPathsOf } from './jwt-claims.ts';
import type { Refusals } from './refusals.ts';
import type { OpaqueEntry } from './token-method.ts';
import { TokenUse } from './token-use.ts';

/** One memory of opaque tokens per thread: it outlives reloads and serves every route. */
const memories = new WeakMap<Ports, IntrospectionMemory>();

function memoryOf(ports: Ports): IntrospectionMemory {
  const memory = memories.get(ports) ?? new IntrospectionMemory();
  memories.set(ports, memory);
  return memory;
}

/** A short name for a value that is made of texts and numbers. */
function nameOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('base64url').slice(0, 16);
}

function serverOf(config: IntrospectionConfig, issuer: string): IntrospectionServer {
  const { endpoint = '', client, timeoutMs, maxCalls, callsPerS } = config;
  const { method, id, secret = '', privateKey = '', keyId } = client;
  return {
    endpoint,
    issuer,
    client: { method, id, secret, privateKey, keyId },
    timeoutMs,
    maxCalls,
    callsPerS,
  };
}

/** Compiles an `introspection` entry. */
export function compileIntrospection(
  config: IntrospectionConfig,
  entry: number,
  route: RouteFacts,
  ports: Ports,
  refusals: Refusals,
): OpaqueEntry {
  const { clockToleranceS, cacheS, inactiveCacheS, dpop } = config;
  const issuer = config.issuer === undefined ? '' : (route.issuers.get(config.issuer)?.issuer ?? '');
  const server = serverOf(config, issuer);
  const serverId = nameOf([server.endpoint, issuer]);
  const paths = claimPathsOf(config, route.keptClaims);
  const rules = { id: nameOf([server, clockToleranceS, paths]), serverId, issuer, clockToleranceS, paths };
  const tokens = new OpaqueTokens(
    {
      server,
      rules,
      audience: new Set(config.audience),
      cacheMs: cacheS * 1000,
      inactiveMs: inactiveCacheS * 1000,
      use: new TokenUse(config, `introspection ${serverId}`, clockToleranceS, ports, refusals),
      memory: memoryOf(ports),
      port: ports.introspection,
      clock: ports.clock,
    },
    refusals,
  );
  return { entry, takesDpop: dpop !== 'off', tokens };
}
