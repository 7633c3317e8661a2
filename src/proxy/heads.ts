import type { RequestContext } from '../core/context.ts';
import type { Route } from '../core/route.ts';
import { FieldLines, lowerName } from '../lib/http/field-lines.ts';
import { parseConnectionOptions } from '../lib/http/fields.ts';
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

/** Header of the request to the upstream: what the client sent that may pass, and what the gateway vouches for. */
export function upstreamHeaders(read: ReadRequest, targetHost: string, bodyBytes: number): string[] {
  const { ctx } = read;
  const { headers, route } = ctx;
  const host = route?.preserveHost && ctx.authority !== '' ? ctx.authority : targetHost;
  const flat: string[] = ['Host', host];
  const received = headers.joined('via');
  const via = `${received === null ? '' : `${received}, `}${ctx.httpVersion} ${VIA}`;
  for (let i = 0; i < headers.names.length; i++) {
    const name = headers.names[i] as string;
    // RFC 9110, 10.1.1: the gateway itself met the expectation before it read the body.
    if (name !== 'via' && name !== 'expect' && !route?.withheldHeaders.has(name))
      flat.push(headers.rawNames[i] as string, headers.values[i] as string);
  }
  if (bodyBytes >= 0) flat.push('Content-Length', String(bodyBytes));
  flat.push(
    'X-Forwarded-For',
    read.forwardedFor,
    'X-Forwarded-Proto',
    ctx.secure ? 'https' : 'http',
    'X-Forwarded-Host',
    ctx.authority,
    'X-Real-IP',
    textOf(ctx.client),
    'X-Request-Id',
    ctx.id,
    'Via',
    via,
  );
  return flat;
}

/** Path and query of the request to the upstream: what every check saw, without the credential of the route. */
export function upstreamTarget(route: Route, ctx: RequestContext): string {
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
  const kept = FieldLines.fromFlat([]);
  for (let i = 0; i < trailers.names.length; i++) {
    if (!NOT_IN_TRAILERS.has(trailers.names[i] as string)) {
      kept.add(trailers.rawNames[i] as string, trailers.values[i] as string);
    }
  }
  return kept;
}

/** Puts the fields of the stages and the request id on the answer; `Vary` grows, everything else is replaced. */
export function finalHeaders(ctx: RequestContext, headers: FieldLines): string[] {
  const { addedHeaders } = ctx;
  const replaced = ['x-request-id'];
  for (let i = 0; i < addedHeaders.length; i += 2) {
    const name = lowerName(addedHeaders[i] as string);
    if (name !== 'vary') replaced.push(name);
  }
  // RFC 9110, 8.6: a 204 has no Content-Length.
  if (ctx.responseStatus === 204) replaced.push('content-length');
  const flat: string[] = [];
  for (let i = 0; i < headers.names.length; i++) {
    if (replaced.includes(headers.names[i] as string)) continue;
    flat.push(headers.rawNames[i] as string, headers.values[i] as string);
  }
  for (let i = 0; i < addedHeaders.length; i++) flat.push(addedHeaders[i] as string);
  flat.push('X-Request-Id', ctx.id);
  return flat;
}
