import type { RequestContext } from '../../core/context.ts';
import { CONTINUE, type Decision, deny } from '../../core/decision.ts';
import { ConfigError } from '../../core/errors.ts';
import type { Countries, Ports } from '../../core/ports.ts';
import type { Check, RouteFacts, Stage, StageChecks } from '../../core/stage.ts';
import { type AuthorizationConfig, authorizationSchema } from './authorization.schema.ts';
import { checkKeyGrant } from './key-grant.ts';
import { appliesTo, checkRule, compileRule, type Rule } from './rule.ts';

const NO_RULE = deny('authz.no-rule', { detail: 'No rule of `authorize` is about this method.' });
/** Happens only where authentication observes instead of enforcing. */
const NO_CALLER = deny('authz.no-rule', {
  detail: 'The rules need a verified caller, and this request has none.',
});

/** Compares the verified caller with the limits of its key and with the rules about the method. */
class AuthorizationCheck implements Check {
  readonly #apiId: string;
  readonly #routeId: string;
  readonly #rulesOf: ReadonlyMap<string, readonly Rule[]>;
  /** Rules about methods that no rule names. */
  readonly #otherRules: readonly Rule[];
  readonly #hasRules: boolean;
  readonly #countries: Countries;

  constructor(route: RouteFacts, rules: readonly Rule[], countries: Countries) {
    this.#countries = countries;
    this.#apiId = route.apiId;
    this.#routeId = route.endpointId === '' ? route.apiId : `${route.apiId}/${route.endpointId}`;
    const named = new Set(['HEAD', ...rules.flatMap((rule) => [...(rule.methods ?? [])])]);
    this.#rulesOf = new Map(
      [...named].map((method) => [method, rules.filter((rule) => appliesTo(rule, method))]),
    );
    this.#otherRules = rules.filter((rule) => rule.methods === null);
    this.#hasRules = rules.length > 0;
  }

  run(ctx: RequestContext): Decision {
    const { principal, method } = ctx;
    if (principal === null) return this.#hasRules ? NO_CALLER : CONTINUE;
    if (principal.grant !== null) {
      const refusal = checkKeyGrant(principal.grant, this.#apiId, this.#routeId, ctx, this.#countries);
      if (refusal !== null) return refusal;
    }
    if (!this.#hasRules) return CONTINUE;
    const rules = this.#rulesOf.get(method) ?? this.#otherRules;
    if (rules.length === 0) return NO_RULE;
    for (let i = 0; i < rules.length; i++) {
      const refusal = checkRule(rules[i] as Rule, principal, ctx.headers);
      if (refusal !== null) return refusal;
    }
    return CONTINUE;
  }
}

function compile(config: AuthorizationConfig, route: RouteFacts, ports: Ports): StageChecks {
  const rules = config.rules.map(compileRule);
  if (route.authenticated) return { head: new AuthorizationCheck(route, rules, ports.countries) };
  if (rules.length === 0 || config.mode === 'off') return {};
  throw new ConfigError([
    {
      pointer: '',
      message: 'The rules can never be met, because the route does not authenticate its callers.',
      suggestion: 'Remove `authorize`, or say in `authenticate` how callers prove who they are.',
    },
  ]);
}

/** Authorization: whether the verified caller may do this here. */
export const authorization: Stage<AuthorizationConfig> = {
  name: 'authorization',
  key: 'authorize',
  schema: authorizationSchema,
  listKey: 'rules',
  compile,
};
