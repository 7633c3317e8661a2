import { type StageBlocks, sourcePointer } from '../config/blocks.ts';
import type { ApiConfig, EndpointConfig, GatewayConfig, RouteSettings } from '../config/config.ts';
import { ConfigError, type ConfigProblem } from '../core/errors.ts';
import type { Ports } from '../core/ports.ts';
import { Route } from '../core/route.ts';
import { NO_RULES, type RuleSets } from '../core/rule-sets.ts';
import type { IssuerFacts, RouteFacts } from '../core/stage.ts';
import { NO_TRUST, type TrustFiles } from '../core/trust.ts';
import type { UpstreamSettings } from '../core/upstream.ts';
import { FieldFilter } from '../lib/http/field-filter.ts';
import { fieldValue } from '../lib/http1/serialize.ts';
import {
  type AuthenticationConfig,
  acceptsKeys,
  credentialCookie,
  credentialHeaders,
  credentialQuery,
  forwardsCertificate,
  isAnonymous,
} from '../stages/authentication/authentication.schema.ts';
import { compileIdentityHeaders } from '../stages/authentication/identity-headers.ts';
import { STAGES } from '../stages/index.ts';
import { guardsLogins, type LoginConfig } from '../stages/login/login.schema.ts';
import { RouteBuilder } from './route-builder.ts';
import { type ApiEntry, Router } from './router.ts';
import { identityNames, identityProblems, queryProblems, withheldFields } from './upstream-fields.ts';

/** A configuration compiled: what every request of a thread is decided with. */
export interface Plan {
  readonly router: Router;
  /** Guards answers to requests that match no API. */
  readonly fallback: Route;
  /** One per API, named like it; TLS material is added by whoever opens connections. */
  readonly upstreams: readonly Omit<UpstreamSettings, 'tls'>[];
}

/** Fields by which the gateway speaks to the built-in authorization server: a client's own never get there. */
const INTERNAL_FIELDS = new FieldFilter();
for (const name of ['portcullis-internal', 'portcullis-listener', 'client-cert', 'client-cert-chain'])
  INTERNAL_FIELDS.withhold(name);

function issuerFacts(config: GatewayConfig): ReadonlyMap<string, IssuerFacts> {
  return new Map(config.issuers.map((issuer) => [issuer.id, issuer]));
}

function factsOf(
  config: GatewayConfig,
  api: ApiConfig,
  endpoint: EndpointConfig | null,
  { trust, rules, keptClaims }: Pick<Shared, 'trust' | 'rules' | 'keptClaims'>,
): RouteFacts {
  const authentication = configOf<AuthenticationConfig>((endpoint ?? api).blocks, 'authenticate');
  return {
    apiId: api.id,
    endpointId: endpoint?.id ?? '',
    path: endpoint === null ? api.path : api.path + endpoint.path,
    tiers: config.tiers,
    upgradeUrl: config.upgradeUrl,
    issuers: issuerFacts(config),
    trust,
    rules,
    authenticated: !isAnonymous(authentication),
    acceptsKeys: acceptsKeys(authentication),
    guardsLogins: guardsLogins(configOf<LoginConfig>((endpoint ?? api).blocks, 'login')),
    credentialHeaders: credentialHeaders(authentication).map(({ name }) => name),
    keptClaims,
  };
}

/** The claims that checks of any route read: what is remembered of a token serves every route. */
function keptClaimsOf(config: GatewayConfig): readonly string[] {
  const routes = config.apis.flatMap((api) => [api, ...api.endpoints]);
  const read = ({ blocks }: RouteSettings) =>
    STAGES.flatMap(({ stage }) => {
      const block = blocks.get(stage.key);
      return block === undefined ? [] : (stage.claims?.(block.config as never) ?? []);
    });
  return [...new Set(routes.flatMap(read))].sort();
}

function configOf<Config>(blocks: StageBlocks, key: string): Config {
  const block = blocks.get(key);
  if (block === undefined) throw new RangeError(`the configuration has no block ${key}`);
  return block.config as Config;
}

/** Compiles every stage for one route; what only the stages can see goes to `problems`. */
function compileStages(
  settings: RouteSettings,
  facts: RouteFacts,
  ports: Ports,
  problems: ConfigProblem[],
): RouteBuilder {
  const builder = new RouteBuilder();
  for (const { stage } of STAGES) {
    const block = settings.blocks.get(stage.key);
    if (block === undefined) continue;
    try {
      builder.add(stage, block.config.mode, stage.compile(block.config, facts, ports));
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      for (const problem of error.problems) {
        const pointer = sourcePointer(block.sources, problem.pointer) || settings.pointer;
        problems.push({ ...problem, pointer });
      }
    }
  }
  return builder;
}

/** What the routes of one plan are compiled with. */
interface Shared {
  /** Names of the fields that tell upstreams who is asking, lower-case. */
  readonly identity: ReadonlySet<string>;
  readonly ports: Ports;
  readonly trust: TrustFiles;
  readonly rules: RuleSets;
  readonly keptClaims: readonly string[];
  readonly problems: ConfigProblem[];
  readonly internalSecret: string;
}

