import type { RequestContext } from '../core/context.ts';
import type { Decision } from '../core/decision.ts';
import type { ReasonCode } from '../core/reasons.ts';
import type { RouteCheck } from '../core/route.ts';
import { textOf } from './client-address.ts';
import type { ConnectionFacts } from './exchange.ts';

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
const prefixes = new WeakMap<RouteCheck, string>();

function text(value: string): string {
  return JSON.stringify(value.length > MAX_TEXT ? `${value.slice(0, MAX_TEXT)}…` : value);
}

/** The part of a check's entry that is the same for every request. */
function prefixOf(check: RouteCheck): string {
  const known = prefixes.get(check);
  if (known !== undefined) return known;
  const prefix = `{"stage":"${check.stage}","phase":"${check.phase}","mode":"${check.mode}","cost_ns":`;
  prefixes.set(check, prefix);
  return prefix;
}

function checksOf(ctx: RequestContext, outcome: Outcome): string {
  const { ran, costsNs, observations } = ctx;
  let list = '';
  for (let i = 0; i < ran.length; i++) {
    const check = ran[i] as RouteCheck;
    const observed = observations?.find((observation) => observation.at === i)?.decision;
    const isLast = observed === undefined && ctx.decidedAt === i;
    const verdict =
      observed !== undefined ? `would-${observed.effect}` : isLast ? outcome.effect : 'continue';
    const reason = observed !== undefined ? observed.reason : isLast ? outcome.reason : '';
    const entry = `${prefixOf(check)}${costsNs[i]},"verdict":"${verdict}"${reason === '' ? '' : `,"reason":"${reason}"`}}`;
    list += i === 0 ? entry : `,${entry}`;
  }
  return list;
}

function decisionOf(outcome: Outcome): string {
  const detail = outcome.detail === '' ? '' : `,"detail":${text(outcome.detail)}`;
  return `{"effect":"${outcome.effect}","reason":"${outcome.reason}","stage":"${outcome.stage}"${detail}}`;
}

/**
 * Writes the journal record of a request: one JSON object on one line, ECS names.
 *
 * Safety: no header value but User-Agent, no query and no body is written, so no credential can be; of a credential
 * at most its id or its first eight characters.
 */
export function formatRecord(ctx: RequestContext, outcome: Outcome): string {
  const { principal, route } = ctx;
  const agent = ctx.headers.get('user-agent');
  let line = `{"@timestamp":"${new Date(ctx.startedAtMs).toISOString()}","event.action":"request","event.duration":${Math.round(outcome.durationMs * 1e6)},"http.request.id":"${ctx.id}","http.request.method":${text(ctx.method)},"http.version":"${ctx.httpVersion}","url.domain":"${ctx.host}","url.path":${text(ctx.path)},"source.ip":"${textOf(ctx.peer)}","client.ip":"${textOf(ctx.client)}","http.response.status_code":${outcome.status},"http.request.body.bytes":${outcome.bytesIn},"http.response.body.bytes":${outcome.bytesOut}`;
  if (agent !== null) line += `,"user_agent.original":${text(agent)}`;
  if (ctx.tlsVersion !== '') line += `,"tls.version":"${ctx.tlsVersion}"`;
  if (principal !== null) line += `,"user.id":${text(principal.subject)}`;
  line += `,"portcullis":{"listener":"${ctx.listener}","route":"${route?.id ?? ''}","api":"${route?.apiId ?? ''}","decision":${decisionOf(outcome)}`;
  if (principal !== null)
    line += `,"credential":${text(principal.credentialId)},"authentication":"${principal.method}"`;
  else if (ctx.claimedCredential !== '')
    line += `,"claimed_credential":${text(ctx.claimedCredential.slice(0, 8))}`;
  if (outcome.upstream !== '') {
    line += `,"upstream":{"target":"${outcome.upstream}","duration_ms":${outcome.upstreamMs.toFixed(3)},"attempts":${outcome.attempts}}`;
  }
  return `${line},"checks":[${checksOf(ctx, outcome)}]}}\n`;
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
