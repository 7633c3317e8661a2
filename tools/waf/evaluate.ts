import type { RuleEngine } from '../../src/lib/seclang/transaction.ts';
import { type Corpora, isHeldOut, type ValueSet } from './corpora.ts';
import { PLACES, recordedRequest } from './requests.ts';
import { judgeRequest } from './shipped-engine.ts';
import { Tally } from './tally.ts';

export interface Evaluation {
  readonly attacks: readonly Tally[];
  /** Of all attacks, by place. */
  readonly places: readonly Tally[];
  readonly benign: readonly Tally[];
  readonly recorded: readonly Tally[];
}

/** Sends every value in every place, and every recorded request, through the rules. */
export function evaluate(engine: RuleEngine, corpora: Corpora): Evaluation {
  const places = Object.keys(PLACES).map((place) => new Tally(place, ''));
  const attacks = corpora.attacks.map((set) => judgeSet(engine, set, true, places));
  const benign = corpora.benign.map((set) => judgeSet(engine, set, false, []));
  const recorded = corpora.recorded.map(({ site, requests }) => {
    const tally = new Tally(site, 'recorded');
    for (const request of requests) {
      const { isBlocked, rules } = judgeRequest(engine, recordedRequest(request));
      tally.add(isHeldOut(request.url), !isBlocked, `${rules.join(' ')} ${request.method} ${request.url}`);
    }
    return tally;
  });
  return { attacks, places, benign, recorded };
}

function judgeSet(engine: RuleEngine, set: ValueSet, isAttack: boolean, places: readonly Tally[]): Tally {
  const tally = new Tally(set.kind, set.source);
  for (const value of set.values) {
    const held = isHeldOut(value);
    for (const [at, placed] of Object.values(PLACES).entries()) {
      const request = placed(value);
      if (request === null) continue;
      const isRight = judgeRequest(engine, request).isBlocked === isAttack;
      tally.add(held, isRight, value);
      places[at]?.add(held, isRight, value);
    }
  }
  return tally;
}
