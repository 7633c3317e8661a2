import { createHash } from 'node:crypto';
import type { RequestContext } from '../core/context.ts';
import type { Route } from '../core/route.ts';
import type { Exchange } from './exchange.ts';

/** Fields that say who asks, that ask for a part or under a condition, or that say how fresh the answer must be. */
const TOO_SPECIAL = new Set([
  'authorization',
  'proxy-authorization',
  'cookie',
  'cookie2',
  'x-api-key',
  'dpop',
  'client-cert',
  'client-cert-chain',
  'range',
  'if-range',
  'if-match',
  'if-none-match',
  'if-modified-since',
  'if-unmodified-since',
  'cache-control',
  'pragma',
  'expect',
]);

/**
 * Whether a request may get an answer that others got: it says nothing about who asks, and wants the whole.
 *
 * Safety: routes that authenticate are out altogether, whatever this request brought along.
 */
export function mayShare({ upgrade }: Pick<Exchange, 'upgrade'>, ctx: RequestContext): boolean {
  const { method, headers, hasBody, principal, certificate, claimedCredential, login, outcome } = ctx;
  const route = ctx.route as Route;
  if ((method !== 'GET' && method !== 'HEAD') || hasBody || upgrade !== '' || ctx.authority === '')
    return false;
  if (principal !== null || certificate !== null || claimedCredential !== '') return false;
  if (login !== null || outcome !== null) return false;
  if (route.identityHeaders !== null || route.forwardsCertificate || route.vouchedLines !== '') return false;
  return !headers.lines.some(
    ({ name }) => TOO_SPECIAL.has(name.folded) || route.withheldHeaders.withholds(name),
  );
}

/** Names what is asked for; the texts are as the checks saw them, and none can hold the end of a line. */
export function resourceOf({ secure, authority, path, query, route }: RequestContext): string {
  return hash(`${secure ? 'https' : 'http'}\n${authority}\n${path}\n${query}\n${route?.id ?? ''}`);
}

/**
 * Makes the key of an answer of everything in a request that the upstream can see.
 *
 * Safety: two requests share an answer only when the upstream could not tell them apart but by address, request id and
 * time. So nothing that a client writes can change what others get, and every `Vary` is met.
 */
export function answerKey(resource: string, { httpVersion, headers }: RequestContext): string {
  let text = `${resource}\n${httpVersion}`;
  for (const line of headers.lines) text += line.text;
  return hash(text);
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('base64');
}
