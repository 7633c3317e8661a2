import { type ActionSet, effectiveTransformations } from './action-set.ts';
import type { Disruption, OperatorRef, Position, Rule, RulePhase, VariableRef } from './rule.ts';

/** A rule, or a link of a chain, that later directives may still change. */
export interface RuleDraft {
  readonly at: Position;
  variables: readonly VariableRef[];
  readonly operator: OperatorRef | null;
  /** Those of the defaults under its own. */
  actions: ActionSet;
  /** What `block` stands for. */
  readonly blocks: Disruption;
  /** The further links of the chain, where it begins one. */
  readonly links: RuleDraft[];
}

/** What holds where `SecDefaultAction` says nothing. */
const FALLBACK: Disruption = { kind: 'pass', argument: [], status: 0 };

/** What `block` stands for under these defaults. */
export function blockOf(defaults: ActionSet): Disruption {
  const { disruption, status } = defaults;
  return disruption === null ? FALLBACK : { ...disruption, status: status ?? 0 };
}

/** The rule that a draft has become, with the links of its chain. */
export function finishRule(draft: RuleDraft): Rule {
  const phase = draft.actions.phase ?? 2;
  let chained: Rule | null = null;
  for (const link of draft.links.toReversed()) chained = finishLink(link, phase, chained);
  return finishLink(draft, phase, chained);
}

function finishLink(draft: RuleDraft, phase: RulePhase, chained: Rule | null): Rule {
  const { actions } = draft;
  return {
    id: actions.id ?? 0,
    phase,
    at: draft.at,
    variables: draft.variables,
    operator: draft.operator,
    transformations: effectiveTransformations(actions.transformations),
    multiMatch: actions.multiMatch,
    capture: actions.capture,
    disruption: disruptionOf(draft),
    isLogged: actions.isLogged ?? true,
    isAudited: actions.isAudited ?? true,
    message: actions.message ?? [],
    logData: actions.logData ?? [],
    severity: actions.severity ?? -1,
    tags: actions.tags,
    revision: actions.revision ?? '',
    version: actions.version ?? '',
    setVars: actions.setVars,
    collections: actions.collections,
    expireVars: actions.expireVars,
    deprecateVars: actions.deprecateVars,
    ctls: actions.ctls,
    skip: actions.skip ?? 0,
    skipAfter: actions.skipAfter ?? '',
    sanitizes: actions.sanitizes,
    namespaces: new Map(actions.namespaces),
    chained,
  };
}

function disruptionOf({ actions, blocks }: RuleDraft): Disruption {
  const said = actions.disruption ?? FALLBACK;
  const status = actions.status ?? 0;
  if (said.kind !== 'block') return { ...said, status };
  return { ...blocks, status: status === 0 ? blocks.status : status };
}
