import type { RequestContext } from '../core/context.ts';
import { provesBy } from '../core/principal.ts';
import type { Route } from '../core/route.ts';
import { withoutCookie } from '../lib/http/cookies.ts';
import { FieldLine, FieldLines, fieldNameOf, lowerName } from '../lib/http/field-lines.ts';
import { parseConnectionOptions } from '../lib/http/fields.ts';
import { fieldValue, HEAD_END, requestLine } from '../lib/http1/serialize.ts';
import { withoutParameter } from '../lib/uri/query.ts';
import { textOf } from './client-address.ts';
import { internalLines } from './internal-lines.ts';
import type { ReadRequest } from './read.ts';

const RESPONSE_HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Fields that must not travel in a trailer (RFC 9110, 6.5.1): they say how to read or whom to trust. */
const NOT_IN_TRAILERS = new Set([
  ...RESPONSE_HOP_BY_HOP,
  'content-length',
  'content-type',
  'content-encoding',
  'content-range',
  'host',
  'authorization',
  'set-cookie',
  'cache-control',
  'expires',
  'location',
  'vary',
]);

const VIA = 'portcullis';
const REQUEST_ID = fieldNameOf('X-Request-Id');

/** How the body of a request to the upstream is framed, as field lines. */
function framingLine(ctx: RequestContext): string {
  if (ctx.body !== null) return `\r\nContent-Length: ${ctx.body.length}`;
  if (ctx.contentLength >= 0) return `\r\nContent-Length: ${ctx.contentLength}`;
  return ctx.hasBody ? '\r\nTransfer-Encoding: chunked' : '';
}

/**
 * Writes the head of the request to the upstream: what the client sent that may pass, and what the gateway vouches for.
 *
 * Shape: `upgrade` is the protocol to switch to, or ''.
 */
export function upstreamHead(route: Route, read: ReadRequest, targetHost: string, upgrade: string): string {
  const { ctx } = read;
  const { headers } = ctx;
  const host = route.preserveHost && ctx.authority !== '' ? ctx.authority : targetHost;
  let head = `${requestLine(ctx.method, upstreamTarget(route, ctx))}\r\nHost: ${fieldValue(host)}`;
  for (let i = 0; i < headers.length; i++) {
    const { name, value, text } = headers.lines[i] as FieldLine;
    // RFC 9110, 10.1.1: the gateway itself met the expectation before it read the body.
    if (name.lower === 'via' || name.lower === 'expect' || route.withheldHeaders.withholds(name)) continue;
    head += name.lower === 'cookie' && route.withheldCookie !== '' ? cookieLine(name, value, route) : text;
  }
  head += framingLine(ctx);
  if (upgrade !== '') head += `\r\nConnection: upgrade\r\nUpgrade: ${upgrade}`;
  if (ctx.principal !== null && route.identityHeaders !== null)
    head += route.identityHeaders.linesFor(ctx.principal);
  return head + vouchedLines(read) + certificateLine(route, ctx) + internalLines(route, ctx) + HEAD_END;
}

/** The certificate that the caller was authenticated by (RFC 9440, 2.2), where the upstream is to get it. */
function certificateLine({ forwardsCertificate }: Route, { principal, certificate }: RequestContext): string {
  if (!forwardsCertificate || principal === null || certificate === null) return '';
  return provesBy(principal.methods, 'mtls') ? `\r\nClient-Cert: ${fieldValue(certificate.field)}` : '';
}

/** The line of a Cookie field without the credential of the route; '' when nothing is left. */
function cookieLine(name: FieldLine['name'], value: string, route: Route): string {
  const rest = withoutCookie(value, route.withheldCookie);
  return rest === '' ? '' : name.start + fieldValue(rest);
}

/** What the gateway says about the client and itself. */
function vouchedLines({ ctx, forwardedFor }: ReadRequest): string {
  const received = ctx.headers.joined('via');
  const via = `${received === null ? '' : `${received}, `}${ctx.httpVersion} ${VIA}`;
  const scheme = ctx.secure ? 'https' : 'http';
  return `\r\nX-Forwarded-For: ${fieldValue(forwardedFor)}\r\nX-Forwarded-Proto: ${scheme}\r\nX-Forwarded-Host: ${fieldValue(ctx.authority)}\r\nX-Real-IP: ${textOf(ctx.client)}\r\nX-Request-Id: ${fieldValue(ctx.id)}\r\nVia: ${fieldValue(via)}`;
}

/** Path and query of the request to the upstream: what every check saw, without the credential of the route. */
function upstreamTarget(route: Route, ctx: RequestContext): string {
  const cut = route.stripPath === '' ? ctx.path : ctx.path.slice(route.stripPath.length);
  const path = cut.startsWith('/') || cut === '*' ? cut : `/${cut}`;
  const { query } = ctx;
  const rest = route.withheldParameter === '' ? query : withoutParameter(query, route.withheldParameter);
  return rest === '' ? path : `${path}?${rest}`;
}

/** Takes out what speaks about the upstream's connection only. */
export function dropHopByHop(headers: FieldLines): void {
  const connection = headers.joined('connection');
  if (connection !== null) for (const name of parseConnectionOptions(connection) ?? []) headers.remove(name);
  headers.removeAll(RESPONSE_HOP_BY_HOP);
}

/** Keeps the trailer fields that may be passed on. */
export function cleanTrailers(trailers: FieldLines): FieldLines {
  const kept = new FieldLines();
  for (let i = 0; i < trailers.length; i++) {
    if (!NOT_IN_TRAILERS.has(trailers.names[i] as string)) kept.addLine(trailers.lines[i] as FieldLine);
  }
  return kept;
}

/** Puts the fields of the stages and the request id on the answer; `Vary` grows, everything else is replaced. */
export function finishHeaders(ctx: RequestContext, headers: FieldLines): FieldLines {
  const { addedHeaders } = ctx;
  for (let i = 0; i < addedHeaders.length; i += 2) {
    const name = lowerName(addedHeaders[i] as string);
    if (name !== 'vary') headers.remove(name);
  }
  headers.remove('x-request-id');
  // RFC 9110, 8.6: a 204 has no Content-Length, nor has an interim answer.
  if (ctx.responseStatus === 204 || ctx.responseStatus < 200) headers.remove('content-length');
  for (let i = 0; i < addedHeaders.length; i += 2) {
    headers.add(addedHeaders[i] as string, addedHeaders[i + 1] as string);
  }
  headers.addLine(new FieldLine(REQUEST_ID, fieldValue(ctx.id)));
  return headers;
}