function compileRoute(
  api: ApiConfig,
  endpoint: EndpointConfig | null,
  facts: RouteFacts,
  shared: Shared,
): Route {
  const settings: RouteSettings = endpoint ?? api;
  const builder = compileStages(settings, facts, shared.ports, shared.problems);
  const authentication = configOf<AuthenticationConfig>(settings.blocks, 'authenticate');
  const parameter = credentialQuery(authentication);
  const cookie = credentialCookie(authentication);
  return new Route({
    id: endpoint === null ? api.id : `${api.id}/${endpoint.id}`,
    apiId: api.id,
    endpointId: endpoint?.id ?? '',
    ...builder.fields(),
    upstream: api.id,
    stripPath: api.stripPath && api.path !== '/' ? api.path : '',
    timeouts: settings.timeouts,
    retries: settings.retries,
    preserveHost: api.preserveHost,
    upgrades: configOf<{ upgrades: readonly string[] }>(settings.blocks, 'protocol').upgrades,
    withheldHeaders: api.isBuiltIn ? INTERNAL_FIELDS : withheldFields(authentication, shared.identity),
    forwardsCertificate: forwardsCertificate(authentication),
    withheldParameter: parameter === null || parameter.forward ? '' : parameter.name,
    withheldCookie: cookie === null || cookie.forward ? '' : cookie.name,
    identityHeaders: isAnonymous(authentication)
      ? null
      : compileIdentityHeaders(authentication.identityHeaders),
    vouchedLines: api.isBuiltIn ? `\r\nPortcullis-Internal: ${fieldValue(shared.internalSecret)}` : '',
  });
}

const NOWHERE: RouteFacts = {
  apiId: '',
  endpointId: '',
  path: '/',
  tiers: new Map(),
  upgradeUrl: '',
  issuers: new Map(),
  trust: NO_TRUST,
  rules: NO_RULES,
  authenticated: false,
  acceptsKeys: false,
  guardsLogins: false,
  credentialHeaders: [],
  keptClaims: [],
};

/** The route of requests that match no API: nothing but the hardening of answers. */
function compileFallback(defaults: StageBlocks, ports: Ports): Route {
  const builder = new RouteBuilder();
  for (const { stage } of STAGES) {
    const block = defaults.get(stage.key);
    if (stage.name === 'hardening' && block !== undefined) {
      builder.add(stage, block.config.mode, stage.compile(block.config, NOWHERE, ports));
    }
  }
  return new Route({
    id: '',
    apiId: '',
    endpointId: '',
    ...builder.fields(),
    upstream: '',
    stripPath: '',
    timeouts: { connectMs: 0, firstByteMs: 0, idleMs: 0 },
    retries: 0,
    preserveHost: false,
    upgrades: [],
    withheldHeaders: new FieldFilter(),
    forwardsCertificate: false,
    withheldParameter: '',
    withheldCookie: '',
    identityHeaders: null,
    vouchedLines: '',
  });
}

function compileApi(config: GatewayConfig, api: ApiConfig, shared: Shared): ApiEntry {
  return {
    hosts: api.hosts,
    path: api.path,
    route: compileRoute(api, null, factsOf(config, api, null, shared), shared),
    endpoints: api.endpoints.map((endpoint) => ({
      path: endpoint.path,
      methods: endpoint.methods,
      route: compileRoute(api, endpoint, factsOf(config, api, endpoint, shared), shared),
    })),
    denyUndeclared: api.undeclared === 'deny',
  };
}

/**
 * Compiles a configuration whole; throws ConfigError with everything that only the stages can see.
 *
 * Shape: `internalSecret` is what the built-in authorization server knows the gateway by.
 */
export function compilePlan(
  config: GatewayConfig,
  ports: Ports,
  trust: TrustFiles = NO_TRUST,
  internalSecret = '',
  rules: RuleSets = NO_RULES,
): Plan {
  const problems = [...identityProblems(config), ...queryProblems(config)];
  const identity = identityNames(config);
  const keptClaims = keptClaimsOf(config);
  const shared = { identity, ports, trust, rules, keptClaims, problems, internalSecret };
  const apis = config.apis.map((api) => compileApi(config, api, shared));
  if (problems.length > 0) throw new ConfigError(dedupe(problems));
  return {
    router: new Router(apis, config.paths.matchCase === 'fold'),
    fallback: compileFallback(config.defaultBlocks, ports),
    upstreams: config.apis.map((api) => ({
      name: api.id,
      targets: api.upstream.targets,
      balance: api.upstream.balance,
      connections: api.upstream.connections,
      keepAliveMs: api.upstream.keepAliveMs,
      connectMs: api.timeouts.connectMs,
      passive: api.upstream.passive,
    })),
  };
}

/** An inherited mistake is one mistake, however many routes inherit it. */
function dedupe(problems: readonly ConfigProblem[]): ConfigProblem[] {
  return [...new Map(problems.map((problem) => [`${problem.pointer} ${problem.message}`, problem])).values()];
}
