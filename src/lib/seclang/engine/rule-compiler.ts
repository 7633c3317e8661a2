import type { Bytes } from '../bytes.ts';
import type { Operator } from '../operator.ts';
import type { MacroText, Rule, RulePhase, VariableRef } from '../syntax/rule.ts';
import type {
  Awaited,
  Comparison,
  CompiledLink,
  CompiledRule,
  CompiledSetVar,
  LinkTest,
  NumberTest,
  RemovedTarget,
} from './compiled-rule.ts';
import { type CompiledText, compileText, writtenText } from './compiled-text.ts';
import type { CompiledControl, LinkSet } from './controls.ts';
import { toDigits, toInteger } from './integer.ts';
import { OperatorFamily } from './operator-family.ts';
import { findOwnVariable } from './own-variables.ts';
import { compileSelection } from './selection.ts';
import { type Target, TargetLists } from './target-list.ts';
import { TxNames } from './tx-names.ts';
import type { Pipeline, Units } from './units.ts';

/** What of a `ctl` can be told only when all rules are known: which links it means. */
export interface PendingLinks {
  readonly links: LinkSet;
  readonly by: 'id' | 'tag' | 'msg';
  readonly value: Bytes;
}

/** Compiles an operator with its argument. Errors: RangeError. */
export type OperatorOf = (name: string, argument: Bytes, ruleFile: string) => Operator;

const COMPARISONS: ReadonlySet<string> = new Set<Comparison>(['eq', 'ge', 'gt', 'le', 'lt']);
const NO_NAMESPACES: ReadonlyMap<string, string> = new Map();
/** Operators that leave only what they found, and the groups of matches before as they are. */
const CAPTURE_ONE: ReadonlySet<string> = new Set(['detectsqli', 'detectxss']);
const DEFAULT_STATUS = 403;

/** Makes of each rule what runs, and gathers what all of them need. */
export class RuleCompiler {
  readonly txNames = new TxNames();
  readonly lists: TargetLists;
  readonly pending: PendingLinks[] = [];
  readonly #units: Units;
  readonly #operatorOf: OperatorOf;
  readonly #patterns = new Map<Bytes, Operator>();
  links = 0;

  constructor(units: Units, operatorOf: OperatorOf) {
    this.#units = units;
    this.#operatorOf = operatorOf;
    this.lists = new TargetLists({
      selection: (ref) => compileSelection(ref.selector, (source) => this.pattern(source), ref.isExclusion),
      slotOf: (name) => this.txNames.slotOf(name),
    });
  }

  /** A pattern of a selector, tag or message. */
  pattern(source: Bytes): Operator {
    const known = this.#patterns.get(source);
    if (known !== undefined) return known;
    const pattern = this.#operatorOf('rx', source, '');
    this.#patterns.set(source, pattern);
    return pattern;
  }

