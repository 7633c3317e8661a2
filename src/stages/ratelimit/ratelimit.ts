import type { CountingRule } from '../../core/limits.ts';
import type { Ports } from '../../core/ports.ts';
import { ShownCredential } from '../../core/shown-credential.ts';
import type { RouteFacts, Stage, StageChecks, Weakness } from '../../core/stage.ts';
import { addressSources, SourceCompiler } from './compile-sources.ts';
import { claimsOf, isClaimed } from './dimension.schema.ts';
import { ExceptedPolicies } from './excepted-policy.ts';
import { LimitCheck } from './limit-check.ts';
import type { LimitSource } from './limit-source.ts';
import { countingRule, failureWeaknesses } from './on-unavailable.ts';
import { PRESET_KEYS, presetOf } from './presets.ts';
import {
  type AddressLimitConfig,
  addressLimitSchema,
  type RateLimitConfig,
  rateLimitSchema,
} from './ratelimit.schema.ts';
import { SlotFinisher } from './slots.ts';

function compileAddressLimit(config: AddressLimitConfig, route: RouteFacts, ports: Ports): StageChecks {
  const shown = new ShownCredential(route);
  return checksOf(addressSources(config, route), countingRule(config, route), shown, route, ports);
}

function compileRateLimit(config: RateLimitConfig, route: RouteFacts, ports: Ports): StageChecks {
  const rule = countingRule(config, route, presetOf(config.preset).onUnavailable);
  return checksOf(new SourceCompiler(config, route).compile(), rule, null, route, ports);
}

function checksOf(
  sources: readonly LimitSource[],
  rule: CountingRule,
  shown: ShownCredential | null,
  route: RouteFacts,
  ports: Ports,
): StageChecks {
  if (sources.length === 0) return {};
  const exceptions = new ExceptedPolicies(route, ports);
  const upgradeJson = route.upgradeUrl === '' ? 'null' : JSON.stringify(route.upgradeUrl);
  return {
    head: new LimitCheck({ sources, exceptions, rule, upgradeJson, shown }, ports),
    finisher: new SlotFinisher(ports.limits),
  };
}

/** Limits that a client gets again by sending another value of a header field. */
function headerWeaknesses({
  by,
  tier,
  limits,
  perMinute,
  perHour,
  perDay,
  preset,
}: RateLimitConfig): Weakness[] {
  const hasNumbers = (perMinute ?? perHour ?? perDay ?? preset) !== undefined;
  const isBounded =
    tier !== undefined || (hasNumbers && !isClaimed(by)) || limits.some((limit) => !isClaimed(limit.by));
  if (isBounded) return [];
  const message =
    'A client gets a limit again with every other value of the header; add one that is counted by something else.';
  const pointers = limits.flatMap((limit, at) => (isClaimed(limit.by) ? [`/limits/${at}/by`] : []));
  return [...(isClaimed(by) && hasNumbers ? ['/by'] : []), ...pointers].map((pointer) => ({
    pointer,
    message,
  }));
}

/** Limits how often one address may ask, before anything is known about the caller. */
export const addressLimit: Stage<AddressLimitConfig> = {
  name: 'limit-address',
  key: 'addressLimit',
  schema: addressLimitSchema,
  compile: compileAddressLimit,
  weaknesses: failureWeaknesses,
};

/** Limits how often one caller may ask, by tier and by the route's own numbers. */
export const principalLimit: Stage<RateLimitConfig> = {
  name: 'limit-principal',
  key: 'rateLimit',
  schema: rateLimitSchema,
  replacingKeys: { preset: PRESET_KEYS },
  compile: compileRateLimit,
  claims: ({ by, limits }) => [by, ...limits.map((limit) => limit.by)].flatMap(claimsOf),
  weaknesses: (config) => [...failureWeaknesses(config), ...headerWeaknesses(config)],
};
