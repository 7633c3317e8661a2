import type { RequestContext } from '../core/context.ts';
import type { Route } from '../core/route.ts';
import { FieldLines, lowerName } from '../lib/http/field-lines.ts';
import { parseConnectionOptions } from '../lib/http/fields.ts';
import { fieldLine, receivedLine, requestLine } from '../lib/http1/serialize.ts';
import { withoutParameter } from '../lib/uri/query.ts';
import { textOf } from './client-address.ts';
import type { ReadRequest } from './read.ts';

const RESPONSE_HOP_BY_HOP = [
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];

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

/** How the body of a request to the upstream is framed, as field lines. */
function framingLine(ctx: RequestContext): string {
  if (ctx.body !== null) return `Content-Length: ${ctx.body.length}\r\n`;
  if (ctx.contentLength >= 0) return `Content-Length: ${ctx.contentLength}\r\n`;
  return ctx.hasBody ? 'Transfer-Encoding: chunked\r\n' : '';
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
  let head = requestLine(ctx.method, upstreamTarget(route, ctx)) + fieldLine('Host', host);
  for (let i = 0; i < headers.length; i++) {
    const name = headers.names[i] as string;
    // RFC 9110, 10.1.1: the gateway itself met the expectation before it read the body.
    if (name !== 'via' && name !== 'expect' && !route.withheldHeaders.has(name))
      head += receivedLine(headers, i);
  }
  head += framingLine(ctx);
  if (upgrade !== '') head += `Connection: upgrade\r\nUpgrade: ${upgrade}\r\n`;
  return `${head}${vouchedLines(read)}\r\n`;
}

/** What the gateway says about the client and itself. */
function vouchedLines({ ctx, forwardedFor }: ReadRequest): string {
  const received = ctx.headers.joined('via');
  const via = `${received === null ? '' : `${received}, `}${ctx.httpVersion} ${VIA}`;
  return (
    fieldLine('X-Forwarded-For', forwardedFor) +
    (ctx.secure ? 'X-Forwarded-Proto: https\r\n' : 'X-Forwarded-Proto: http\r\n') +
    fieldLine('X-Forwarded-Host', ctx.authority) +
    fieldLine('X-Real-IP', textOf(ctx.client)) +
    fieldLine('X-Request-Id', ctx.id) +
    fieldLine('Via', via)
  );
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
  for (const name of RESPONSE_HOP_BY_HOP) if (headers.has(name)) headers.remove(name);
}

/** Keeps the trailer fields that may be passed on. */
export function cleanTrailers(trailers: FieldLines): FieldLines {
  const kept = new FieldLines();
  for (let i = 0; i < trailers.length; i++) {
    if (!NOT_IN_TRAILERS.has(trailers.names[i] as string))
      kept.addParsed(trailers.rawNames[i] as string, trailers.values[i] as string);
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
  // RFC 9110, 8.6: a 204 has no Content-Length.
  if (ctx.responseStatus === 204) headers.remove('content-length');
  for (let i = 0; i < addedHeaders.length; i += 2) {
    headers.add(addedHeaders[i] as string, addedHeaders[i + 1] as string);
  }
  headers.add('X-Request-Id', ctx.id);
  return headers;
}
