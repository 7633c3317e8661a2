import type { Ports } from '../../core/ports.ts';
import type { IssuerFacts, RouteFacts } from '../../core/stage.ts';
import { ApiKeyMethod } from './api-key.ts';
import type { MethodConfig } from './authentication.schema.ts';
import { parseClaimPath } from './claim-paths.ts';
import type { JwtConfig } from './jwt.schema.ts';
import { type AcceptedIssuer, JwtMethod } from './jwt.ts';
import type { ClaimPaths } from './jwt-claims.ts';
import type { CredentialMethod } from './method.ts';
import { isSame } from './method-conflicts.ts';
import type { MtlsConfig } from './mtls.schema.ts';
import { compileEntry, MtlsMethod } from './mtls.ts';
import type { Refusals } from './refusals.ts';
import { TokenCache } from './token-cache.ts';
import { TokenUse } from './token-use.ts';
import { WebhookMethod } from './webhook.ts';

/** One cache of verified tokens per thread: it outlives reloads and serves every route. */
const caches = new WeakMap<Ports, TokenCache>();

function cacheOf(ports: Ports): TokenCache {
  const cache = caches.get(ports) ?? new TokenCache();
  caches.set(ports, cache);
  return cache;
}

/** The methods of a route and what it asks of them together. */
export interface CompiledMethods {
  readonly methods: readonly CredentialMethod[];
  /** One of these sets of entries must be met, as bits. */
  readonly alternatives: readonly number[];
}

function pathsOf(config: JwtConfig): ClaimPaths {
  return {
    tier: parseClaimPath(config.tierClaim),
    roles: parseClaimPath(config.rolesClaim),
    scope: parseClaimPath(config.scopeClaim),
    mfa: config.mfaClaim === undefined ? null : parseClaimPath(config.mfaClaim),
    acr: parseClaimPath(config.acrClaim),
    amr: parseClaimPath(config.amrClaim),
    department: parseClaimPath(config.departmentClaim),
    clearance: parseClaimPath(config.clearanceClaim),
    tenant: parseClaimPath(config.tenantClaim),
  };
}

function compileIssuer(
  config: JwtConfig,
  entry: number,
  route: RouteFacts,
  ports: Ports,
  refusals: Refusals,
): AcceptedIssuer {
  const issuer = route.issuers.get(config.issuer ?? '') as IssuerFacts;
  const { tokenType, principalType, dpop } = config;
  const paths = pathsOf(config);
  const id = JSON.stringify([issuer, paths, tokenType, principalType]);
  return {
    entry,
    rules: { id, issuer, paths, tokenType, principalType },
    audience: new Set(config.audience),
    use: new TokenUse(config, issuer, ports, refusals),
    takesDpop: dpop !== 'off',
  };
}

/** Compiles the entries in configured order; the tokens of one header field, and all certificates, are one method. */
function compileEntries(
  entries: readonly MethodConfig[],
  route: RouteFacts,
  ports: Ports,
  refusals: Refusals,
): CredentialMethod[] {
  const byHeader = new Map<string, AcceptedIssuer[]>();
  const methods: CredentialMethod[] = [];
  const certificates: [MtlsConfig, number][] = [];
  entries.forEach((method, at) => {
    const entry = 1 << at;
    if (method.kind === 'apiKey') {
      methods.push(new ApiKeyMethod(method, entry, ports, refusals));
      return;
    }
    if (method.kind === 'mtls') {
      certificates.push([method, entry]);
      return;
    }
    if (method.kind === 'webhook') {
      methods.push(new WebhookMethod(method, entry, route.apiId, ports, refusals));
      return;
    }
    const header = method.header.toLowerCase();
    const accepted = compileIssuer(method, entry, route, ports, refusals);
    const siblings = byHeader.get(header);
    if (siblings !== undefined) {
      siblings.push(accepted);
      return;
    }
    const issuers = [accepted];
    byHeader.set(header, issuers);
    methods.push(new JwtMethod(header, issuers, cacheOf(ports), ports, refusals));
  });
  if (certificates.length === 0) return methods;
  const compiled = certificates.map(([config, entry]) => compileEntry(config, entry, route.trust, ports));
  return [new MtlsMethod(compiled, ports, refusals.certificate), ...methods];
}

/** Compiles alternatives of methods; an entry that stands in several of them is verified once. */
export function compileMethods(
  alternatives: readonly (readonly MethodConfig[])[],
  route: RouteFacts,
  ports: Ports,
  refusals: Refusals,
): CompiledMethods {
  const entries: MethodConfig[] = [];
  const masks = alternatives.map((parts) => {
    let mask = 0;
    for (const part of parts) {
      let at = entries.findIndex((entry) => isSame(entry, part));
      if (at < 0) at = entries.push(part) - 1;
      mask |= 1 << at;
    }
    return mask;
  });
  return { methods: compileEntries(entries, route, ports, refusals), alternatives: masks };
}
