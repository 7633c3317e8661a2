import type { MacroText, Marker, Rule, RuleFileProblem, RulePhase, RuleProgram } from '../syntax/rule.ts';
import { EMPTY_VARIABLES } from '../syntax/variable-notes.ts';
import { VARIABLES } from '../variables/table.ts';
import { fixedText, isRule, isUnconditional, type LintFinding, linksOf, rulesOf } from './finding.ts';

const PHASES: readonly RulePhase[] = [1, 2, 3, 4, 5];
const ENDS: ReadonlySet<string> = new Set(['deny', 'drop', 'redirect', 'proxy']);

/** Finds rules that no request reaches, and those of which nothing is ever there to look at. */
export function lintReach(program: RuleProgram, notes: readonly RuleFileProblem[]): LintFinding[] {
  return [
    ...notes.filter(({ message }) => IS_DEAD.test(message)).map(ofNote),
    ...PHASES.flatMap((phase) => lintPhase(program, phase)),
    ...lintFilled(program),
  ];
}

/** What the parser says of markers that are missing and of exclusions that mean no rule. */
const IS_DEAD = /^(?:There is no marker|No rule before this line|There is no rule|Rule \d+ does not look at)/;

function ofNote({ at, message }: RuleFileProblem): LintFinding {
  const isMarker = message.startsWith('There is no marker');
  return {
    level: isMarker ? 'error' : 'warning',
    kind: isMarker ? 'never-reached' : 'no-effect',
    at,
    ruleId: 0,
    message,
  };
}

function lintPhase({ items }: RuleProgram, phase: RulePhase): LintFinding[] {
  const findings: LintFinding[] = [];
  let skipping = '';
  let by = 0;
  for (const item of items) {
    if (!isRule(item)) {
      if (item.marker === skipping) skipping = '';
      continue;
    }
    if (item.phase !== phase) continue;
    if (skipping !== '') findings.push(unreached(item, by));
    if (String(item.id) === skipping) skipping = '';
    else if (skipping === '' && isUnconditional(item)) {
      skipping = whereTo(item, items);
      by = item.id;
    }
  }
  return findings;
}

/** Where rules go on behind one that always matches: a marker; ` ` for nowhere in this phase, '' for the next rule. */
function whereTo({ skipAfter, disruption }: Rule, items: readonly (Rule | Marker)[]): string {
  if (ENDS.has(disruption.kind) || (disruption.kind === 'allow' && disruption.argument.length === 0))
    return ' ';
  const isThere = items.some((item) => (isRule(item) ? String(item.id) : item.marker) === skipAfter);
  return isThere ? skipAfter : '';
}

const unreached = (rule: Rule, by: number): LintFinding => ({
  level: 'error',
  kind: 'never-reached',
  at: rule.at,
  ruleId: rule.id,
  message: `Rule ${rule.id} is never reached: rule ${by} before it always ends or skips this part of phase ${rule.phase}.`,
});

/** Rules all of whose variables are empty whenever they run. */
function lintFilled(program: RuleProgram): LintFinding[] {
  const written = namesWritten(program);
  return rulesOf(program).flatMap((rule) =>
    linksOf(rule).flatMap((link): LintFinding[] => {
      const seen = link.variables.filter(({ isExclusion }) => !isExclusion);
      if (link.operator === null || seen.length === 0 || seen.some(({ isCount }) => isCount)) return [];
      const reasons = seen.map((variable) =>
        emptyBecause(variable.name, variable.selector, rule.phase, written),
      );
      if (!reasons.every((reason) => reason !== '')) return [];
      const isUnset = reasons.some((reason) => reason.includes('no rule sets'));
      return [
        {
          level: isUnset ? 'warning' : 'error',
          kind: 'never-filled',
          at: link.at,
          ruleId: rule.id,
          message: `Nothing is ever there for this rule to look at: ${[...new Set(reasons)].join('; ')}.`,
        },
      ];
    }),
  );
}

type Selector = Rule['variables'][number]['selector'];

function emptyBecause(
  name: string,
  selector: Selector,
  phase: RulePhase,
  written: readonly string[],
): string {
  const variable = VARIABLES.get(name);
  const why = EMPTY_VARIABLES.get(name);
  if (why !== undefined) return `${name} is always empty (${why.replace(/\.$/, '')})`;
  if (variable !== undefined && variable.phase > phase)
    return `${name} is filled in phase ${variable.phase}, and the rule runs in phase ${phase}`;
  if (name === 'TX' && selector?.kind === 'literal' && !isWritten(selector.text.toLowerCase(), written))
    return `no rule sets tx.${selector.text}`;
  return '';
}

/** Whether a rule sets a variable of TX: by its name, or by one of which only the beginning is known. */
function isWritten(name: string, written: readonly string[]): boolean {
  if (/^\d$|^msc_/.test(name)) return true;
  return written.some((known) =>
    known.endsWith('*') ? name.startsWith(known.slice(0, -1)) : known === name,
  );
}

function namesWritten(program: RuleProgram): string[] {
  const names = new Set<string>();
  for (const rule of rulesOf(program)) {
    for (const { setVars } of linksOf(rule)) {
      for (const { collection, key } of setVars) if (collection === 'TX') names.add(keyPattern(key));
    }
  }
  return [...names];
}

function keyPattern(key: MacroText): string {
  const whole = fixedText(key);
  if (whole !== null) return whole.toLowerCase();
  return `${typeof key[0] === 'string' ? key[0].toLowerCase() : ''}*`;
}
