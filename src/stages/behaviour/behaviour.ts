import type { Ports } from '../../core/ports.ts';
import type { RouteFacts, Stage, StageChecks, Weakness } from '../../core/stage.ts';
import { type BehaviourConfig, behaviourSchema } from './behaviour.schema.ts';
import { BehaviourCheck } from './behaviour-check.ts';

function compile(config: BehaviourConfig, { apiId }: RouteFacts, ports: Ports): StageChecks {
  const check = new BehaviourCheck(config, apiId, ports);
  return { head: check, finisher: check };
}

function weaknesses({ guessing, probing }: BehaviourConfig): readonly Weakness[] {
  return Object.entries({ guessing, probing })
    .filter(([, { action }]) => action === 'off')
    .map(([rule]) => ({ pointer: `/${rule}/action`, message: `Nobody looks for ${rule}.` }));
}

/** Watches what clients do over time, and keeps out whoever tries things out. */
export const behaviour: Stage<BehaviourConfig> = {
  name: 'behaviour',
  key: 'behaviour',
  schema: behaviourSchema,
  compile,
  weaknesses,
};
