import type { RequestContext } from '../core/context.ts';
import type { Decision } from '../core/decision.ts';
import type { ReasonCode } from '../core/reasons.ts';
import type { Route, RouteCheck } from '../core/route.ts';
import { ownCopy } from '../lib/http/field-lines.ts';
import type { Ip } from '../lib/ip/address.ts';
import { textOf } from './client-address.ts';
import type { ConnectionFacts } from './exchange.ts';
import { text } from './journal-text.ts';
import { ruleIds, wafPart } from './waf-record.ts';

/** How a request ended, for its journal record. */
export interface Outcome {
  readonly effect: Decision['effect'];
  readonly reason: ReasonCode;
  readonly detail: string;
  /** Stage that decided; 'proxy' for the proxy itself. */
  readonly stage: string;
  readonly status: number;
  readonly durationMs: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Origin of the target that was asked last; '' when none was. */
  readonly upstream: string;
  readonly upstreamMs: number;
  readonly attempts: number;
}

const MAX_TEXT = 512;
const MAX_KNOWN = 512;
const checks = new WeakMap<RouteCheck, string>();
const clients = new WeakMap<Ip, string>();
const routes = new WeakMap<Route, { readonly listener: string; readonly part: string }>();
const CONTINUED = '"continue"';
const PASSED = '{"effect":"continue","reason":"request.passed","stage":"proxy"}';
const THOUSANDTHS: readonly string[] = Array.from({ length: 1000 }, (_, i) => String(i).padStart(3, '0'));
/** Texts that come again and again, such as user agents, as JSON. */
const known = new Map<string, string>();

/** As `text`, for a canonical path: it holds nothing that JSON would have to escape, see `lib/uri`. */
function pathText(path: string): string {
  return path.length > MAX_TEXT ? text(path) : `"${path}"`;
}

/** As `text`, for what is the same in many requests. */
function commonText(value: string): string {
  const written = known.get(value);
  if (written !== undefined) return written;
  if (known.size >= MAX_KNOWN) known.clear();
  const json = text(value);
  known.set(ownCopy(value), json);
  return json;
}

let instantMs = -1;
let instant = '';

/** Writes a moment; the requests of one millisecond share it. */
function instantOf(ms: number): string {
  if (ms !== instantMs) {
    instantMs = ms;
    instant = new Date(ms).toISOString();
  }
  return instant;
}

/** What a record says of a client, up to the status. */
function clientPart({ peer, client }: RequestContext): string {
  if (peer !== client) return clientText(textOf(peer), textOf(client));
  const known = clients.get(peer);
  if (known !== undefined) return known;
  const part = clientText(textOf(peer), textOf(peer));
  clients.set(peer, part);
  return part;
}

function clientText(peer: string, client: string): string {
  return `,"source.ip":"${peer}","client.ip":"${client}","http.response.status_code":`;
}

/** What a record says of a route, up to the decision. */
function routePart(route: Route, listener: string): string {
  const known = routes.get(route);
  if (known?.listener === listener) return known.part;
  const part = `,"portcullis":{"listener":"${listener}","route":"${route.id}","api":"${route.apiId}","decision":`;
  routes.set(route, { listener, part });
  return part;
}

/** The part of a check's entry that is the same for every request, behind another entry. */
function checkPart(check: RouteCheck): string {
  const known = checks.get(check);
  if (known !== undefined) return known;
  const part = `},{"stage":"${check.stage}","phase":"${check.phase}","mode":"${check.mode}","verdict":"continue","cost_ns":`;
  checks.set(check, part);
  return part;
}

/** The entries of the checks that ran, without what begins the first and ends the last one. */
function checksOf(ctx: RequestContext, outcome: Outcome): string {
  const { ran, costsNs, observations } = ctx;
  let list = '';
  for (let i = 0; i < ran.length; i++) {
    const check = ran[i] as RouteCheck;
    const observed = observations?.find(({ at }) => at === i)?.decision;
    const part = checkPart(check);
    if (observed !== undefined)
      list += part.replace(CONTINUED, `"would-${observed.effect}","reason":"${observed.reason}"`);
    else if (ctx.decidedAt === i)
      list += part.replace(CONTINUED, `"${outcome.effect}","reason":"${outcome.reason}"`);
    else list += part;
    list += costsNs[i] as number;
  }
  return list;
}

