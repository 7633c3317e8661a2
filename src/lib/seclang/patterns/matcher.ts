import type { Bytes } from '../bytes.ts';
import { BudgetReached, type LongMatch } from '../operator.ts';
import { Automaton } from './automaton.ts';
import { Backtracker } from './backtracker.ts';
import { longestWithin } from './backtracking-bound.ts';
import { BacktrackingProgram } from './backtracking-program.ts';
import { type JavaScriptPattern, toJavaScript } from './javascript.ts';
import type { Pattern } from './node.ts';
import { assemble, type Program } from './program.ts';
import { Scan } from './scan.ts';

/** Groups that rules can use, the whole match counted. */
const MAX_GROUPS = 10;
/** Steps that V8 may take at most for a value, about a millisecond. */
const V8_STEPS = 200_000;
/** Values longer than this are not for V8, whatever the pattern. */
const V8_BYTES = 2_048;
/** Steps of our own matcher for a value that cannot wait. */
const SHORT_STEPS = 500_000;
/** Steps for a value that can: for any, and for each byte of one that is very long. */
const LONG_STEPS = 16_000_000;
const LONG_STEPS_PER_BYTE = 64;
/** Bytes that an automaton passes in about the time of one step of backtracking. */
const BYTES_PER_STEP = 4;

/**
 * A pattern that is matched by V8 where it is bound to be quick, and else by an automaton and, for what groups matched
 * and for what no automaton can do, by a matcher of our own.
 */
export class PatternMatcher {
  readonly #pattern: Pattern;
  readonly #program: Program;
  #expression: JavaScriptPattern | null = null;
  /** The longest value that is for V8; -1 for none, null while nobody has asked. */
  #v8Bytes: number | null = null;
  #v8: RegExp | null = null;
  #forward: Automaton | null = null;
  #backward: Automaton | null = null;
  #backtracking: BacktrackingProgram | null = null;

  /** Errors: RangeError for a pattern that repeats too much. */
  constructor(pattern: Pattern) {
    this.#pattern = pattern;
    this.#program = assemble(pattern, { forAutomaton: true, isReversed: false });
  }

  /** Whether the automaton alone can say that a value matches. */
  get isExact(): boolean {
    return this.#program.isExact;
  }

  get forward(): Automaton {
    this.#forward ??= new Automaton(this.#program, false, true);
    return this.#forward;
  }

  /** For where matches can begin. */
  get backward(): Automaton {
    this.#backward ??= new Automaton(
      assemble(this.#pattern, { forAutomaton: true, isReversed: true }),
      true,
      false,
    );
    return this.#backward;
  }

  get backtracking(): BacktrackingProgram {
    this.#backtracking ??= new BacktrackingProgram(this.#pattern);
    return this.#backtracking;
  }

  /** Errors: BudgetReached. */
  test(value: Bytes, captures: Bytes[] | null): boolean {
    this.#v8Bytes ??= this.#prepareV8();
    if (value.length <= this.#v8Bytes) return this.#testWithV8(value, captures);
    const search = new Search(this, value, captures !== null, SHORT_STEPS);
    let matches = search.step(value.length + 1);
    while (matches === null) matches = search.step(value.length + 1);
    if (matches && captures !== null) replace(captures, search.captures());
    return matches;
  }

  begin(value: Bytes): LongMatch {
    return new Search(this, value, true, Math.max(LONG_STEPS, LONG_STEPS_PER_BYTE * value.length));
  }

  /** Writes the pattern for V8; gives back the longest value that is for V8. */
  #prepareV8(): number {
    this.#expression = toJavaScript(this.#pattern);
    return this.#expression === null ? -1 : Math.min(V8_BYTES, longestWithin(this.#pattern, V8_STEPS));
  }

  #testWithV8(value: Bytes, captures: Bytes[] | null): boolean {
    const { source, groups, hasSameGroups } = this.#expression as JavaScriptPattern;
    this.#v8 ??= new RegExp(source);
    if (captures === null) return this.#v8.test(value);
    const match = this.#v8.exec(value);
    if (match === null) return false;
    if (!hasSameGroups) {
      const backtracker = new Backtracker(this.backtracking, value, match.index);
      if (backtracker.run(SHORT_STEPS) === null) throw new BudgetReached(TOO_MANY_STEPS);
      replace(captures, backtracker.groups());
      return true;
    }
    captures.length = 0;
    for (let group = 0; group < groups.length && group < MAX_GROUPS; group++) {
      captures.push(match[groups[group] as number] ?? '');
    }
    return true;
  }
}

const TOO_MANY_STEPS = 'A pattern took too many steps for a value.';

function replace(captures: Bytes[], groups: readonly Bytes[]): void {
  captures.length = 0;
  captures.push(...groups);
}

/** A value that is looked through by an automaton, then from its end for where the match begins, then for its groups. */
class Search implements LongMatch {
  readonly #matcher: PatternMatcher;
  readonly #value: Bytes;
  readonly #wantsCaptures: boolean;
  #scan: Scan;
  #isLocating = false;
  #backtracker: Backtracker | null = null;
  #stepsLeft: number;

  constructor(matcher: PatternMatcher, value: Bytes, wantsCaptures: boolean, steps: number) {
    this.#matcher = matcher;
    this.#value = value;
    this.#wantsCaptures = wantsCaptures;
    this.#stepsLeft = steps;
    this.#scan = new Scan(matcher.forward, value, false);
  }

  step(bytes: number): boolean | null {
    if (this.#backtracker !== null) return this.#backtrack(this.#backtracker, bytes);
    if (!this.#scan.run(bytes)) return null;
    if (this.#scan.lastEnd < 0) return false;
    if (!this.#wantsCaptures && this.#matcher.isExact) return true;
    if (!this.#isLocating) {
      this.#isLocating = true;
      this.#scan = new Scan(this.#matcher.backward, this.#value, true);
      return null;
    }
    const start = this.#value.length - this.#scan.lastEnd;
    this.#backtracker = new Backtracker(this.#matcher.backtracking, this.#value, start);
    return null;
  }

  captures(): readonly Bytes[] {
    return this.#backtracker?.groups() ?? [];
  }

  #backtrack(backtracker: Backtracker, bytes: number): boolean | null {
    const steps = Math.ceil(bytes / BYTES_PER_STEP);
    this.#stepsLeft -= steps;
    const matches = backtracker.run(steps);
    if (matches === null && this.#stepsLeft <= 0) throw new BudgetReached(TOO_MANY_STEPS);
    return matches;
  }
}
