import { ConfigError, type ConfigProblem } from '../../core/errors.ts';
import type { Limits } from '../../core/limits.ts';
import type { Ports } from '../../core/ports.ts';
import type { RouteFacts, Stage, StageChecks } from '../../core/stage.ts';
import { closest } from '../../lib/text/suggest.ts';
import { LimitCheck, type OwnLimit, type TierChoice } from './limit-check.ts';
import { isLimited, plainPolicy, tierPolicy } from './limit-policy.ts';
import { countingRule, failureWeaknesses } from './on-unavailable.ts';
import {
  type AddressLimitConfig,
  addressLimitSchema,
  type RateLimitConfig,
  rateLimitSchema,
} from './ratelimit.schema.ts';
import { limitsOf, PARTNER_TIER } from './tiers.ts';

const FROM_PRINCIPAL = 'fromPrincipal';

function compileAddressLimit(config: AddressLimitConfig, route: RouteFacts, ports: Ports): StageChecks {
  const own = ownLimit(config, route, 'address-limit', 'addressLimit');
  if (own === null) return {};
  return {
    head: new LimitCheck(
      {
        tier: null,
        own,
        byAddress: true,
        ofKeys: false,
        ipv6Prefix: config.ipv6Prefix,
        rule: countingRule(config, route),
        upgradeJson: upgradeJson(route),
      },
      ports,
    ),
  };
}

function compileRateLimit(config: RateLimitConfig, route: RouteFacts, ports: Ports): StageChecks {
  const tier = tierChoice(config, route);
  const own = ownLimit(config, route, 'route', 'rateLimit');
  // Where keys are taken, one may have limits of its own.
  if (tier === null && own === null && !route.acceptsKeys) return {};
  return {
    head: new LimitCheck(
      {
        tier,
        own,
        byAddress: config.by === 'address',
        ofKeys: route.acceptsKeys,
        ipv6Prefix: config.ipv6Prefix,
        rule: countingRule(config, route),
        upgradeJson: upgradeJson(route),
      },
      ports,
    ),
  };
}

/** The numbers of a block; null when it has none. */
function ownLimit(
  config: AddressLimitConfig | RateLimitConfig,
  route: RouteFacts,
  scope: string,
  key: string,
): OwnLimit | null {
  const limits = limitsOf(config);
  if (!isLimited(limits)) return null;
  const id = route.endpointId === '' ? route.apiId : `${route.apiId}/${route.endpointId}`;
  return { scope: `${scope}/${id}`, policy: plainPolicy(`\`${key}\` of ${id}`, limits) };
}

/**
 * The tier or tiers of a block; null when it names none.
 *
 * Safety: a tier that every request of a route has is counted apart from those of principals. In one counter, calls
 * that the larger tier of one API admits would use up the smaller one of another.
 */
function tierChoice(config: RateLimitConfig, route: RouteFacts): TierChoice | null {
  if (config.tier === undefined) return null;
  if (config.tier !== FROM_PRINCIPAL) {
    const limits = getTier(config.tier, '/tier', route);
    if (!isLimited(limits)) return null;
    return { scope: `tier/${config.tier}`, fallback: tierPolicy(config.tier, limits), byName: new Map() };
  }
  const fallback = tierPolicy(config.defaultTier, getTier(config.defaultTier, '/defaultTier', route));
  const byName = new Map([...route.tiers].map(([name, limits]) => [name, tierPolicy(name, limits)]));
  return { scope: 'tier', fallback, byName };
}

function getTier(name: string, pointer: string, route: RouteFacts): Limits {
  const limits = route.tiers.get(name);
  if (limits === undefined) throw new ConfigError([tierProblem(name, pointer, [...route.tiers.keys()])]);
  return limits;
}

function tierProblem(name: string, pointer: string, known: readonly string[]): ConfigProblem {
  if (name === PARTNER_TIER) {
    return {
      pointer,
      message: 'The tier "partner" has no limits of its own, and none are configured.',
      suggestion: 'Add what you agreed on as `tiers.partner`.',
    };
  }
  const near = closest(name, pointer === '/tier' ? [...known, FROM_PRINCIPAL] : known);
  const advice =
    near === null ? `Known are ${known.map((tier) => `"${tier}"`).join(', ')}.` : `Did you mean "${near}"?`;
  return { pointer, message: `There is no tier ${JSON.stringify(name)}.`, suggestion: advice };
}

function upgradeJson(route: RouteFacts): string {
  return route.upgradeUrl === '' ? 'null' : JSON.stringify(route.upgradeUrl);
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
  compile: compileRateLimit,
  weaknesses: failureWeaknesses,
};
