import type { FieldLines } from '../lib/http/field-lines.ts';
import type { Ip } from '../lib/ip/address.ts';
import type { ClientCertificate } from './certificate.ts';
import type { Decision } from './decision.ts';
import type { HeldSlot } from './limits.ts';
import type { LoginAttempt } from './logins.ts';
import type { OutcomeReservation } from './outcomes.ts';
import type { Principal } from './principal.ts';
import type { Route, RouteCheck } from './route.ts';
import type { WafFindings } from './waf.ts';

/** The parts of a context that are known before routing. */
export interface RequestFacts {
  readonly id: string;
  readonly startedAtMs: number;
  readonly listener: string;
  readonly secure: boolean;
  readonly tlsVersion: string;
  readonly certificate: ClientCertificate | null;
  readonly peer: Ip;
  readonly client: Ip;
  readonly httpVersion: string;
  readonly method: string;
  readonly rawTarget: string;
  readonly path: string;
  readonly query: string;
  readonly host: string;
  readonly authority: string;
  readonly rawHeaders: FieldLines;
  readonly headers: FieldLines;
  readonly hasBody: boolean;
  readonly contentLength: number;
}

/**
 * One request on its way through the gateway.
 *
 * Shape: one hidden class, every field assigned here. `raw*` is as received, `claimed*` unverified, no prefix is
 * normalised or verified. Fields that are not readonly name the one stage or step that writes them.
 */
export class RequestContext {
  readonly id: string;
  /** Wall clock, epoch milliseconds. */
  readonly startedAtMs: number;
  /** Name of the listener that took the request. */
  readonly listener: string;
  /** Whether the client's connection (or the trusted proxy in front) speaks TLS. */
  readonly secure: boolean;
  /** Such as `TLSv1.3`; '' without TLS. */
  readonly tlsVersion: string;
  /** What the client showed in its handshake, see there what may be relied on; null where it showed none. */
  readonly certificate: ClientCertificate | null;
  /** The other end of the connection. */
  readonly peer: Ip;
  /** The client after trusted proxies; the peer itself where none is trusted. */
  readonly client: Ip;
  /** `1.0`, `1.1` or `2`. */
  readonly httpVersion: string;
  readonly method: string;
  readonly rawTarget: string;
  /** The one canonical path: router, stages, journal and upstream see this. */
  readonly path: string;
  /** Raw query without its question mark. */
  readonly query: string;
  /** Lower-case host name without port. */
  readonly host: string;
  /** Host with port as the client named it, normalised. */
  readonly authority: string;
  /** All header fields of the request, those about the connection included. */
  readonly rawHeaders: FieldLines;
  /** Request header fields without hop-by-hop fields. */
  readonly headers: FieldLines;
  readonly hasBody: boolean;
  /** Declared length in bytes, -1 when the body is chunked or absent. */
  readonly contentLength: number;

  /** Written by the router. */
  route: Route | null;
  /** Written by authentication. */
  principal: Principal | null;
  /** Written by authentication: whether a credential can be judged only with the body. */
  awaitsBody: boolean;
  /** Written by authentication: identifies a credential that did not verify; at most 8 characters of it. */
  claimedCredential: string;
  /** Written by strangers: whether it shows something that authentication is to look at. */
  showsCredential = false;
  /** Written by overload: how important the caller is where not all can be served; 0 goes first. */
  rank = 0;
  /** Written by the limits: how and why something was decided without the store it belongs in; '' when nothing was. */
  degraded: string;
  /** Written by the limits: the tier whose limits it counts against; '' while none. */
  limitTier: string;
  /** Written by the limits: the limit that refused it, or would have, as the journal names it; '' where none did. */
  limitedBy: string;
  /** Written by the limits: the slots it holds, the last one first; null while it holds none. */
  slots: HeldSlot | null;
  /** Written by the limits: that it is over, so that what it takes now must be given back. */
  isOver: boolean;
  /** Written by login: the login that is under way; null when the request is none, or once its end is counted. */
  login: LoginAttempt | null;
  /** Written by the limits: ids of the exceptions that changed a limit of the request, with blanks between; '' for none. */
  limitExceptions: string;
  /** Written by limit-outcome: what the request holds until its outcome is known; null when that is nothing. */
  outcome: OutcomeReservation | null;
  /** Written by the proxy when a body check asked for it. */
  body: Uint8Array | null;
  /** Written by the proxy: what it holds of a body of which only the beginning is looked at; null where it is not so. */
  bodyStart: Uint8Array | null;
  /** Written by the WAF: what it found out; null while it has not looked. */
  waf: WafFindings | null;
  /** Fields that stages add to whatever is answered, flat; the proxy appends them after the response checks. */
  readonly addedHeaders: string[];
  /** Written by the proxy: status of the upstream's answer, whatever the client gets in its place; 0 while there is none. */
  upstreamStatus: number;
  /** Written by the proxy: whether an attempt that may have reached the upstream ended without an answer. */
  isUnanswered: boolean;
  /** Whether the answer under way came from the upstream; false for refusals and answers of our own. */
  fromUpstream: boolean;
  /** Written by the proxy from the answer under way, edited by response checks. */
  responseStatus: number;
  responseHeaders: FieldLines | null;
  /** Written by the proxy when a check of answers asked for it: the body of the answer, or its beginning. */
  responseBody: Uint8Array | null;
  isResponseBodyPartial: boolean;

  /** The checks that ran, in order, and the cost of each in nanoseconds. Written by the pipeline. */
  readonly ran: RouteCheck[];
  readonly costsNs: number[];
  /** Position in `ran` of the check that did not continue, -1 while all did. Written by the pipeline. */
  decidedAt: number;
  /** What a check in observe mode would have done; null when it would have continued. Written by the mode wrapper. */
  observed: Decision | null;
  /** Decisions that observe mode let pass: pairs of position and decision. Written by the pipeline. */
  observations: Observation[] | null;

  constructor(facts: RequestFacts) {
    this.id = facts.id;
    this.startedAtMs = facts.startedAtMs;
    this.listener = facts.listener;
    this.secure = facts.secure;
    this.tlsVersion = facts.tlsVersion;
    this.certificate = facts.certificate;
    this.peer = facts.peer;
    this.client = facts.client;
    this.httpVersion = facts.httpVersion;
    this.method = facts.method;
    this.rawTarget = facts.rawTarget;
    this.path = facts.path;
    this.query = facts.query;
    this.host = facts.host;
    this.authority = facts.authority;
    this.rawHeaders = facts.rawHeaders;
    this.headers = facts.headers;
    this.hasBody = facts.hasBody;
    this.contentLength = facts.contentLength;
    this.route = null;
    this.principal = null;
    this.awaitsBody = false;
    this.claimedCredential = '';
    this.degraded = '';
    this.limitTier = '';
    this.limitedBy = '';
    this.slots = null;
    this.isOver = false;
    this.login = null;
    this.limitExceptions = '';
    this.outcome = null;
    this.body = null;
    this.bodyStart = null;
    this.waf = null;
    this.addedHeaders = [];
    this.upstreamStatus = 0;
    this.isUnanswered = false;
    this.fromUpstream = false;
    this.responseStatus = 0;
    this.responseHeaders = null;
    this.responseBody = null;
    this.isResponseBodyPartial = false;
    this.ran = [];
    this.costsNs = [];
    this.decidedAt = -1;
    this.observed = null;
    this.observations = null;
  }
}

/** A decision that observe mode recorded instead of carrying it out. */
export interface Observation {
  /** Position of the check in `ran`. */
  readonly at: number;
  readonly decision: Decision;
}
