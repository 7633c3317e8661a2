import type { RequestContext } from '../../core/context.ts';
import { CONTINUE, Decision } from '../../core/decision.ts';
import { ConfigError, type ConfigProblem } from '../../core/errors.ts';
import type { Ports } from '../../core/ports.ts';
import type { Principal } from '../../core/principal.ts';
import type { Check, IssuerFacts, RouteFacts, Stage, StageChecks, Weakness } from '../../core/stage.ts';
import { closest } from '../../lib/text/suggest.ts';
import { ApiKeyMethod } from './api-key.ts';
import {
  type AuthenticationConfig,
  authenticationSchema,
  isAnonymous,
  type JwtConfig,
} from './authentication.schema.ts';
import { type AcceptedIssuer, JwtMethod } from './jwt.ts';
import { parseClaimPath } from './jwt-claims.ts';
import type { CredentialMethod } from './method.ts';
import { compileRefusals, type Refusals } from './refusals.ts';
import { TokenCache } from './token-cache.ts';

type Method = AuthenticationConfig['methods'][number];

/** One cache of verified tokens per thread: it outlives reloads and serves every route. */
const caches = new WeakMap<Ports, TokenCache>();

function cacheOf(ports: Ports): TokenCache {
  const cache = caches.get(ports) ?? new TokenCache();
  caches.set(ports, cache);
  return cache;
}

/** Finds every credential of a request and verifies each; the first in configured order becomes the principal. */
class AuthenticationCheck implements Check {
  readonly #methods: readonly CredentialMethod[];
  readonly #missing: Decision;

  constructor(methods: readonly CredentialMethod[], missing: Decision) {
    this.#methods = methods;
    this.#missing = missing;
  }

  run(ctx: RequestContext): Decision | Promise<Decision> {
    return this.#runFrom(0, null, ctx);
  }

  #runFrom(start: number, first: Principal | null, ctx: RequestContext): Decision | Promise<Decision> {
    let principal = first;
    for (let i = start; i < this.#methods.length; i++) {
      const method = this.#methods[i] as CredentialMethod;
      const credential = method.find(ctx);
      if (credential === null) continue;
      if (typeof credential !== 'string') return credential;
      const verified = method.verify(credential, ctx);
      if (verified instanceof Promise) return this.#runAfter(verified, i + 1, principal, ctx);
      if (verified instanceof Decision) return verified;
      principal ??= verified;
    }
    if (principal === null) return this.#missing;
    ctx.principal = principal;
    return CONTINUE;
  }

  async #runAfter(
    pending: Promise<Principal | Decision>,
    next: number,
    first: Principal | null,
    ctx: RequestContext,
  ): Promise<Decision> {
    const verified = await pending;
    return verified instanceof Decision ? verified : this.#runFrom(next, first ?? verified, ctx);
  }
}

/** What the schema cannot say about one JWT method. */
function jwtProblems(config: JwtConfig, route: RouteFacts): ConfigProblem[] {
  const { pointer, issuer, audience } = config;
  const known = [...route.issuers.keys()];
  const nearest = closest(issuer ?? '', known);
  const all = known.length === 0 ? 'Add it to `issuers`.' : `Configured issuers: ${known.join(', ')}.`;
  const suggestion = nearest === null ? all : `Did you mean '${nearest}'?`;
  const problems: ConfigProblem[] = [];
  if (issuer === undefined) {
    const message = 'A JWT method names the issuer whose tokens it accepts.';
    problems.push({ pointer: `${pointer}/issuer`, message, suggestion });
  } else if (!route.issuers.has(issuer)) {
    problems.push({ pointer: `${pointer}/issuer`, message: `There is no issuer '${issuer}'.`, suggestion });
  }
  if (audience.length === 0) {
    const message = 'A JWT method names the audience that tokens must be meant for.';
    const example = `Say which \`aud\` this API has, such as '${route.apiId}'.`;
    problems.push({ pointer: `${pointer}/audience`, message, suggestion: example });
  }
  return problems;
}

