import { ConfigError, type ConfigProblem } from '../../core/errors.ts';
import { type Limits, MAX_HITS } from '../../core/limits.ts';
import type { RouteFacts } from '../../core/stage.ts';
import { closest } from '../../lib/text/suggest.ts';
import { CountedMethods } from './counted-methods.ts';
import { compileDimension, type Dimension, scopeOf } from './dimensions.ts';
import { isLimited, type LimitPolicy, plainPolicy, tierPolicy } from './limit-policy.ts';
import { contradictions, costProblems } from './limit-problems.ts';
import { KeySource, type LimitSource, OwnSource, TierSource } from './limit-source.ts';
import { presetOf } from './presets.ts';
import type { AddressLimitConfig, LimitConfig, RateLimitConfig } from './ratelimit.schema.ts';
import { limitsOf, PARTNER_TIER, type TierConfig } from './tiers.ts';

const FROM_PRINCIPAL = 'fromPrincipal';

function placeOf({ apiId, endpointId }: RouteFacts): string {
  return endpointId === '' ? apiId : `${apiId}/${endpointId}`;
}

/** The limit of an `addressLimit` block; none when it has no numbers. */
export function addressSources(config: AddressLimitConfig, route: RouteFacts): readonly LimitSource[] {
  const problems = contradictions(config, '');
  if (problems.length > 0) throw new ConfigError(problems);
  const limits = limitsOf(config);
  if (!isLimited(limits)) return [];
  const dimension = compileDimension('address', config.ipv6Prefix);
  const policy = plainPolicy(`\`addressLimit\` of ${placeOf(route)}`, 'address-', limits, 1);
  return [new OwnSource(scopeOf('address-limit', dimension, route), dimension, policy)];
}

/** Compiles the limits of one `rateLimit` block; tells every mistake at once. */
export class SourceCompiler {
  readonly #config: RateLimitConfig;
  readonly #route: RouteFacts;
  readonly #dimension: Dimension;
  readonly #problems: ConfigProblem[] = [];

  constructor(config: RateLimitConfig, route: RouteFacts) {
    this.#config = config;
    this.#route = route;
    this.#dimension = compileDimension(config.by, config.ipv6Prefix);
  }

  /** The tier first, then the numbers of the block, its list, and those of keys. */
  compile(): readonly LimitSource[] {
    const { limits, ipv6Prefix, cost } = this.#config;
    const tier = this.#tier();
    const found = [tier, this.#own(tier !== null), ...limits.map((limit, at) => this.#listed(limit, at))];
    // Where keys are taken, one may have limits of its own.
    if (this.#route.acceptsKeys) found.push(new KeySource(compileDimension('key', ipv6Prefix), cost));
    const sources = found.filter((source) => source !== null);
    if (sources.length > MAX_HITS) {
      const keys = this.#route.acceptsKeys ? ', with that of its key' : '';
      this.#problems.push({
        pointer: '/limits',
        message: `A request has ${sources.length} limits here${keys}, and it can have ${MAX_HITS}.`,
        suggestion: 'Leave out those that others are always tighter than.',
      });
    }
    if (this.#problems.length > 0) throw new ConfigError(this.#problems);
    return sources;
  }

  #own(hasTier: boolean): LimitSource | null {
    const { preset, cost } = this.#config;
    const block: TierConfig = {
      ...this.#config,
      perMinute: this.#config.perMinute ?? presetOf(preset).perMinute,
    };
    this.#problems.push(...contradictions(block, ''));
    const limits = limitsOf(block);
    if (!isLimited(limits)) return null;
    const label = `\`rateLimit\` of ${placeOf(this.#route)}`;
    this.#problems.push(...costProblems(cost, limits, 'the limit of the block', '/cost'));
    const prefix = hasTier ? (this.#route.endpointId === '' ? 'api-' : 'endpoint-') : '';
    const policy = plainPolicy(label, prefix, limits, cost);
    return new OwnSource(scopeOf('route', this.#dimension, this.#route), this.#dimension, policy);
  }

  #listed(limit: LimitConfig, at: number): LimitSource | null {
    const { id, by, methods } = limit;
    const pointer = `/limits/${at}`;
    const limits = limitsOf(limit);
    if (!isLimited(limits)) {
      const message = `The limit \`${id}\` limits nothing.`;
      const suggestion = 'Write `perMinute`, `perHour`, `perDay` or `concurrent`.';
      this.#problems.push({ pointer, message, suggestion });
      return null;
    }
    if (this.#config.limits.findIndex((other) => other.id === id) < at) {
      const message = `There is another limit \`${id}\`.`;
      this.#problems.push({ pointer: `${pointer}/id`, message, suggestion: 'Give it a name of its own.' });
    }
    this.#problems.push(...contradictions(limit, pointer));
    const cost = limit.cost ?? this.#config.cost;
    const costPointer = limit.cost === undefined ? '/cost' : `${pointer}/cost`;
    this.#problems.push(...costProblems(cost, limits, `the limit \`${id}\``, costPointer));
    const dimension = compileDimension(by, this.#config.ipv6Prefix);
    const policy = plainPolicy(`limit \`${id}\` of ${placeOf(this.#route)}`, `${id}-`, limits, cost);
    const counted = methods === undefined ? null : new CountedMethods(methods);
    return new OwnSource(scopeOf(`limit/${id}`, dimension, this.#route), dimension, policy, counted, id);
  }

  /**
   * The tier or tiers of the block; null when it names none.
   *
   * Safety: a tier that every request of a route has is counted apart from those of principals. In one counter, calls
   * that the larger tier of one API admits would use up the smaller one of another.
   */
  #tier(): LimitSource | null {
    const { tier, defaultTier } = this.#config;
    if (tier === undefined) return null;
    const { isShared, isClaimed, reach, id } = this.#dimension;
    if (isShared || isClaimed || reach !== 'route') {
      this.#problems.push({
        pointer: '/by',
        message:
          'A tier is the allowance of one caller: it cannot be counted for all together, nor by a header.',
        suggestion: 'Write the numbers that count so, with their `by`, under `limits`.',
      });
      return null;
    }
    if (tier !== FROM_PRINCIPAL) {
      const policy = this.#policyOf(tier, '/tier');
      if (policy === null || !isLimited(policy.limits)) return null;
      return new TierSource(`tier/${id}/${tier}`, this.#dimension, policy, new Map());
    }
    const fallback = this.#policyOf(defaultTier, '/defaultTier');
    if (fallback === null) return null;
    const names = [...this.#route.tiers.keys()];
    const byName = new Map(names.map((name) => [name, this.#policyOf(name, '/cost') as LimitPolicy]));
    return new TierSource(`tier/${id}`, this.#dimension, fallback, byName);
  }

  #policyOf(name: string, pointer: string): LimitPolicy | null {
    const { tiers } = this.#route;
    const limits: Limits | undefined = tiers.get(name);
    if (limits === undefined) {
      this.#problems.push(tierProblem(name, pointer, [...tiers.keys()]));
      return null;
    }
    const { cost } = this.#config;
    if (pointer !== '/defaultTier')
      this.#problems.push(...costProblems(cost, limits, `the tier ${JSON.stringify(name)}`, '/cost'));
    return tierPolicy(name, limits, cost);
  }
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
