import type { Bytes } from '../bytes.ts';
import type { CompileOperator, Operator, OperatorHost } from '../operator.ts';
import { OPERATORS } from '../operators/table.ts';
import { fileKey } from '../syntax/file-key.ts';
import { holdsId, parseIdRanges } from '../syntax/id-ranges.ts';
import type { Marker, Rule, RuleProgram, VariableRef } from '../syntax/rule.ts';
import type { Overrides, RequestInput, RuleEngine, Transaction } from '../transaction.ts';
import { transformationsWith } from '../transformations/table.ts';
import { RequestView } from '../variables/request-view.ts';
import { type CollectionStore, MemoryCollectionStore } from './collection-store.ts';
import type { CompiledRule, RemovedTarget } from './compiled-rule.ts';
import { writtenText } from './compiled-text.ts';
import type { EnginePlan } from './engine-plan.ts';
import { EngineTransaction } from './engine-transaction.ts';
import { Inspector } from './inspector.ts';
import { Openings } from './opening.ts';
import { OperatorScanner } from './operator-scanner.ts';
import { type PhasePlan, PhasePlanner } from './phase-plan.ts';
import { type PendingLinks, RuleCompiler } from './rule-compiler.ts';
import { TransactionState } from './transaction-state.ts';
import { Units } from './units.ts';

/** What an engine can be given beside its rules. */
export interface EngineOptions {
  /** Where collections such as `IP` lie between transactions; the memory of this thread by default. */
  readonly store?: CollectionStore;
  /** Whether rules that cannot match are passed over; tests compare with an engine that passes over none. */
  readonly skips?: boolean;
  /** Operators in place of those of the language, by lower-case name. */
  readonly operators?: ReadonlyMap<string, CompileOperator>;
}

/** Errors: RangeError that names the file and line of a rule, and says what of it cannot be used. */
export function compileEngine(
  program: RuleProgram,
  host: OperatorHost,
  options: EngineOptions = {},
): RuleEngine {
  const steps = engineSteps(program, host, options);
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
  }
}

/** As `compileEngine`, in steps of some rules: whoever has other things to do does them in between. */
export function* engineSteps(
  program: RuleProgram,
  host: OperatorHost,
  options: EngineOptions = {},
): Generator<void, RuleEngine> {
  return new CompiledEngine(yield* planSteps(program, host, options));
}

class CompiledEngine implements RuleEngine {
  readonly #plan: EnginePlan;
  readonly #openings: Openings;

  constructor(plan: EnginePlan) {
    this.#plan = plan;
    this.#openings = new Openings(plan);
  }

