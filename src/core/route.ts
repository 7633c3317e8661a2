import type { FieldFilter } from '../lib/http/field-filter.ts';
import type { AnswerMeter } from './load.ts';
import type { Principal } from './principal.ts';
import type { Check, Finisher, Mode, Phase, StageName } from './stage.ts';

/** A check of a route with what the journal says about it. */
export interface RouteCheck {
  readonly stage: StageName;
  readonly phase: Phase;
  readonly mode: Mode;
  readonly check: Check;
}

/** Header fields that tell the upstream who is asking. */
export interface IdentityHeaders {
  /** The field lines for a principal, each behind the end of another one. */
  linesFor(principal: Principal): string;
}

/** Limits of time for one exchange with the upstream, in milliseconds. */
export interface RouteTimeouts {
  readonly connectMs: number;
  readonly firstByteMs: number;
  readonly idleMs: number;
}

/** Where requests of one path go and what guards them; compiled once per reload, immutable. */
export class Route {
  /** `api` or `api/endpoint`. */
  readonly id: string;
  readonly apiId: string;
  readonly endpointId: string;
  readonly headChecks: readonly RouteCheck[];
  /** Head checks that wait for a credential which is judged with the body; run once it is held, or else at once. */
  readonly deferredChecks: readonly RouteCheck[];
  readonly bodyChecks: readonly RouteCheck[];
  readonly responseChecks: readonly RouteCheck[];
  /** Checks of the bodies of answers. */
  readonly responseBodyChecks: readonly RouteCheck[];
  /** What stages do when a request is over. */
  readonly finishers: readonly Finisher[];
  /** Watches how long the upstream takes; null where nobody does. */
  readonly meter: AnswerMeter | null;
  /** Bytes of body to hold for the body checks; 0 streams the body. */
  readonly bufferBytes: number;
  /** Bytes of body to hold for body checks that take a part. */
  readonly inspectBytes: number;
  /** Bytes to hold of the body of an answer. */
  readonly responseBodyBytes: number;
  /** Bytes of body to hold for the deferred checks. */
  readonly deferredBytes: number;
  /** Most bytes of a streamed body; 0 is no limit. */
  readonly streamLimitBytes: number;
  /** Name of the upstream pool in the plan. */
  readonly upstream: string;
  /** Canonical path prefix that is cut off before forwarding; '' keeps the path. */
  readonly stripPath: string;
  readonly timeouts: RouteTimeouts;
  /** Attempts after the first, for idempotent methods only. */
  readonly retries: number;
  /** Whether `Host` is passed on as the client sent it. */
  readonly preserveHost: boolean;
  /** Protocols a client may upgrade to, lower-case. */
  readonly upgrades: readonly string[];
  /** Request header fields that the upstream must not get from the client: credentials, and names of identity headers. */
  readonly withheldHeaders: FieldFilter;
  /** Whether the upstream gets the verified certificate of the caller. */
  readonly forwardsCertificate: boolean;
  /** Query parameter that the upstream must not get, because it carries a credential; '' when there is none. */
  readonly withheldParameter: string;
  /** Cookie that the upstream must not get, because it carries a credential; '' when there is none. */
  readonly withheldCookie: string;
  /** Tells the upstream who is asking; null where nothing is told. */
  readonly identityHeaders: IdentityHeaders | null;
  /** Field lines for the upstream that come from the gateway itself, each with the CRLF before it; '' for none. */
  readonly vouchedLines: string;

  constructor(fields: Omit<Route, never>) {
    this.id = fields.id;
    this.apiId = fields.apiId;
    this.endpointId = fields.endpointId;
    this.headChecks = fields.headChecks;
    this.deferredChecks = fields.deferredChecks;
    this.bodyChecks = fields.bodyChecks;
    this.responseChecks = fields.responseChecks;
    this.responseBodyChecks = fields.responseBodyChecks;
    this.finishers = fields.finishers;
    this.meter = fields.meter;
    this.bufferBytes = fields.bufferBytes;
    this.inspectBytes = fields.inspectBytes;
    this.responseBodyBytes = fields.responseBodyBytes;
    this.deferredBytes = fields.deferredBytes;
    this.streamLimitBytes = fields.streamLimitBytes;
    this.upstream = fields.upstream;
    this.stripPath = fields.stripPath;
    this.timeouts = fields.timeouts;
    this.retries = fields.retries;
    this.preserveHost = fields.preserveHost;
    this.upgrades = fields.upgrades;
    this.withheldHeaders = fields.withheldHeaders;
    this.forwardsCertificate = fields.forwardsCertificate;
    this.withheldParameter = fields.withheldParameter;
    this.withheldCookie = fields.withheldCookie;
    this.identityHeaders = fields.identityHeaders;
    this.vouchedLines = fields.vouchedLines;
  }
}