  rule(rule: Rule): CompiledRule {
    const links: CompiledLink[] = [];
    for (let link: Rule | null = rule; link !== null; link = link.chained) links.push(this.#link(link, rule));
    const { disruption } = rule;
    const first = links[0] as CompiledLink;
    return {
      id: rule.id,
      phase: rule.phase,
      at: rule.at,
      links,
      first,
      awaits: awaitedBy(first),
      isQuietNumber: isQuiet(rule, first) && first.targets.targets.length === 1,
      isGate: isQuiet(rule, first) && !first.hasActions,
      disruption: disruption.kind,
      location: this.#text(disruption.argument, null),
      allows: disruption.kind === 'allow' ? allowedScope(disruption.argument) : '',
      status: disruption.status === 0 ? DEFAULT_STATUS : disruption.status,
      isLogged: rule.isLogged,
      isAudited: rule.isAudited,
      message: this.#text(rule.message, null),
      logData: this.#text(rule.logData, null),
      severity: rule.severity,
      tags: rule.tags,
      skip: rule.skip,
      facts: factsOf(rule),
    };
  }

  #link(link: Rule, starter: Rule): CompiledLink {
    const name = link.operator?.name.toLowerCase() ?? '';
    const parts = {
      setVars: link.setVars.map((setVar) => this.#setVar(setVar, starter)),
      openings: link.collections.map(({ collection, key }) => ({
        collection,
        key: this.#text(key, starter),
      })),
      expiries: link.expireVars.map(({ collection, key, seconds }) => ({
        collection,
        key: this.#text(key, starter),
        seconds: this.#text(seconds, starter),
      })),
      deprecations: link.deprecateVars.map((each) => ({ ...each, key: this.#text(each.key, starter) })),
      controls: link.ctls.flatMap((ctl) => this.#control(ctl)),
    };
    const pipelines = this.#pipelines(link);
    const numbers = this.#numberTest(link, starter);
    const test = numbers === null || link.capture ? this.#test(link, starter, pipelines) : numbers;
    const targets = this.lists.list(link.variables, link.namespaces);
    return {
      index: this.links++,
      test,
      numbers,
      targets,
      pipelines,
      isNegated: link.operator?.isNegated ?? false,
      isMulti: link.multiMatch,
      captures: link.capture,
      clearsCaptures: !CAPTURE_ONE.has(name),
      isLast: link.chained === null,
      ...parts,
      hasActions: Object.values(parts).some((each) => each.length > 0),
      locates: name === 'geolookup',
      skipTo: -1,
    };
  }

  #test(link: Rule, starter: Rule, pipelines: readonly Pipeline[]): LinkTest {
    const { operator } = link;
    if (operator === null) return { kind: 'always' };
    const name = operator.name.toLowerCase();
    const argument = this.#text(operator.argument, starter);
    const { file } = link.at;
    const { constant } = argument;
    if (constant === null) {
      const family = new OperatorFamily((text) => this.#operatorOf(name, text, file));
      return { kind: 'family', family, argument };
    }
    const compiled = this.#operatorOf(name, constant, file);
    return { kind: 'units', units: pipelines.map((pipeline) => this.#units.unit(pipeline, compiled)) };
  }

  /** Numbers of `TX` and counts are compared without texts where nothing transforms them. */
  #numberTest(link: Rule, starter: Rule): NumberTest | null {
    const name = link.operator?.name.toLowerCase() ?? '';
    const argument = this.#text(link.operator?.argument ?? [], starter);
    const isNumeric = link.variables.every(
      ({ isCount, isExclusion, name: of, selector }) =>
        !isExclusion && (isCount || (of === 'TX' && selector?.kind === 'literal')),
    );
    const isPlain = link.transformations.every((each) => each.toLowerCase() === 'none');
    if (!isNumeric || !isPlain || link.multiMatch || !COMPARISONS.has(name)) return null;
    if (argument.constant === null && argument.slot < 0) return null;
    return {
      kind: 'number',
      comparison: name as Comparison,
      limit: toInteger(argument.constant ?? ''),
      slot: argument.slot,
    };
  }

  /** Of `multiMatch` all beginnings of the pipeline, otherwise it alone. */
  #pipelines(link: Rule): Pipeline[] {
    let names: readonly string[] = link.transformations;
    const none = names.map((name) => name.toLowerCase()).lastIndexOf('none');
    names = names.slice(none + 1);
    if (!link.multiMatch) return [this.#units.pipeline(names)];
    return [...Array(names.length + 1).keys()].map((steps) => this.#units.pipeline(names.slice(0, steps)));
  }

  #setVar({ collection, key, change, value }: Rule['setVars'][number], starter: Rule): CompiledSetVar {
    const name = this.#text(key, starter);
    const text = this.#text(value, starter);
    return {
      collection,
      change,
      slot: collection === 'TX' && name.constant !== null ? this.txNames.slotOf(name.constant) : -1,
      key: name,
      value: text,
      amount: text.constant === null ? Number.NaN : toDigits(text.constant, 0),
    };
  }

  /** `starter`: the rule that `RULE` is; null where ModSecurity knows none. */
  #text(text: MacroText, starter: Rule | null): CompiledText {
    return compileText(text, (name, key) => {
      if (name === 'RULE') return starter === null ? null : (factsOf(starter).get(key) ?? null);
      return this.#macro(name, key);
    });
  }

  #macro(name: string, key: Bytes): Target | null {
    const selector = key === '' ? null : ({ kind: 'literal', text: key } as const);
    const ref: VariableRef = { name, selector, isCount: false, isExclusion: false };
    if (name === 'TX' && selector === null && findOwnVariable(name) !== null) return null;
    return this.lists.list([ref], NO_NAMESPACES).targets[0] ?? null;
  }

  #control(ctl: Rule['ctls'][number]): CompiledControl[] {
    const { value, target } = ctl;
    const name = ctl.name.toLowerCase();
    const isOn = value.toLowerCase() === 'on';
    if (name === 'ruleengine') {
      const mode = value.toLowerCase();
      return [{ kind: 'engine', mode: mode === 'on' || mode === 'off' ? mode : 'detection-only' }];
    }
    if (name === 'requestbodyaccess') return [{ kind: 'requestBody', isOn }];
    if (name === 'responsebodyaccess') return [{ kind: 'responseBody', isOn }];
    if (name === 'forcerequestbodyvariable') return [{ kind: 'bodyVariable', isOn }];
    if (name === 'requestbodyprocessor') return [{ kind: 'processor', name: value }];
    const removal = /^ruleremove(target)?by(id|tag|msg)$/.exec(name);
    if (removal === null) return [];
    const links: LinkSet = { indices: [] };
    this.pending.push({ links, by: removal[2] as PendingLinks['by'], value });
    if (removal[1] === undefined) return [{ kind: 'removeRules', links }];
    return target === null ? [] : [{ kind: 'removeTarget', links, target: this.removedTarget(target) }];
  }

  removedTarget(ref: VariableRef): RemovedTarget {
    const selection = compileSelection(ref.selector, (source) => this.pattern(source), true);
    return { ref, takes: (name, key) => name === ref.name && selection.takes(key) };
  }
}

function allowedScope(argument: MacroText): CompiledRule['allows'] {
  const scope = writtenText(argument).toLowerCase();
  return scope === 'phase' || scope === 'request' ? scope : 'all';
}

function awaitedBy({ test, targets, isNegated, captures }: CompiledLink): Awaited | null {
  const isOfValues =
    targets.isStatic && targets.targets.length > 0 && !targets.targets.some(({ ref }) => ref.isCount);
  if (!isOfValues || test.kind === 'always' || test.kind === 'number') return null;
  // Of what it does not match, such a link still leaves the groups.
  if (test.kind === 'family' || (isNegated && captures)) return { kind: 'value' };
  const { units } = test;
  return isNegated || units.some(({ scanned }) => scanned < 0)
    ? { kind: 'verdict', units, isNegated }
    : { kind: 'needs', units };
}

/** Whether it compares numbers, and nobody is told of it. */
function isQuiet(rule: Rule, { test }: CompiledLink): boolean {
  const isTold = rule.isLogged || rule.isAudited || rule.severity > 0 || rule.disruption.kind !== 'pass';
  return test.kind === 'number' && rule.chained === null && rule.skip === 0 && !isTold;
}

/** What `RULE` says of a rule, by lower-case name. Texts are as they were written. */
function factsOf(rule: Rule): Map<string, Bytes> {
  const facts = new Map<string, Bytes>([['id', String(rule.id)]]);
  const texts: readonly (readonly [string, Bytes])[] = [
    ['rev', rule.revision],
    ['ver', rule.version],
    ['msg', writtenText(rule.message)],
    ['logdata', writtenText(rule.logData)],
    ['severity', rule.severity < 0 ? '' : String(rule.severity)],
  ];
  for (const [name, text] of texts) if (text !== '') facts.set(name, text);
  return facts;
}

export type { RulePhase };