/** Why two methods cannot stand side by side; null when they can. */
function conflict(one: Method, other: Method, route: RouteFacts): string | null {
  if (one.kind === 'apiKey' && other.kind === 'apiKey') return 'An `apiKey` method can be listed once.';
  if (one.header.toLowerCase() !== other.header.toLowerCase()) return null;
  if (one.kind === 'apiKey' || other.kind === 'apiKey') {
    return `The header field ${one.header} cannot carry both API keys and tokens.`;
  }
  // Tokens of two issuers may share a field, because `iss` tells them apart.
  const issuerOf = (method: JwtConfig) => route.issuers.get(method.issuer ?? '')?.issuer;
  if (issuerOf(one) !== issuerOf(other)) return null;
  return 'The same issuer is listed twice for one header field: put its audiences into one method.';
}

/** Throws for methods that cannot work, alone or together. */
function validate(config: AuthenticationConfig, route: RouteFacts): void {
  const problems: ConfigProblem[] = [];
  config.methods.forEach((method, at) => {
    if (method.kind === 'jwt') problems.push(...jwtProblems(method, route));
    for (const earlier of config.methods.slice(0, at)) {
      const message = conflict(earlier, method, route);
      if (message !== null) problems.push({ pointer: method.pointer, message });
    }
  });
  if (problems.length > 0) throw new ConfigError(problems);
}

function compileIssuer(config: JwtConfig, route: RouteFacts): AcceptedIssuer {
  const issuer = route.issuers.get(config.issuer ?? '') as IssuerFacts;
  const { tierClaim, rolesClaim, scopeClaim } = config;
  const { algorithms, requiredClaims, clockToleranceS, maxIatSkewS } = issuer;
  const limits = [algorithms, requiredClaims, clockToleranceS, maxIatSkewS];
  const id = JSON.stringify([issuer.id, issuer.issuer, ...limits, tierClaim, rolesClaim, scopeClaim]);
  const [tier, roles, scope] = [tierClaim, rolesClaim, scopeClaim].map(parseClaimPath) as [
    string[],
    string[],
    string[],
  ];
  return { rules: { id, issuer, paths: { tier, roles, scope } }, audience: new Set(config.audience) };
}

/** The methods in configured order; the tokens of one header field are one method. */
function compileMethods(
  config: AuthenticationConfig,
  route: RouteFacts,
  ports: Ports,
  refusals: Refusals,
): CredentialMethod[] {
  const byHeader = new Map<string, AcceptedIssuer[]>();
  const methods: CredentialMethod[] = [];
  for (const method of config.methods) {
    if (method.kind === 'apiKey') {
      methods.push(new ApiKeyMethod(method, ports, refusals));
      continue;
    }
    const header = method.header.toLowerCase();
    const accepted = compileIssuer(method, route);
    const siblings = byHeader.get(header);
    if (siblings !== undefined) {
      siblings.push(accepted);
      continue;
    }
    const issuers = [accepted];
    byHeader.set(header, issuers);
    methods.push(new JwtMethod(header, issuers, cacheOf(ports), ports, refusals));
  }
  return methods;
}

function compile(config: AuthenticationConfig, route: RouteFacts, ports: Ports): StageChecks {
  if (isAnonymous(config)) return {};
  validate(config, route);
  const realm = config.realm ?? route.apiId;
  const refusals = compileRefusals(realm, new Set(config.methods.map((method) => method.kind)));
  const methods = compileMethods(config, route, ports, refusals);
  return { head: new AuthenticationCheck(methods, refusals.missing) };
}

function weaknesses(config: AuthenticationConfig): readonly Weakness[] {
  if (config.none) return [{ pointer: '', message: 'The API has no authentication: anyone may call it.' }];
  if (config.mode === 'off')
    return [{ pointer: '/mode', message: 'Authentication is off: anyone may call the API.' }];
  const found: Weakness[] = [];
  if (config.mode === 'observe') {
    found.push({
      pointer: '/mode',
      message: 'Authentication only observes: requests without a valid credential pass.',
    });
  }
  for (const method of config.methods) {
    if (method.kind !== 'apiKey' || method.query === undefined) continue;
    const message = 'Keys in the query end up in logs, histories and Referer fields.';
    found.push({ pointer: `${method.pointer}/query`, message });
  }
  return found;
}

/** Authentication: finds out who is asking, by API key or JSON Web Token, or refuses with the challenge to send. */
export const authentication: Stage<AuthenticationConfig> = {
  name: 'authentication',
  key: 'authenticate',
  schema: authenticationSchema,
  exclusiveKeys: ['apiKey', 'jwt', 'anyOf'],
  compile,
  weaknesses,
};
