import type { Bytes } from '../bytes.ts';
import type { MacroText, Marker, Position, Rule, RuleProgram } from '../syntax/rule.ts';

/** What a look at rules found. */
export interface LintFinding {
  /** `error`: protection is lost; `warning`: probably not meant so. */
  readonly level: 'error' | 'warning';
  /** A stable word for programs. */
  readonly kind:
    | 'scoring-disabled'
    | 'class-disabled'
    | 'engine-disabled'
    | 'collection-excluded'
    | 'never-reached'
    | 'never-filled'
    | 'never-matches'
    | 'backtracks'
    | 'no-effect';
  readonly at: Position;
  /** 0 where it is not about one rule. */
  readonly ruleId: number;
  readonly message: string;
}

export const isRule = (item: Rule | Marker): item is Rule => !('marker' in item);

/** The rules of a program, without the further links of chains. */
export const rulesOf = ({ items }: RuleProgram): Rule[] => items.filter(isRule);

/** A rule and the further links of its chain. */
export function linksOf(rule: Rule): Rule[] {
  const links: Rule[] = [];
  for (let link: Rule | null = rule; link !== null; link = link.chained) links.push(link);
  return links;
}

/** A text without macros; null where it has one. */
export function fixedText(text: MacroText): Bytes | null {
  return text.every((part) => typeof part === 'string') ? text.join('') : null;
}

/** Whether a rule matches every request: an action without a condition. */
export const isUnconditional = (rule: Rule): boolean =>
  linksOf(rule).every(
    ({ operator }) => operator === null || (operator.name === 'unconditionalMatch' && !operator.isNegated),
  );
