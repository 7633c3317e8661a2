import type { ClientCertificate } from '../core/certificate.ts';
import { RequestContext } from '../core/context.ts';
import { type Decision, deny } from '../core/decision.ts';
import { ownCopy } from '../lib/http/field-lines.ts';
import { type Host, parseHost } from '../lib/http/host.ts';
import { parseTarget, type Target, type TargetFault } from '../lib/uri/target.ts';
import { type ClientFacts, readClient } from './client-address.ts';
import type { Exchange } from './exchange.ts';
import { certificateOf } from './forwarded-certificate.ts';
import { type RequestFields, readFields } from './read-fields.ts';
import type { ReadSettings } from './settings.ts';

const LENGTH = deny('protocol.uri-length');
const NO_HOST = deny('protocol.host', { detail: 'no Host field' });
const BAD_HOST = deny('protocol.host', { detail: 'the Host field is not a host' });
const OTHER_HOST = deny('protocol.host', { detail: 'the target and the Host field name different hosts' });
const CONNECT = deny('protocol.method', { detail: 'CONNECT' });
const OTHER_SCHEME = deny('protocol.target', { detail: 'the scheme is not that of the connection' });
const NOWHERE: Host = { host: '', port: null };

const MAX_HOSTS = 512;
const hosts = new Map<string, Host | null>();

/** What target faults are called in the journal: those of the path have a reason of their own. */
const PATH_FAULTS = new Set<TargetFault>([
  'encoded-slash',
  'backslash',
  'nul',
  'control',
  'utf8',
  'above-root',
  'semicolon',
]);
const targetRefusals = new Map<TargetFault, Decision>();

function refuseTarget(fault: TargetFault): Decision {
  if (fault === 'too-long') return LENGTH;
  const known = targetRefusals.get(fault);
  if (known !== undefined) return known;
  const decision = deny(PATH_FAULTS.has(fault) ? 'protocol.path' : 'protocol.target', { detail: fault });
  targetRefusals.set(fault, decision);
  return decision;
}

/** Parses a host, remembering the few that a gateway sees again and again. */
function hostOf(value: string): Host | null {
  const known = hosts.get(value);
  if (known !== undefined) return known;
  const parsed = parseHost(value);
  if (parsed !== null) {
    if (hosts.size >= MAX_HOSTS) hosts.clear();
    hosts.set(ownCopy(value), parsed);
  }
  return parsed;
}

function findHost(fields: RequestFields, target: Target, exchange: Exchange): Host | Decision {
  const named = fields.host ?? exchange.rawAuthority;
  if (named === null) return exchange.httpVersion === '1.0' && target.authority === null ? NOWHERE : NO_HOST;
  const host = hostOf(named);
  if (host === null) return BAD_HOST;
  for (const other of [exchange.rawAuthority, target.authority]) {
    if (other === null || other === named) continue;
    const parsed = hostOf(other);
    if (parsed === null || parsed.host !== host.host || parsed.port !== host.port) return OTHER_HOST;
  }
  return host;
}

/** Why a request need not be looked at any closer; null when it must be. */
function findUnfit({ rawTarget, method, fault }: Exchange, limits: ReadSettings['limits']): Decision | null {
  if (fault !== null) return fault;
  if (method === 'CONNECT') return CONNECT;
  return rawTarget.length > limits.targetBytes ? LENGTH : null;
}

/** RFC 9110, 7.4: what asks for https must have come by it; the reverse is no less ambiguous. */
function isOtherScheme(target: Target, secure: boolean): boolean {
  return target.scheme !== null && target.scheme !== (secure ? 'https' : 'http');
}

/** A request that was read, with what only the proxy needs of it. */
export interface ReadRequest {
  readonly ctx: RequestContext;
  readonly takesTrailers: boolean;
  /** Addresses between the client and the gateway, the client first, as verified; for `X-Forwarded-For`. */
  readonly forwardedFor: string;
}

/** Reads one request strictly: everything ambiguous is a refusal, after which the connection must close. */
export function readRequest(
  exchange: Exchange,
  settings: ReadSettings,
  makeId: () => string,
  nowMs: number,
): ReadRequest | Decision {
  const { httpVersion, connection } = exchange;
  const unfit = findUnfit(exchange, settings.limits);
  if (unfit !== null) return unfit;
  const target = parseTarget(exchange.method, exchange.rawTarget, settings.paths);
  if (!target.ok) return refuseTarget(target.problem);
  const fields = readFields(exchange);
  if ('effect' in fields) return fields;
  const host = findHost(fields, target, exchange);
  if ('effect' in host) return host;
  const client = readClient(connection, fields.claimed, settings);
  if ('effect' in client) return client;
  if (isOtherScheme(target, client.secure)) return OTHER_SCHEME;
  const certificate = certificateOf(connection, fields.claimed, settings);
  if (certificate !== null && 'effect' in certificate) return certificate;
  const id = client.requestId === '' ? makeId() : client.requestId;
  return {
    ctx: contextOf(exchange, id, nowMs, target, fields, host, client, certificate),
    takesTrailers: httpVersion === '2' || fields.takesTrailers,
    forwardedFor: client.forwardedFor,
  };
}

function contextOf(
  exchange: Exchange,
  id: string,
  nowMs: number,
  target: Target,
  fields: RequestFields,
  host: Host,
  client: ClientFacts,
  certificate: ClientCertificate | null,
): RequestContext {
  const { connection, httpVersion, method, rawTarget } = exchange;
  return new RequestContext({
    id,
    startedAtMs: nowMs,
    listener: connection.listener,
    secure: client.secure,
    tlsVersion: connection.tlsVersion,
    certificate,
    peer: connection.peer,
    client: client.address,
    httpVersion,
    method,
    rawTarget,
    path: target.path,
    query: target.query,
    host: host.host,
    authority: host.port === null ? host.host : `${host.host}:${host.port}`,
    rawHeaders: exchange.fields,
    headers: fields.kept,
    hasBody: exchange.hasBody,
    contentLength: exchange.contentLength,
  });
}