function decisionOf(outcome: Outcome): string {
  if (outcome.reason === 'request.passed') return PASSED;
  const detail = outcome.detail === '' ? '' : `,"detail":${text(outcome.detail)}`;
  return `{"effect":"${outcome.effect}","reason":"${outcome.reason}","stage":"${outcome.stage}"${detail}}`;
}

/** Writes milliseconds with three decimals. */
function decimals(ms: number): string {
  const micros = Math.round(ms * 1000);
  return `${Math.floor(micros / 1000)}.${THOUSANDTHS[micros % 1000]}`;
}

/**
 * Writes the journal record of a request: one JSON object on one line, ECS names.
 *
 * Safety: no header value but User-Agent, no query and no body is written, so no credential can be, save for what rules
 * matched, which the WAF masks; of a credential at most its id or its first eight characters.
 */
export function formatRecord(ctx: RequestContext, outcome: Outcome): string {
  const { principal } = ctx;
  const agent = ctx.headers.get('user-agent');
  let line = `{"@timestamp":"${instantOf(ctx.startedAtMs)}","event.action":"request","event.duration":${Math.round(outcome.durationMs * 1e3) * 1000},"http.request.id":"${ctx.id}","http.request.method":${commonText(ctx.method)},"http.version":"${ctx.httpVersion}","url.domain":"${ctx.host}","url.path":${pathText(ctx.path)}${clientPart(ctx)}${outcome.status},"http.request.body.bytes":${outcome.bytesIn},"http.response.body.bytes":${outcome.bytesOut}`;
  if (agent !== null) line += `,"user_agent.original":${commonText(agent)}`;
  if (ctx.tlsVersion !== '') line += `,"tls.version":"${ctx.tlsVersion}"`;
  if (principal !== null) line += `,"user.id":${text(principal.subject)}`;
  line += ruleIds(ctx.waf);
  line += routePart(ctx.route as Route, ctx.listener) + decisionOf(outcome);
  if (principal !== null)
    line += `,"credential":${text(principal.credentialId)},"authentication":"${principal.methods}"`;
  else if (ctx.claimedCredential !== '')
    line += `,"claimed_credential":${text(ctx.claimedCredential.slice(0, 8))}`;
  if (outcome.upstream !== '') {
    line += `,"upstream":{"target":"${outcome.upstream}","duration_ms":${decimals(outcome.upstreamMs)},"attempts":${outcome.attempts}}`;
  }
  if (ctx.degraded !== '') line += `,"degraded":${text(ctx.degraded)}`;
  if (ctx.limitExceptions !== '') line += `,"limit_exceptions":"${ctx.limitExceptions}"`;
  line += wafPart(ctx.waf);
  if (ctx.ran.length === 0) return `${line},"checks":[]}}\n`;
  return `${line},"checks":[${checksOf(ctx, outcome).slice(2)}}]}}\n`;
}

/** Takes out of a request line where people put credentials: user and password of a URL, query and fragment. */
function withoutSecrets(line: string): string {
  const end = line.search(/[?#]/);
  const path = end < 0 ? line : `${line.slice(0, end + 1)}…`;
  return path.replace(/\/\/[^/]*@/, '//…@');
}

/** Writes the record of a request that could not be read far enough to have a context. */
export function formatUnreadable(
  id: string,
  nowMs: number,
  connection: ConnectionFacts,
  decision: Decision,
  firstLine: string,
): string {
  const shown = withoutSecrets(firstLine);
  const address = textOf(connection.peer);
  return `{"@timestamp":"${new Date(nowMs).toISOString()}","event.action":"request","event.duration":0,"http.request.id":"${id}","url.original":${text(shown)},"source.ip":"${address}","client.ip":"${address}","http.response.status_code":${decision.status},"portcullis":{"listener":"${connection.listener}","route":"","api":"","decision":{"effect":"deny","reason":"${decision.reason}","stage":"protocol","detail":${text(decision.detail)}},"checks":[]}}\n`;
}