  begin(request: RequestInput, overrides: Overrides | null): Transaction {
    const view = new RequestView(request, this.#plan.settings);
    const opening = this.#openings.of(overrides);
    return new EngineTransaction(new TransactionState(this.#plan, request, view, overrides, opening));
  }
}

const isRule = (item: Rule | Marker): item is Rule => !('marker' in item);

function* planSteps(
  program: RuleProgram,
  host: OperatorHost,
  options: EngineOptions,
): Generator<void, EnginePlan> {
  const { settings } = program;
  const units = new Units(transformationsWith(settings.unicodeMap));
  const compiler = new RuleCompiler(units, operatorsOf(program, host, options.operators));
  const rules = new Map<Rule, CompiledRule>();
  for (const item of program.items) {
    if (!isRule(item)) continue;
    rules.set(item, compileRule(compiler, item));
    yield;
  }
  yield* resolvePending(compiler, rules);
  const inspector = new Inspector(units.pipelines, new OperatorScanner(units.scanned));
  const skips = options.skips ?? true;
  const skipsGates = skips && ![...rules.values()].some(readsMatchBefore);
  const planner = new PhasePlanner(inspector, skips, skipsGates);
  const phases = [0, 1, 2, 3, 4, 5].map((phase) => planner.plan(layOut(program, rules, phase)));
  return {
    settings,
    host,
    store: options.store ?? new MemoryCollectionStore(),
    txNames: compiler.txNames,
    limitsSlot: compiler.txNames.slotOf('MSC_PCRE_LIMITS_EXCEEDED'),
    inspector,
    collectionCount: compiler.lists.collections.length,
    links: compiler.links,
    phases,
    compared: comparedSlots(phases, compiler.txNames.size),
    canOpen: skipsGates,
    skips,
    removedTarget: removedTargetsOf(compiler),
  };
}

/** What an override takes out, made once for each. */
function removedTargetsOf(compiler: RuleCompiler): EnginePlan['removedTarget'] {
  const removed = new Map<VariableRef, RemovedTarget>();
  return (ref) => {
    const known = removed.get(ref) ?? compiler.removedTarget(ref);
    removed.set(ref, known);
    return known;
  };
}

/** By slot of `TX`: what the course of a phase depends on of it. */
function comparedSlots(phases: readonly PhasePlan[], size: number): Uint8Array {
  const compared = new Uint8Array(size);
  for (const { courses } of phases) courses?.noteSlots(compared);
  return compared;
}

const OF_MATCH_BEFORE: ReadonlySet<string> = new Set(['MATCHED_VAR', 'MATCHED_VAR_NAME']);

/** Whether a rule looks at what another has matched. */
function readsMatchBefore({ first: { targets, test } }: CompiledRule): boolean {
  const macros = test.kind === 'family' ? test.argument.parts : [];
  const named = [...targets.targets, ...macros].map((part) => (typeof part === 'string' ? '' : part.name));
  return named.some((name) => OF_MATCH_BEFORE.has(name));
}

function compileRule(compiler: RuleCompiler, rule: Rule): CompiledRule {
  try {
    return compiler.rule(rule);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new RangeError(`${rule.at.file}:${rule.at.line}: rule ${rule.id}: ${error.message}`);
  }
}

/** Operators that differ in nothing are one. */
function operatorsOf(program: RuleProgram, host: OperatorHost, others: EngineOptions['operators']) {
  const known = new Map<string, Operator>();
  const withFiles: OperatorHost = {
    sqlFingerprint: (value) => host.sqlFingerprint(value),
    isXss: (value) => host.isXss(value),
    countryOf: (address) => host.countryOf(address),
    dataFile: (name, file) => program.dataFiles.get(fileKey(name, file)) ?? host.dataFile(name, file),
    unicodeMap: program.settings.unicodeMap,
  };
  return (name: string, argument: Bytes, file: string): Operator => {
    const row = OPERATORS.get(name.toLowerCase());
    if (row === undefined) throw new RangeError(`There is no operator @${name}.`);
    const key = `${row.name}\n${argument}\n${row.namesFiles ? file : ''}`;
    const compile = others?.get(name.toLowerCase()) ?? row.compile;
    const operator = known.get(key) ?? compile(argument, withFiles, file);
    known.set(key, operator);
    return operator;
  };
}

/** Finds the links that each `ctl` means. */
function* resolvePending(compiler: RuleCompiler, rules: ReadonlyMap<Rule, CompiledRule>): Generator<void> {
  for (const { links, by, value } of compiler.pending) {
    const isMeant = linkFilter(compiler, by, value);
    const indices: number[] = [];
    for (const [rule, { links: compiled }] of rules) {
      let link: Rule | null = rule;
      for (const { index } of compiled) {
        if (link !== null && isMeant(link)) indices.push(index);
        link = link?.chained ?? null;
      }
    }
    links.indices = indices;
    yield;
  }
}

function linkFilter(compiler: RuleCompiler, by: PendingLinks['by'], value: Bytes): (link: Rule) => boolean {
  if (by === 'id') {
    const ranges = parseIdRanges(value) ?? [];
    return ({ id }) => id !== 0 && holdsId(ranges, id);
  }
  const pattern = compiler.pattern(value);
  if (by === 'tag') return ({ tags }) => tags.some((tag) => pattern.test(tag, null));
  return ({ message }) => message.length > 0 && pattern.test(writtenText(message), null);
}

/** The rules of a phase in order, and for each `skipAfter` the place behind its marker or rule. */
function layOut(
  program: RuleProgram,
  rules: ReadonlyMap<Rule, CompiledRule>,
  phase: number,
): readonly CompiledRule[] {
  const laidOut: CompiledRule[] = [];
  /** By marker or id: links that wait for it. */
  const waiting = new Map<Bytes, CompiledRule['links'][number][]>();
  const arrive = (name: Bytes): void => {
    for (const link of waiting.get(name) ?? []) link.skipTo = laidOut.length;
    waiting.delete(name);
  };
  for (const item of program.items) {
    if (!isRule(item)) arrive(item.marker);
    else if (item.phase === phase) {
      const compiled = rules.get(item) as CompiledRule;
      laidOut.push(compiled);
      arrive(String(item.id));
      let link: Rule | null = item;
      for (const each of compiled.links) {
        const name: Bytes = link?.skipAfter ?? '';
        if (name !== '') waiting.set(name, [...(waiting.get(name) ?? []), each]);
        link = link?.chained ?? null;
      }
    }
  }
  for (const links of waiting.values()) for (const link of links) link.skipTo = laidOut.length;
  return laidOut;
}
