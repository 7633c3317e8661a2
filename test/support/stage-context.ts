import { RequestContext, type RequestFacts } from '../../src/core/context.ts';
import type { Decision } from '../../src/core/decision.ts';
import type { Ports } from '../../src/core/ports.ts';
import { NO_RULES } from '../../src/core/rule-sets.ts';
import type { Check, Mode, RouteFacts, Stage, StageChecks } from '../../src/core/stage.ts';
import { NO_TRUST } from '../../src/core/trust.ts';
import { type Ip, parseIp } from '../../src/lib/ip/address.ts';
import { receivedLines } from './received-lines.ts';

/** What a test says about a request; the rest is a plain GET of `/` over TLS without a body. */
export interface RequestSketch
  extends Partial<Omit<RequestFacts, 'headers' | 'rawHeaders' | 'client' | 'peer'>> {
  /** Flat names and values. */
  readonly headers?: readonly string[];
  readonly client?: string;
  readonly body?: Uint8Array | string;
}

/** Makes the context of one request; a body sets `hasBody` and `contentLength` unless the sketch says otherwise. */
export function contextOf(sketch: RequestSketch = {}): RequestContext {
  const body = typeof sketch.body === 'string' ? Buffer.from(sketch.body) : sketch.body;
  const client = parseIp(sketch.client ?? '192.0.2.7') as Ip;
  const headers = receivedLines(sketch.headers ?? []);
  const ctx = new RequestContext({
    id: 'test',
    startedAtMs: 0,
    listener: 'test',
    secure: true,
    tlsVersion: 'TLSv1.3',
    certificate: null,
    httpVersion: '1.1',
    method: 'GET',
    rawTarget: '/',
    path: '/',
    query: '',
    host: 'api.company.com',
    authority: 'api.company.com',
    hasBody: body !== undefined && body.length > 0,
    contentLength: body?.length ?? -1,
    ...sketch,
    client,
    peer: client,
    rawHeaders: headers,
    headers,
  });
  ctx.body = body ?? null;
  return ctx;
}

/** Puts an answer under way on a context. */
export function answering(
  ctx: RequestContext,
  status: number,
  headers: string[],
  fromUpstream = true,
): RequestContext {
  ctx.responseStatus = status;
  ctx.responseHeaders = receivedLines(headers);
  ctx.fromUpstream = fromUpstream;
  return ctx;
}

/** Facts of a route that no stage here depends on. */
export const ANY_ROUTE: RouteFacts = {
  apiId: 'orders',
  endpointId: '',
  path: '/',
  tiers: new Map(),
  upgradeUrl: '',
  issuers: new Map(),
  trust: NO_TRUST,
  rules: NO_RULES,
  authenticated: false,
  acceptsKeys: false,
  guardsLogins: false,
  credentialHeaders: [],
  keptClaims: [],
};

/** Parses a block as the configuration does and compiles it, without any port. */
export function compileBlock<C extends { readonly mode: Mode }>(
  stage: Stage<C>,
  block: unknown,
): StageChecks {
  return stage.compile(stage.schema.parse(block), ANY_ROUTE, {} as Ports);
}

/** Runs a check that must be there and must not wait. */
export function runNow(check: Check | undefined, ctx: RequestContext): Decision {
  if (check === undefined) throw new Error('the stage compiled to no such check');
  const decision = check.run(ctx);
  if (decision instanceof Promise) throw new Error('the check waits');
  return decision;
}

/** Lists the mistakes that a schema finds in a block, as `pointer: message`. */
export function problemsOf<C extends { readonly mode: Mode }>(stage: Stage<C>, block: unknown): string[] {
  const result = stage.schema.safeParse(block);
  if (result.success) return [];
  return result.error.issues.map(
    (issue) => `${issue.path.map((step) => `/${String(step)}`).join('')}: ${issue.message}`,
  );
}

/** Splits a flat header list into lines, lower-case names. */
export function linesOf(flat: readonly string[]): string[] {
  const lines: string[] = [];
  for (let i = 0; i + 1 < flat.length; i += 2) lines.push(`${flat[i]?.toLowerCase()}: ${flat[i + 1]}`);
  return lines;
}
