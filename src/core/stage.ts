import type { z } from 'zod';
import type { RequestContext } from './context.ts';
import type { Decision } from './decision.ts';
import type { Limits } from './limits.ts';
import type { AnswerMeter } from './load.ts';
import type { Ports } from './ports.ts';
import type { RuleSets } from './rule-sets.ts';
import type { TrustFiles } from './trust.ts';

/** `enforce` carries decisions out, `observe` records them and lets pass, `off` compiles to nothing. */
export type Mode = 'enforce' | 'observe' | 'off';

/** When a check runs: before the body is read, with the body, on the head of an answer, or with the body of the answer. */
export type Phase = 'head' | 'body' | 'response' | 'response-body';

export type StageName =
  | 'protocol'
  | 'access'
  | 'limit-address'
  | 'cors'
  | 'strangers'
  | 'login'
  | 'authentication'
  | 'overload'
  | 'limit-principal'
  | 'behaviour'
  | 'authorization'
  | 'limit-outcome'
  | 'waf'
  | 'validation'
  | 'hardening';

/**
 * One compiled protection of one route.
 *
 * Cost: synchronous unless it really waits; allocates nothing when it continues.
 */
export interface Check {
  run(ctx: RequestContext): Decision | Promise<Decision>;
  /** Of a check of bodies: whether it needs that of this request or answer; absent: of every one that has a body. */
  wantsBody?(ctx: RequestContext): boolean;
  /** Of a body check: whether it also runs with the beginning of a body, `ctx.bodyStart`, and decides about the rest. */
  readonly takesPart?: boolean;
}

/** What a stage does when a request is over, however it ended: answered, refused, or given up by the client. */
export interface Finisher {
  /** Called once, after everything else. */
  finish(ctx: RequestContext): void;
}

/** What a stage compiles to; a phase that is absent costs nothing. */
export interface StageChecks {
  readonly head?: Check;
  readonly body?: Check;
  /**
   * Completes the head phase once the body is held, where the check wants it, or else at once. The head checks of all
   * later stages wait for it.
   */
  readonly deferred?: Check;
  /** The most bytes the body phase needs in memory. A longer body is refused as `validation.body-size`. */
  readonly bodyLimitBytes?: number;
  /** The most bytes the deferred check needs in memory. A longer body is refused as `validation.body-size`. */
  readonly deferredLimitBytes?: number;
  /** The most bytes that a body check which takes a part needs in memory. Of a longer body it gets the beginning. */
  readonly inspectLimitBytes?: number;
  /** The most bytes of body to pass on while streaming; a longer body is refused as `validation.body-size`. */
  readonly streamLimitBytes?: number;
  readonly response?: Check;
  /** Runs before anything of the answer is sent, with its body or as much of it as `responseBodyLimitBytes` allows. */
  readonly responseBody?: Check;
  readonly responseBodyLimitBytes?: number;
  /** Gives back what a check of the stage took for the request. */
  readonly finisher?: Finisher;
  /** Watches how long the upstream takes. */
  readonly meter?: AnswerMeter;
}

/** A token issuer as stages see it. */
export interface IssuerFacts {
  readonly id: string;
  readonly issuer: string;
  readonly algorithms: readonly string[];
  readonly requiredClaims: readonly string[];
  /** Seconds that `exp` and `nbf` may be off. */
  readonly clockToleranceS: number;
  /** Seconds that `iat` may lie in the future. */
  readonly maxIatSkewS: number;
}

/** What a stage may know about the route it compiles for. */
export interface RouteFacts {
  readonly apiId: string;
  /** '' for the API itself. */
  readonly endpointId: string;
  /** Canonical path prefix or endpoint path as configured. */
  readonly path: string;
  readonly tiers: ReadonlyMap<string, Limits>;
  readonly upgradeUrl: string;
  readonly issuers: ReadonlyMap<string, IssuerFacts>;
  /** What was read of the certificates and revocation lists that the configuration names. */
  readonly trust: TrustFiles;
  /** The rules that the configuration names, compiled. */
  readonly rules: RuleSets;
  /** Whether the route authenticates its callers. */
  readonly authenticated: boolean;
  /** Whether it takes API keys, which may have limits of their own. */
  readonly acceptsKeys: boolean;
  /** Whether failed logins are held against addresses here: a limit that fails open would let them be tried. */
  readonly guardsLogins: boolean;
  /** Names of the request header fields that may carry the credentials of this route, lower-case. */
  readonly credentialHeaders: readonly string[];
  /** Names of or pointers to the claims of tokens that any route of the plan reads from `Principal.claims`. */
  readonly keptClaims: readonly string[];
}

/** A weak setting that `check` reports. */
export interface Weakness {
  /** JSON pointer relative to the stage's block. */
  readonly pointer: string;
  readonly message: string;
}

/**
 * A protection: its schema, and how its configuration becomes checks.
 *
 * `compile` runs once per route and reload, throws ConfigError for what the schema cannot say, and never does I/O.
 */
export interface Stage<Config extends { readonly mode: Mode }> {
  readonly name: StageName;
  /** Key of the stage's block in `defaults`, an API or an endpoint. */
  readonly key: string;
  readonly schema: z.ZodType<Config>;
  /** Key that a block written as a list stands for: `[…]` is `{ key: […] }` when blocks are merged. */
  readonly listKey?: string;
  /** Keys that exclude each other: a more specific block that has one replaces all that it would inherit. */
  readonly exclusiveKeys?: readonly string[];
  /**
   * Keys that stand for others: a more specific block that has such a key inherits none of those, only says them itself.
   */
  readonly replacingKeys?: Readonly<Record<string, readonly string[]>>;
  compile(config: Config, route: RouteFacts, ports: Ports): StageChecks;
  /** Names of or pointers to the claims that the checks of a block read from `Principal.claims`. */
  claims?(config: Config): readonly string[];
  /** Lists what weakens protection in a valid block. */
  weaknesses?(config: Config): readonly Weakness[];
}
