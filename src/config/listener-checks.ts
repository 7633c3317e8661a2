import type { ConfigProblem } from '../core/errors.ts';
import { asList, asRecord } from './pointer.ts';
import { uniqueProblems } from './unique.ts';

type Loose = Record<string, unknown>;

interface Bound {
  readonly pointer: string;
  readonly what: string;
  readonly host: string;
  readonly port: unknown;
}

/** Finds listeners that cannot work together, or not at all. */
export function listenerProblems(root: Loose): ConfigProblem[] {
  const listeners = asList(root.listeners).map((listener) => asRecord(listener) ?? {});
  const names = listeners.map(({ name }, at) => ({ pointer: `/listeners/${at}/name`, value: name }));
  const hasTls = listeners.some((listener) => asRecord(listener.tls) !== null);
  const hasProxies = asList(root.trustedProxies).length > 0;
  return [
    ...uniqueProblems('listener', names),
    ...portProblems(listeners, asRecord(root.admin) ?? {}, root.listeners === undefined),
    ...listeners.flatMap((listener, at) => oneProblems(listener, `/listeners/${at}`, hasTls, hasProxies)),
  ];
}

function oneProblems(
  listener: Loose,
  pointer: string,
  hasTls: boolean,
  hasProxies: boolean,
): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  const redirects = listener.redirectToHttps === true || asRecord(listener.redirectToHttps) !== null;
  if (redirects && asRecord(listener.tls) !== null) {
    const message = 'A listener with `tls` speaks HTTPS itself and has nothing to redirect.';
    problems.push({
      pointer: `${pointer}/redirectToHttps`,
      message,
      suggestion: 'Remove `redirectToHttps`.',
    });
  } else if (listener.redirectToHttps === true && !hasTls) {
    problems.push({
      pointer: `${pointer}/redirectToHttps`,
      message: 'There is no listener with `tls` to redirect to.',
      suggestion: 'Add one, or write `redirectToHttps: { port: 443 }` where something else speaks HTTPS.',
    });
  }
  if (asRecord(listener.clientCertificates)?.fromTrustedProxies === true && !hasProxies) {
    problems.push({
      pointer: `${pointer}/clientCertificates/fromTrustedProxies`,
      message: 'No proxy is trusted, so nobody could pass a certificate on.',
      suggestion: 'List the addresses of the proxies in `trustedProxies`.',
    });
  }
  if (listener.proxyProtocol === true && !hasProxies) {
    problems.push({
      pointer: `${pointer}/proxyProtocol`,
      message: 'No proxy is trusted, so every connection to this listener would be closed.',
      suggestion: 'List the addresses of the proxies in `trustedProxies`.',
    });
  }
  return problems;
}

function portProblems(listeners: readonly Loose[], admin: Loose, isDefault: boolean): ConfigProblem[] {
  const bound: Bound[] = listeners.map((listener, at) => ({
    pointer: `/listeners/${at}/port`,
    what: `listener \`${String(listener.name)}\``,
    host: typeof listener.host === 'string' ? listener.host : '0.0.0.0',
    port: listener.port,
  }));
  if (isDefault)
    bound.push({ pointer: '/listeners', what: 'the default listener', host: '0.0.0.0', port: 8080 });
  const adminHost = typeof admin.host === 'string' ? admin.host : '127.0.0.1';
  bound.push({ pointer: '/admin/port', what: 'admin', host: adminHost, port: admin.port ?? 9443 });
  return bound.flatMap((entry, at) => {
    const other = bound.slice(0, at).find((earlier) => isSameSocket(earlier, entry));
    if (other === undefined) return [];
    const message = `Port ${String(entry.port)} is taken by ${other.what} already.`;
    // The admin port is often not written down: the problem is shown where something is.
    const pointer = entry.what === 'admin' && admin.port === undefined ? other.pointer : entry.pointer;
    const told =
      pointer === entry.pointer
        ? message
        : `Port ${String(entry.port)} is taken by the admin listener already.`;
    return [{ pointer, message: told, suggestion: 'Choose another port.' }];
  });
}

function isSameSocket(one: Bound, other: Bound): boolean {
  if (one.port !== other.port || one.port === 0 || typeof one.port !== 'number') return false;
  return one.host === other.host || isWildcard(one.host) || isWildcard(other.host);
}

function isWildcard(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}
