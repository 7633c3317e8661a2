import type { FieldLines } from '../../lib/http/field-lines.ts';

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

/** Removes the fields that are in the set or have a leaking prefix, in one pass. */
export function dropFields(headers: FieldLines, dropped: ReadonlySet<string>): void {
  const { rawNames, names, values } = headers;
  let kept = 0;
  for (let i = 0; i < names.length; i++) {
    const name = names[i] as string;
    if (dropped.has(name) || hasLeakPrefix(name)) continue;
    if (kept !== i) {
      rawNames[kept] = rawNames[i] as string;
      names[kept] = name;
      values[kept] = values[i] as string;
    }
    kept++;
  }
  if (kept === names.length) return;
  rawNames.length = kept;
  names.length = kept;
  values.length = kept;
}

function hasLeakPrefix(name: string): boolean {
  if (name.charCodeAt(0) !== 0x78 || name.charCodeAt(1) !== 0x2d) return false;
  for (let i = 0; i < LEAK_PREFIXES.length; i++) if (name.startsWith(LEAK_PREFIXES[i] as string)) return true;
  return false;
}
