import type { RequestContext } from '../../core/context.ts';
import { windowsOnly } from '../../core/limits.ts';
import { CountedMethods } from './counted-methods.ts';
import { compileDimension, type Dimension, scopeOf } from './dimensions.ts';
import { type LimitPolicy, plainPolicy } from './limit-policy.ts';
import type { OutcomeLimitConfig } from './outcome-limits.schema.ts';

/** RFC 9110, 9.2.1: these ask for nothing to be done. */
const SAFE: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE']);
const ORIGIN = /^(?:[A-Za-z][A-Za-z0-9+.-]*:)?\/\/[^/?#]*/;

/** One limit on outcomes, compiled. */
export interface OutcomeRule {
  readonly id: string;
  readonly part: 'outcome';
  readonly dimension: Dimension;
  readonly scope: string;
  readonly policy: LimitPolicy;
  /** Methods that it is about; null for every one that is not safe. */
  readonly methods: CountedMethods | null;
  readonly statuses: ReadonlySet<number>;
  /** Starts of `Location` of redirects that do not count. */
  readonly failureRedirects: readonly string[];
}

/**
 * Compiles one limit.
 *
 * Safety: the counter is named by API and id, not by endpoint: what one endpoint lets pass, another one of the API with the
 * same limit does not let pass again.
 */
export function compileOutcomeRule(
  config: OutcomeLimitConfig,
  apiId: string,
  ipv6Prefix: number,
): OutcomeRule {
  const { id, by, perMinute = 0, perHour = 0, perDay = 0, methods, failureRedirects } = config;
  const dimension = compileDimension(by, ipv6Prefix);
  const limits = windowsOnly({ perMinute, perHour, perDay });
  return {
    id,
    part: 'outcome',
    dimension,
    scope: scopeOf(`outcome/${id}`, dimension, { apiId, endpointId: '' }),
    policy: plainPolicy(`limit \`${id}\` on outcomes of ${apiId}`, `${id}-`, limits, 1),
    methods: methods === undefined ? null : new CountedMethods(methods),
    statuses: new Set(config.statuses.flatMap(statusesOf)),
    failureRedirects,
  };
}

function statusesOf(status: number | string): number[] {
  if (typeof status === 'number') return [status];
  const first = Number(status[0]) * 100;
  return Array.from({ length: 100 }, (_, i) => first + i);
}

/** Whether a limit is about requests of a method. */
export function isAbout({ methods }: OutcomeRule, method: string): boolean {
  return methods === null ? !SAFE.has(method) : methods.has(method);
}

/**
 * Whether a request ended in a way that counts.
 *
 * Safety: where a request may have reached the upstream and no answer tells what it did, it counts: else whoever gives
 * up in time, or makes the upstream slow, would get more than the limit.
 */
export function isCounted({ statuses, failureRedirects }: OutcomeRule, ctx: RequestContext): boolean {
  const { upstreamStatus } = ctx;
  if (ctx.isUnanswered) return true;
  if (upstreamStatus === 0 || !statuses.has(upstreamStatus)) return false;
  // Where another stage has put its answer in the place of a redirect, the target is not known any more.
  if (upstreamStatus < 300 || upstreamStatus > 399 || !ctx.fromUpstream) return true;
  const target = ctx.responseHeaders?.get('location')?.replace(ORIGIN, '') ?? '';
  return !failureRedirects.some((start) => target.startsWith(start));
}
