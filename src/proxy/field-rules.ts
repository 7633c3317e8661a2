import type { FieldName } from '../lib/http/field-lines.ts';

/** What reading does with a request field of a name. */
export type FieldRule = 'keep' | 'hop' | 'special' | 'gateway';

/** Fields that speak about one connection only (RFC 9110, 7.6.1); they end here. */
export const HOP_BY_HOP = [
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
];

/** Fields that only the gateway may set for the upstream; a client's own are replaced or dropped. */
export const GATEWAY_OWNED = [
  'forwarded',
  'x-forwarded',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-port',
  'x-forwarded-proto',
  'x-forwarded-prefix',
  'x-forwarded-server',
  'x-forwarded-by',
  'x-original-forwarded-for',
  'x-forwarded-scheme',
  'x-forwarded-ssl',
  'x-url-scheme',
  'front-end-https',
  'x-real-ip',
  'x-client-ip',
  'x-cluster-client-ip',
  'x-originating-ip',
  'x-remote-ip',
  'x-remote-addr',
  'true-client-ip',
  'x-request-id',
  'x-original-url',
  'x-rewrite-url',
  'x-http-method-override',
  'x-http-method',
  'x-method-override',
  // What proxies of all kinds tell of a client's certificate.
  'client-cert',
  'client-cert-chain',
  'x-client-cert',
  'x-client-cert-chain',
  'x-client-certificate',
  'x-client-dn',
  'x-client-verify',
  'x-forwarded-client-cert',
  'x-forwarded-tls-client-cert',
  'x-forwarded-tls-client-cert-info',
  'x-arr-clientcert',
  'x-amzn-mtls-clientcert',
  'x-amzn-mtls-clientcert-issuer',
  'x-amzn-mtls-clientcert-leaf',
  'x-amzn-mtls-clientcert-serial-number',
  'x-amzn-mtls-clientcert-subject',
  'x-amzn-mtls-clientcert-validity',
  'ssl-client-cert',
  'ssl-client-issuer-dn',
  'ssl-client-subject-dn',
  'ssl-client-verify',
  'x-ssl-cert',
  'x-ssl-client-cert',
  'x-ssl-client-dn',
  'x-ssl-client-fingerprint',
  'x-ssl-client-i-dn',
  'x-ssl-client-issuer-dn',
  'x-ssl-client-s-dn',
  'x-ssl-client-serial',
  'x-ssl-client-subject-dn',
  'x-ssl-client-verify',
];

const RULES = new Map<string, FieldRule>([
  ...HOP_BY_HOP.map((name) => [name, 'hop'] as const),
  ...GATEWAY_OWNED.map((name) => [name, 'gateway'] as const),
  ['host', 'special'],
  ['content-length', 'special'],
]);

/** Fields whose removal by `Connection` would change who asks, or for what: naming one is an attack. */
const NEVER_CONNECTION_NAMED = new Set([
  ...GATEWAY_OWNED,
  'host',
  'content-length',
  'content-type',
  'content-encoding',
  'authorization',
  'cookie',
  'origin',
  'x-api-key',
  'via',
  'age',
  'date',
  'cache-control',
]);

/**
 * Finds the rule of a field name.
 *
 * Safety: CGI-like upstreams read `_`, and some of them any other sign, as `-`, so `x_forwarded_for` is what
 * `x-forwarded-for` is. The harmless error is a dropped field that nobody would have misread.
 */
export function ruleOf({ lower, folded }: FieldName): FieldRule {
  const rule = RULES.get(lower);
  if (rule !== undefined) return rule;
  if (folded === lower) return 'keep';
  return RULES.has(folded) || NEVER_CONNECTION_NAMED.has(folded) ? 'gateway' : 'keep';
}

/** Whether a connection option may name this field. */
export function mayBeConnectionNamed(name: string): boolean {
  return !NEVER_CONNECTION_NAMED.has(name);
}
