import type { Rule, SetVar } from '../syntax/rule.ts';
import { fixedText } from './finding.ts';

/** From here on a threshold is one that hardly any request reaches: twenty critical matches. */
const ENDLESS_SCORE = 100;

/** Finds variables of `TX` that a rule sets so that scores block nothing; each as a sentence. */
export function lintScores({ setVars }: Rule): string[] {
  return setVars.map(problemOf).filter((problem) => problem !== '');
}

/** '' where nothing is wrong. */
function problemOf({ collection, key, change, value }: SetVar): string {
  const name = fixedText(key)?.toLowerCase() ?? '';
  const text = fixedText(value);
  if (collection !== 'TX' || text === null || !/anomaly_score(?:_threshold|_pl\d)?$/.test(name)) return '';
  const score = Number(text);
  if (name.endsWith('_threshold'))
    return change === 'set' && score >= ENDLESS_SCORE
      ? `Hardly any request reaches a score of ${score}: tx.${name} lets the rest pass.`
      : '';
  if (/^(?:critical|error|warning|notice)_/.test(name))
    return change === 'set' && score <= 0
      ? `What is found adds ${text} to the score, so that it blocks nothing; leave tx.${name} above 0.`
      : '';
  const isLess = change === 'subtract' ? score > 0 : score < 0;
  return isLess ? `tx.${name} is made smaller, so that what is found later may not reach the threshold.` : '';
}
