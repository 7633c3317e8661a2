import { isVerdict } from '../control/waf-matches.ts';
import { parameterText } from '../lib/seclang/meaning/parameter.ts';
import { type AttackPlace, attackRequest, isBlocked } from '../lib/seclang/tune/attack-request.ts';
import type { ExcludedTarget, Exclusion } from '../lib/seclang/tune/exclusion.ts';
import { type RecordedEvent, type RecordedMatch, recompute } from '../lib/seclang/tune/recorded.ts';
import { attackCorpus, type RunnableRules } from './tune-rules.ts';

/** What an exclusion does to the request that it was written for. */
export interface EventProof {
  readonly scoreBefore: number;
  readonly scoreAfter: number;
  readonly threshold: number;
  /** Rules whose recorded matches stay. */
  readonly left: readonly number[];
  /** '' when the request would pass now; else why not. */
  readonly problem: string;
}

/** What an exclusion does to attacks. */
export interface CorpusProof {
  readonly attacks: number;
  /** Attacks in an excluded parameter that were blocked before, and of these those that are not any more. */
  readonly blockedThere: number;
  readonly unmasked: readonly string[];
  /** The same in another parameter and on another path. */
  readonly blockedElsewhere: number;
  readonly unmaskedElsewhere: readonly string[];
  /** Excluded parameters into which no attack can be put, so that nothing is proven about them. */
  readonly untried: readonly string[];
}

const isTarget = ({ ruleId, parameter }: ExcludedTarget, { rule, variable }: RecordedMatch): boolean =>
  rule === ruleId && variable.toUpperCase() === parameterText(parameter).toUpperCase();

/**
 * Adds the recorded request up again without what is excluded.
 *
 * Safety: values are masked in the record, so the request itself is not run again: what rules did not come to look at because
 * it was blocked before is not known.
 */
export function proveOnEvent(
  event: RecordedEvent,
  endedBy: number,
  { targets }: Exclusion,
  threshold: number,
): EventProof {
  const isTaken = (match: RecordedMatch): boolean => targets.some((target) => isTarget(target, match));
  const { scoreBefore, scoreAfter, left: all } = recompute(event, isTaken);
  // What decides by the score matches or not as the score does.
  const left = all.filter((match) => !isVerdict(match));
  const rules = [...new Set(left.map(({ rule }) => rule))];
  const problem =
    threshold > 0 && scoreAfter >= threshold
      ? `Its score would still be ${scoreAfter}, and the threshold is ${threshold}: ${rules.join(', ')} matched as well.`
      : left.some(({ rule }) => rule === endedBy)
        ? `Rule ${endedBy} would still end it.`
        : '';
  return { scoreBefore, scoreAfter, threshold, left: rules, problem };
}

/**
 * Leaves out of an exclusion what is not needed for the request to pass, the matches that added least first.
 *
 * Shape: all of it where the request was not blocked at all, such as by a rule on trial: what would be needed is not known then.
 */
export function narrowest(
  event: RecordedEvent,
  endedBy: number,
  exclusion: Exclusion,
  threshold: number,
): readonly ExcludedTarget[] {
  const passesWith = (targets: readonly ExcludedTarget[]): boolean =>
    proveOnEvent(event, endedBy, { ...exclusion, targets }, threshold).problem === '';
  if (passesWith([])) return exclusion.targets;
  const addedBy = (target: ExcludedTarget): number =>
    event.score - proveOnEvent(event, endedBy, { ...exclusion, targets: [target] }, threshold).scoreAfter;
  let kept = exclusion.targets;
  for (const target of exclusion.targets.toSorted((a, b) => addedBy(a) - addedBy(b))) {
    const without = kept.filter((other) => other !== target);
    if (passesWith(without)) kept = without;
  }
  return kept;
}

/** Runs every attack of the repository with and without an exclusion, where it excludes and elsewhere. */
export function proveOnCorpus(
  before: RunnableRules,
  after: RunnableRules,
  { path, targets }: Exclusion,
  method: string,
): CorpusProof {
  const parameters = [
    ...new Map(targets.map(({ parameter }) => [parameterText(parameter), parameter])).values(),
  ];
  const there = parameters.map((parameter): AttackPlace => ({ method, path, parameter }));
  const elsewhere = [
    { method, path: '/portcullis-tune/elsewhere', parameter: { collection: 'ARGS', key: 'other' } },
  ];
  const untried = there
    .filter((place) => attackRequest(place, 'x') === null)
    .map(({ parameter }) => parameterText(parameter));
  const at = tryAttacks(before, after, there);
  const away = tryAttacks(before, after, elsewhere);
  return {
    attacks: attackCorpus().reduce((sum, { attacks }) => sum + attacks.length, 0),
    blockedThere: at.blocked,
    unmasked: at.unmasked,
    blockedElsewhere: away.blocked,
    unmaskedElsewhere: away.unmasked,
    untried,
  };
}

function tryAttacks(before: RunnableRules, after: RunnableRules, places: readonly AttackPlace[]) {
  let blocked = 0;
  const unmasked = new Set<string>();
  for (const place of places) {
    for (const attack of attackCorpus().flatMap(({ attacks }) => attacks)) {
      const request = attackRequest(place, attack);
      if (request === null || !isBlocked(before.engine, request, before.overrides)) continue;
      blocked++;
      if (!isBlocked(after.engine, request, after.overrides)) unmasked.add(attack);
    }
  }
  return { blocked, unmasked: [...unmasked] };
}
