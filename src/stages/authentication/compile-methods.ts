import type { Ports } from '../../core/ports.ts';
import type { IssuerFacts, RouteFacts } from '../../core/stage.ts';
import { ApiKeyMethod } from './api-key.ts';
import type { MethodConfig } from './authentication.schema.ts';
import { compileIntrospection } from './compile-introspection.ts';
import type { JwtConfig } from './jwt.schema.ts';
import { type AcceptedIssuer, JwtMethod } from './jwt.ts';
import { claimPathsOf } from './jwt-claims.ts';
import type { CredentialMethod } from './method.ts';
import { isSame } from './method-conflicts.ts';
import type { MtlsConfig } from './mtls.schema.ts';
import { compileEntry, MtlsMethod } from './mtls.ts';
import type { Refusals } from './refusals.ts';
import { TokenCache } from './token-cache.ts';
import { type OpaqueEntry, TokenMethod } from './token-method.ts';
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

function compileIssuer(
  config: JwtConfig,
  entry: number,
  route: RouteFacts,
  ports: Ports,
  refusals: Refusals,
): AcceptedIssuer {
  const issuer = route.issuers.get(config.issuer ?? '') as IssuerFacts;
  const { tokenType, principalType, dpop } = config;
  const paths = claimPathsOf(config, route.keptClaims);
  const id = JSON.stringify([issuer, paths, tokenType, principalType]);
  return {
    entry,
    rules: { id, issuer, paths, tokenType, principalType },
    audience: new Set(config.audience),
    use: new TokenUse(config, `jwt ${issuer.id}`, issuer.clockToleranceS, ports, refusals),
    takesDpop: dpop !== 'off',
  };
}

/** The entries whose tokens come in one header field. */
interface TokenField {
  readonly issuers: AcceptedIssuer[];
  opaque: OpaqueEntry | null;
}

/** Compiles entries in configured order; the tokens of one header field, and all certificates, are one method. */
class MethodsBuilder {
  readonly #route: RouteFacts;
  readonly #ports: Ports;
  readonly #refusals: Refusals;
  readonly #fields = new Map<string, TokenField>();
  readonly #certificates: [MtlsConfig, number][] = [];
  /** Make a method each, when all entries are known. */
  readonly #makers: (() => CredentialMethod)[] = [];

  constructor(route: RouteFacts, ports: Ports, refusals: Refusals) {
    this.#route = route;
    this.#ports = ports;
    this.#refusals = refusals;
  }

  add(method: MethodConfig, entry: number): void {
    const [route, ports, refusals] = [this.#route, this.#ports, this.#refusals];
    switch (method.kind) {
      case 'apiKey':
        this.#makers.push(() => new ApiKeyMethod(method, entry, ports, refusals));
        break;
      case 'mtls':
        this.#certificates.push([method, entry]);
        break;
      case 'webhook':
        this.#makers.push(() => new WebhookMethod(method, entry, route.apiId, ports, refusals));
        break;
      case 'jwt':
        this.#fieldOf(method.header).issuers.push(compileIssuer(method, entry, route, ports, refusals));
        break;
      case 'introspection':
        this.#fieldOf(method.header).opaque = compileIntrospection(method, entry, route, ports, refusals);
    }
  }

  build(): CredentialMethod[] {
    const methods = this.#makers.map((make) => make());
    if (this.#certificates.length === 0) return methods;
    const compiled = this.#certificates.map(([config, entry]) =>
      compileEntry(config, entry, this.#route.trust, this.#ports),
    );
    return [new MtlsMethod(compiled, this.#ports, this.#refusals.certificate), ...methods];
  }

  #fieldOf(name: string): TokenField {
    const header = name.toLowerCase();
    const known = this.#fields.get(header);
    if (known !== undefined) return known;
    const field: TokenField = { issuers: [], opaque: null };
    this.#fields.set(header, field);
    this.#makers.push(() => this.#compileTokens(header, field));
    return field;
  }

  #compileTokens(header: string, { issuers, opaque }: TokenField): CredentialMethod {
    const [ports, refusals] = [this.#ports, this.#refusals];
    const make = (): JwtMethod => new JwtMethod(header, issuers, cacheOf(ports), ports, refusals);
    if (opaque === null) return make();
    return new TokenMethod(header, opaque, issuers.length === 0 ? null : make(), refusals);
  }
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
  const builder = new MethodsBuilder(route, ports, refusals);
  entries.forEach((method, at) => {
    builder.add(method, 1 << at);
  });
  return { methods: builder.build(), alternatives: masks };
}
