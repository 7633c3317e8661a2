import type { Ports } from '../../core/ports.ts';
import type { RouteFacts, Stage, StageChecks, Weakness } from '../../core/stage.ts';
import { claimsOf, isClaimed } from './dimension.schema.ts';
import { ExceptedPolicies } from './excepted-policy.ts';
import { OutcomeReserveCheck, OutcomeSettleCheck } from './outcome-check.ts';
import { type OutcomeLimitsConfig, outcomeLimitsSchema } from './outcome-limits.schema.ts';
import { compileOutcomeRule } from './outcome-rule.ts';

const CLAIMED = 'A client has this limit again with every other value of the header.';

function compile(config: OutcomeLimitsConfig, route: RouteFacts, ports: Ports): StageChecks {
  if (config.limits.length === 0) return {};
  const { counting, onUnavailable, ipv6Prefix } = config;
  const options = {
    rules: config.limits.map((limit) => compileOutcomeRule(limit, route.apiId, ipv6Prefix)),
    exceptions: new ExceptedPolicies(route, ports),
    rule: { counting, onUnavailable },
    upgradeJson: route.upgradeUrl === '' ? 'null' : JSON.stringify(route.upgradeUrl),
  };
  const settle = new OutcomeSettleCheck(options, ports);
  return { head: new OutcomeReserveCheck(options, ports), response: settle, finisher: settle };
}

function weaknesses({ limits, onUnavailable }: OutcomeLimitsConfig): readonly Weakness[] {
  if (limits.length === 0) return [];
  const found = limits.flatMap(({ by }, at) =>
    isClaimed(by) ? [{ pointer: `/limits/${at}/by`, message: CLAIMED }] : [],
  );
  if (onUnavailable !== 'allow') return found;
  const message = 'Outcomes are not limited while Redis cannot be used.';
  return [...found, { pointer: '/onUnavailable', message }];
}

/** Limits how often requests may end in some way: accounts made, passwords reset, tickets opened. */
export const outcomeLimits: Stage<OutcomeLimitsConfig> = {
  name: 'limit-outcome',
  key: 'outcomeLimits',
  schema: outcomeLimitsSchema,
  listKey: 'limits',
  compile,
  claims: ({ limits }) => limits.flatMap(({ by }) => claimsOf(by)),
  weaknesses,
};
