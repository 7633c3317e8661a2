import type { GatewayConfig, ListenerConfig } from '../config/config.ts';
import type { Ports } from '../core/ports.ts';
import type { UpstreamTls } from '../core/upstream.ts';
import { parseCidr } from '../lib/ip/cidr.ts';
import { CidrTrie } from '../lib/ip/cidr-trie.ts';
import { compilePlan } from '../plan/compile-plan.ts';
import type { RuleEngines } from '../plan/rule-engines.ts';
import { openTrust, takesForwarded } from '../plan/trust-files.ts';
import type { ListenerSettings } from '../proxy/listener.ts';
import type { PlanParts } from '../proxy/loaded-plan.ts';
import type { PlanDocument } from './messages.ts';

function trustedOf(networks: readonly string[]): CidrTrie<true> {
  const trie = new CidrTrie<true>();
  for (const text of networks) {
    const cidr = parseCidr(text);
    if (cidr !== null) trie.insert(cidr, true);
  }
  return trie;
}

function portOf(listener: ListenerConfig, plan: PlanDocument): number {
  return plan.ports[listener.name] ?? listener.port;
}

/** Where plain listeners send clients: the port they name, or that of the first TLS listener. */
function redirectsOf(config: GatewayConfig, plan: PlanDocument): ReadonlyMap<string, number> {
  const secure = config.listeners.find((listener) => listener.tls !== undefined);
  const securePort = secure === undefined ? 443 : portOf(secure, plan);
  const redirects = new Map<string, number>();
  for (const { name, redirectToHttps } of config.listeners) {
    if (redirectToHttps !== null)
      redirects.set(name, redirectToHttps.port === 0 ? securePort : redirectToHttps.port);
  }
  return redirects;
}

/** The authorities whose certificates a listener asks for, as PEM text. */
function clientCaOf(sources: readonly { readonly file: string }[], plan: PlanDocument): string {
  return sources.map(({ file }) => plan.material.authorities[file] ?? '').join('');
}

/** The listeners of a configuration with their certificates. */
export function listenersOf(config: GatewayConfig, plan: PlanDocument): ListenerSettings[] {
  return config.listeners.map((listener) => ({
    name: listener.name,
    host: listener.host,
    port: portOf(listener, plan),
    proxyProtocol: listener.proxyProtocol,
    tls:
      listener.tls === undefined
        ? null
        : {
            certificates: plan.material.listeners[listener.name] ?? [],
            minVersion: listener.tls.minVersion,
            http2: listener.tls.http2,
            clientCa: clientCaOf(listener.tls.clientCa ?? [], plan),
          },
  }));
}

/** Compiles a configuration into what the proxy works with; throws ConfigError. */
export function planParts(
  config: GatewayConfig,
  plan: PlanDocument,
  ports: Ports,
  engines: RuleEngines,
): PlanParts {
  const { material, oauth } = plan;
  const rules = engines.open(material.ruleSets);
  const compiled = compilePlan(config, ports, openTrust(config, material), oauth?.secret, rules);
  const tlsOf = (api: string): UpstreamTls | null => plan.material.upstreams[api] ?? null;
  return {
    version: plan.version,
    read: {
      limits: config.limits,
      paths: config.paths,
      trustedProxies: trustedOf(config.trustedProxies),
      certificateFields: new Set(config.listeners.filter(takesForwarded).map(({ name }) => name)),
    },
    router: compiled.router,
    fallback: compiled.fallback,
    upstreams: compiled.upstreams.map((upstream) => ({ ...upstream, tls: tlsOf(upstream.name) })),
    redirects: redirectsOf(config, plan),
  };
}
