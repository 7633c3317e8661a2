import { roleOf } from '../meaning/rule-meaning.ts';
import { toJavaScript } from '../patterns/javascript.ts';
import { readPattern } from '../patterns/read.ts';
import { holdsId, parseIdRanges } from '../syntax/id-ranges.ts';
import type { Ctl, Rule, RuleExclusion, RuleProgram } from '../syntax/rule.ts';
import { fixedText, isUnconditional, type LintFinding, linksOf, rulesOf } from './finding.ts';
import { lintScores } from './scores.ts';

/** Tags of a class of attacks, as the Core Rule Set and the rules of the gateway have them. */
const CLASS = /^attack-/i;
/** Collections that, taken out whole, leave little to look at. */
const WIDE: ReadonlySet<string> = new Set([
  'ARGS',
  'ARGS_GET',
  'ARGS_POST',
  'REQUEST_COOKIES',
  'REQUEST_HEADERS',
  'REQUEST_BODY',
  'XML',
]);

/** Finds what takes protection out: of directives, and of the controls of rules. */
export function lintExclusions(program: RuleProgram, exclusions: readonly RuleExclusion[]): LintFinding[] {
  const rules = rulesOf(program);
  const all = [
    ...rules,
    ...exclusions.filter(({ kind }) => kind === 'rules').flatMap((exclusion) => exclusion.rules),
  ];
  return [
    ...exclusions.flatMap((exclusion) => lintExclusion(exclusion, all)),
    ...rules.flatMap((rule) => linksOf(rule).flatMap((link) => lintLink(rule, link, all))),
  ];
}

function lintExclusion(exclusion: RuleExclusion, all: readonly Rule[]): LintFinding[] {
  const { at, kind, word } = exclusion;
  const scoring = exclusion.rules.filter((rule) => roleOf(rule) === 'score');
  const finding = (found: LintFinding['kind'], message: string): LintFinding[] => [
    { level: 'error', kind: found, at, ruleId: 0, message },
  ];
  if (scoring.length > 0) {
    const done = {
      rules: 'takes out',
      targets: 'changes what is looked at by',
      actions: 'changes what is done by',
    }[kind];
    return finding(
      'scoring-disabled',
      `${word} ${done} ${namesOf(scoring)}, by which scores block: nothing may be refused any more. Take out the rule that is wrong instead.`,
    );
  }
  if (kind !== 'rules') return [];
  const classes = wholeClasses(exclusion.rules, all);
  if (classes.length === 0) return [];
  return finding('class-disabled', classMessage(word, classes));
}

const classMessage = (word: string, classes: readonly string[]): string =>
  `${word} takes out every rule of ${classes.join(', ')}. Take a parameter out of the rule that is wrong instead.`;

const namesOf = (rules: readonly Rule[]): string =>
  `${rules.length === 1 ? 'rule' : 'rules'} ${rules
    .slice(0, 5)
    .map(({ id }) => id)
    .join(', ')}${rules.length > 5 ? ' and others' : ''}`;

/** The classes of attacks of which no rule that detects is left. */
function wholeClasses(removed: readonly Rule[], all: readonly Rule[]): string[] {
  const ids = new Set(removed.map(({ id }) => id));
  const classes = new Set(removed.flatMap(({ tags }) => tags.filter((tag) => CLASS.test(tag))));
  return [...classes].filter((name) => {
    const members = all.filter((rule) => rule.tags.includes(name) && roleOf(rule) === 'detect');
    return members.length > 1 && members.every(({ id }) => ids.has(id));
  });
}

function lintLink(rule: Rule, link: Rule, all: readonly Rule[]): LintFinding[] {
  const level = isUnconditional(rule) ? 'error' : 'warning';
  const about = { at: link.at, ruleId: rule.id };
  return [
    ...link.ctls.flatMap((ctl) =>
      lintControl(ctl, all).map(
        (found) =>
          ({ level: found.kind === 'collection-excluded' ? 'warning' : level, ...about, ...found }) as const,
      ),
    ),
    ...lintScores(link).map((message) => ({ level, ...about, kind: 'scoring-disabled', message }) as const),
    ...lintAllow(rule, link).map(
      (message) => ({ level, ...about, kind: 'engine-disabled', message }) as const,
    ),
  ];
}

/** An action that lets every request pass by the rules behind it. */
function lintAllow(rule: Rule, { disruption }: Rule): string[] {
  if (disruption.kind !== 'allow' || rule.phase > 2 || !isUnconditional(rule)) return [];
  return [
    'Every request is allowed here: no rule behind this one looks at it. Say which requests, in a rule.',
  ];
}

type Found = Pick<LintFinding, 'kind' | 'message'>;

function lintControl({ name, value, target }: Ctl, all: readonly Rule[]): Found[] {
  if (name === 'ruleEngine' && value.toLowerCase() !== 'on')
    return [
      {
        kind: 'engine-disabled',
        message: `From here on rules ${value.toLowerCase() === 'off' ? 'do not run' : 'refuse nothing'}.`,
      },
    ];
  if (name === 'requestBodyAccess' && value.toLowerCase() === 'off')
    return [{ kind: 'engine-disabled', message: 'From here on no rule sees the body, and it passes.' }];
  if (!name.startsWith('ruleRemove')) return [];
  const meant = all.filter(picks(name, value));
  const scoring = meant.filter((rule) => roleOf(rule) === 'score');
  if (scoring.length > 0)
    return [
      {
        kind: 'scoring-disabled',
        message: `ctl:${name}=${value} reaches ${namesOf(scoring)}, by which scores block.`,
      },
    ];
  if (target !== null) {
    const isWide = WIDE.has(target.name) && target.selector === null;
    return isWide
      ? [
          {
            kind: 'collection-excluded',
            message: `ctl:${name} takes all of ${target.name} out of ${value}; name the one that is wrong, such as ${target.name}:comment.`,
          },
        ]
      : [];
  }
  const classes = wholeClasses(meant, all);
  return classes.length === 0
    ? []
    : [{ kind: 'class-disabled', message: classMessage(`ctl:${name}=${value}`, classes) }];
}

function picks(name: string, value: string): (rule: Rule) => boolean {
  if (name.endsWith('ById')) {
    const ranges = parseIdRanges(value) ?? [];
    return ({ id }) => holdsId(ranges, id);
  }
  const pattern = patternOf(value);
  if (pattern === null) return () => false;
  if (name.endsWith('ByTag')) return ({ tags }) => tags.some((tag) => pattern.test(tag));
  return ({ message }) => pattern.test(fixedText(message) ?? '');
}

function patternOf(source: string): RegExp | null {
  try {
    const expression = toJavaScript(readPattern(source));
    return expression === null ? null : new RegExp(expression.source);
  } catch {
    return null;
  }
}
