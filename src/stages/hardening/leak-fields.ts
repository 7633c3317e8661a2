import type { NameSet } from '../../lib/http/field-lines.ts';

/**
 * Response fields that tell strangers what runs behind the gateway: product, version, host, path or debug data.
 *
 * Source: OWASP Secure Headers Project, `headers_remove.json`, without tracing and cache fields that clients may use;
 * Via, because it names hosts inside.
 */
export const LEAK_FIELDS: readonly string[] = [
  'host-header',
  'k-proxy-request',
  'liferay-portal',
  'microsoftsharepointteamservices',
  'oraclecommercecloud-version',
  'pega-host',
  'powered-by',
  'product',
  'server',
  'via',
  'x-application-context',
  'x-aspnet-version',
  'x-aspnetmvc-version',
  'x-atmosphere-error',
  'x-backside-transport',
  'x-beserver',
  'x-calculatedbetarget',
  'x-cf-powered-by',
  'x-cms',
  'x-cocoon-version',
  'x-content-encoded-by',
  'x-diaginfo',
  'x-exception',
  'x-feserver',
  'x-framework',
  'x-generated-by',
  'x-generator',
  'x-jitsi-release',
  'x-joomla-version',
  'x-mod-pagespeed',
  'x-oneagent-js-injection',
  'x-owa-version',
  'x-page-speed',
  'x-php-version',
  'x-powered-by',
  'x-powered-by-plesk',
  'x-powered-cms',
  'x-redirect-by',
  'x-runtime',
  'x-ruxit-js-agent',
  'x-served-by',
  'x-server',
  'x-server-name',
  'x-server-powered-by',
  'x-sourcefiles',
  'x-turbo-charged-by',
  'x-umbraco-version',
  'x-upstream',
  'x-varnish-backend',
  'x-varnish-server',
];

/** Beginnings of names that leak, whatever follows. */
export const LEAK_PREFIXES: readonly string[] = [
  'x-backend-',
  'x-debug-',
  'x-drupal-',
  'x-envoy-',
  'x-kubernetes-pf-',
  'x-litespeed-',
];

/** Names of fields that are dropped: those of a list, and those with a leaking prefix. */
export class DroppedNames implements NameSet {
  readonly #names: ReadonlySet<string>;

  constructor(names: Iterable<string>) {
    this.#names = new Set(names);
  }

  has(name: string): boolean {
    return this.#names.has(name) || hasLeakPrefix(name);
  }
}

function hasLeakPrefix(name: string): boolean {
  if (name.charCodeAt(0) !== 0x78 || name.charCodeAt(1) !== 0x2d) return false;
  for (let i = 0; i < LEAK_PREFIXES.length; i++) if (name.startsWith(LEAK_PREFIXES[i] as string)) return true;
  return false;
}
