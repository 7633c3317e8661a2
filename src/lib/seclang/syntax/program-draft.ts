import type { Bytes } from '../bytes.ts';
import { type ActionSet, emptyActions } from './action-set.ts';
import type {
  EngineSettings,
  Marker,
  RuleExclusion,
  RuleFileProblem,
  RulePhase,
  RuleProgram,
} from './rule.ts';
import { finishRule, type RuleDraft } from './rule-draft.ts';
import type { SettingsDraft } from './settings.ts';
import type { Complain, Statement, Word } from './source.ts';

/** More problems than this are only counted: a file of something else gives one for each line. */
const MOST_PROBLEMS = 500;

/** A program that is being read: rules that later directives may still change, and everything that is to be said. */
export class ProgramDraft {
  items: (RuleDraft | Marker)[] = [];
  readonly settings: SettingsDraft;
  readonly dataFiles = new Map<string, Bytes>();
  readonly problems: RuleFileProblem[] = [];
  readonly notes: RuleFileProblem[] = [];
  readonly exclusions: RuleExclusion[] = [];
  /** What the `SecDefaultAction` of each phase said last. */
  readonly #defaults = new Map<RulePhase, ActionSet>();
  #lastDefaults: ActionSet = emptyActions();
  /** The first link of a chain that goes on. */
  openChain: RuleDraft | null = null;
  /** Whether the rule before was wrong and may have been a link of a chain. */
  isBrokenChain = false;
  #unsaid = 0;
  readonly #statementOf = new Map<RuleDraft, Statement>();
  readonly #ids = new Map<number, RuleDraft>();
  readonly #noted = new Set<string>();

  constructor(settings: EngineSettings) {
    this.settings = { ...settings };
  }

  /** Adds a problem. */
  report(problem: RuleFileProblem): void {
    if (this.problems.length < MOST_PROBLEMS) this.problems.push(problem);
    else this.#unsaid++;
  }

  /** Complaints about a word of a statement. */
  complainAbout(statement: Statement, word: Word | undefined): Complain {
    return (token, message) => this.report(statement.problem(token, message, word?.offset ?? 0));
  }

  /** Notes about a word of a statement; the same sentence is said once. */
  noteAbout(statement: Statement, word: Word | undefined): Complain {
    return (token, message) => {
      if (this.#noted.has(message)) return;
      this.#noted.add(message);
      this.notes.push(statement.problem(token, message, word?.offset ?? 0));
    };
  }

  /** Actions under those of the rules that follow. */
  setDefaults(actions: ActionSet): void {
    if (actions.phase !== null) this.#defaults.set(actions.phase, actions);
    this.#lastDefaults = actions;
  }

  /**
   * What lies under the actions of a rule: the defaults of its phase, or those that were said last.
   *
   * ModSecurity 2 takes the last ones for every phase, so that two lines for two phases do what the second one says.
   */
  defaultsOf(phase: RulePhase | null): ActionSet {
    return (phase === null ? undefined : this.#defaults.get(phase)) ?? this.#lastDefaults;
  }

  /** Adds a rule that begins no link of an open chain. Shape: false when its id is taken. */
  addRule(rule: RuleDraft, statement: Statement): boolean {
    const id = rule.actions.id as number;
    const other = this.#ids.get(id);
    if (other !== undefined) {
      const { file, line } = other.at;
      const word = `id:${id}`;
      this.report(
        statement.problem(
          word,
          `Rule ${id} is there already, in ${file}, line ${line}; give this one another id.`,
        ),
      );
      return false;
    }
    this.#ids.set(id, rule);
    this.#statementOf.set(rule, statement);
    this.items.push(rule);
    return true;
  }

  /** Every rule that is no link of another one. */
  rules(): RuleDraft[] {
    return this.items.filter((item) => 'links' in item);
  }

  /** Takes rules out. Their ids stay taken. */
  removeRules(rules: ReadonlySet<RuleDraft>): void {
    this.items = this.items.filter((item) => !('links' in item && rules.has(item)));
  }

  /** The program, once every file is read and nothing is wrong; else null. */
  finish(): RuleProgram | null {
    this.#checkChain();
    this.#checkMarkers();
    if (this.#unsaid > 0) {
      const at = (this.problems.at(-1) as RuleFileProblem).at;
      this.problems.push({ at, token: '', message: `There are ${this.#unsaid} more problems.` });
    }
    if (this.problems.length > 0) return null;
    const items = this.items.map((item) => ('links' in item ? finishRule(item) : item));
    return { items, settings: this.settings, dataFiles: this.dataFiles };
  }

  #checkChain(): void {
    if (this.openChain === null) return;
    const statement = this.#statementOf.get(this.openChain) as Statement;
    this.report(
      statement.problem(
        'chain',
        'This chain ends without the rule that must match as well; add it, or take chain out.',
      ),
    );
  }

  #checkMarkers(): void {
    const places = new Set<Bytes>();
    for (const item of this.items) places.add('links' in item ? String(item.actions.id) : item.marker);
    for (const rule of this.rules()) {
      const { skipAfter } = rule.actions;
      if (skipAfter === null || places.has(skipAfter)) continue;
      const statement = this.#statementOf.get(rule) as Statement;
      const message = `There is no marker ${skipAfter}: after a match every further rule of the phase is passed over.`;
      this.noteAbout(statement, undefined)(skipAfter, message);
    }
  }
}
