import type { RequestContext } from '../../core/context.ts';
import type { FieldLines } from '../../lib/http/field-lines.ts';
import { formatIp } from '../../lib/ip/address.ts';
import type { RequestInput, ResponseInput } from '../../lib/seclang/transaction.ts';

/** What ModSecurity calls the versions of HTTP. */
const PROTOCOLS: Readonly<Record<string, string>> = { '1.0': 'HTTP/1.0', '1.1': 'HTTP/1.1', '2': 'HTTP/2.0' };

/** Names as written. */
function namesOf(lines: FieldLines): string[] {
  const names: string[] = [];
  for (const { name } of lines.lines) names.push(name.raw);
  return names;
}

/**
 * A request as rules see it: what was received, before anything of it was interpreted.
 *
 * Shape: a request whose host is no field, as in HTTP/2, has it as the first one.
 */
export function requestInput(ctx: RequestContext): RequestInput {
  const names = namesOf(ctx.rawHeaders);
  let values: readonly string[] = ctx.rawHeaders.values;
  if (ctx.httpVersion === '2' && !ctx.rawHeaders.has('host')) {
    names.unshift('Host');
    values = [ctx.authority, ...values];
  }
  return {
    uniqueId: ctx.id,
    startedAtMs: ctx.startedAtMs,
    clientAddress: formatIp(ctx.client),
    clientPort: 0,
    serverAddress: '',
    serverPort: portOf(ctx),
    method: ctx.method,
    target: ctx.rawTarget,
    protocol: PROTOCOLS[ctx.httpVersion] ?? `HTTP/${ctx.httpVersion}`,
    headerNames: names,
    headerValues: values,
  };
}

/** The port that the client named, or else that of the scheme. */
function portOf({ authority, host, secure }: RequestContext): number {
  const named = authority.length > host.length ? Number(authority.slice(host.length + 1)) : Number.NaN;
  if (Number.isInteger(named)) return named;
  return secure ? 443 : 80;
}

/** The head of an answer as rules see it. */
export function responseInput(ctx: RequestContext): ResponseInput {
  const lines = ctx.responseHeaders as FieldLines;
  return {
    status: ctx.responseStatus,
    protocol: PROTOCOLS[ctx.httpVersion] ?? `HTTP/${ctx.httpVersion}`,
    headerNames: namesOf(lines),
    headerValues: lines.values,
  };
}
