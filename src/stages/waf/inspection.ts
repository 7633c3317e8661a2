import { performance } from 'node:perf_hooks';
import type { RequestContext } from '../../core/context.ts';
import { CONTINUE, type Decision } from '../../core/decision.ts';
import type { WafBypass, WafFindings, WafMatch, WafView } from '../../core/waf.ts';
import type { RulePhase } from '../../lib/seclang/syntax/rule.ts';
import type { Interruption, Overrides } from '../../lib/seclang/transaction.ts';
import { BypassedOverrides, usedBypasses } from './overrides.ts';
import { type PhaseInputs, PhaseRun } from './phase-run.ts';
import { requestInput, responseInput } from './request-input.ts';
import { scoresOf } from './scores.ts';
import { shownMatches } from './shown-matches.ts';
import { type GivenUp, UNINSPECTED, UNINSPECTED_ANSWER, type Uninspected, verdictOf } from './verdicts.ts';
import type { WafRoute } from './waf-route.ts';

/** The longest time that rules hold a thread at once. */
export const SLICE_MS = 8;

const NO_MATCHES: readonly WafMatch[] = [];
const NO_IDS: readonly string[] = [];

/** One request under the rules of its route, from its head to its journal record. */
export class Inspection implements WafFindings {
  readonly view: WafView;
  matches = NO_MATCHES;
  moreMatches = 0;
  interruption: Interruption | null = null;
  inboundScore = 0;
  outboundScore = 0;
  bypasses = NO_IDS;
  wouldBlock = false;
  incomplete = '';
  readonly #route: WafRoute;
  readonly #ctx: RequestContext;
  /** Bypasses that hold for the request. */
  readonly #holding: readonly WafBypass[];
  readonly #inputs: PhaseInputs = {
    body: null,
    isBodyPartial: false,
    response: null,
    answerBody: null,
    isAnswerPartial: false,
  };
  /** null once the request is over. */
  #run: PhaseRun | null;
  /** The same without what was taken out; null while it makes no difference. */
  #shadow: PhaseRun | null = null;
  #spentMs = 0;
  /** No rule runs any more. */
  #isOver = false;

  constructor(route: WafRoute, ctx: RequestContext, view: WafView, bypasses: readonly WafBypass[]) {
    this.view = view;
    this.#route = route;
    this.#ctx = ctx;
    this.#holding = bypasses;
    const isPlain = bypasses.length === 0;
    this.#run = this.#begin(
      isPlain ? route.routeOverrides.current() : new BypassedOverrides(route.routeOverrides, bypasses),
    );
    if (!isPlain) this.#shadow = this.#begin(route.strictOverrides);
  }

  #begin(overrides: Overrides | null): PhaseRun {
    return new PhaseRun(this.#route.engine.begin(requestInput(this.#ctx), overrides), this.#inputs);
  }

  /** Whether the rules are to see the body of the request. */
  get wantsBody(): boolean {
    return !this.#isOver && this.#run?.done === 1 && this.#run.rules.wantsRequestBody;
  }

  /** Whether the rules are to see the body of the answer, should it be of a type that is looked at. */
  get wantsAnswerBody(): boolean {
    return !this.#isOver && this.#run?.done === 3 && this.#run.rules.wantsResponseBody;
  }

  /** Runs phase 1. */
  checkHead(): Decision | Promise<Decision> {
    return this.#runTo(1);
  }

  /** Runs phases 1 and 2 over the head as far as they come in one slice; decides nothing. */
  lookAtHead(): void {
    if (this.#run !== null) this.#slice(this.#run, 2);
  }

  /** Runs phase 2; null: without a body. */
  checkBody(body: Uint8Array | null, isPartial: boolean): Decision | Promise<Decision> {
    this.#inputs.body = body;
    this.#inputs.isBodyPartial = isPartial;
    return this.#runTo(2);
  }

  /** Runs phase 3. */
  checkAnswerHead(): Decision | Promise<Decision> {
    if (this.#isOver) return CONTINUE;
    this.#inputs.response = responseInput(this.#ctx);
    return this.#runTo(3);
  }

  /** Runs phase 4; null: without a body. */
  checkAnswerBody(body: Uint8Array | null, isPartial: boolean): Decision | Promise<Decision> {
    this.#inputs.answerBody = body;
    this.#inputs.isAnswerPartial = isPartial;
    return this.#runTo(4);
  }

  /** Notes that something of the request could not be looked at; refuses it where the block says so. */
  leaveOut(what: Uninspected): Decision {
    return this.#refuse(UNINSPECTED[what]);
  }

  /** The same for what rules did not get through in a phase: from 3 on it is the answer that is withheld. */
  #giveUp(why: GivenUp, phase: RulePhase): Decision {
    return this.#refuse(phase >= 3 ? UNINSPECTED_ANSWER[why] : UNINSPECTED[why]);
  }

  #refuse(decision: Decision): Decision {
    this.incomplete = decision.detail;
    if (!this.#route.deniesUninspected) return CONTINUE;
    this.#isOver = true;
    return decision;
  }

  /** Notes what of an answer could not be looked at: it passes. */
  noteUnseenAnswer(why: string): void {
    this.incomplete = why;
  }

  /**
   * Runs what follows when the request is over, and writes down what was found.
   *
   * Cost: one slice at most: phase 5 decides nothing any more.
   */
  finish(): void {
    if (this.#run === null) return;
    const { rules, done, isEnded } = this.#run;
    if (isEnded || (done >= 2 && !this.#isOver)) rules.run(5, performance.now() + SLICE_MS);
    this.interruption = rules.interruption;
    this.wouldBlock = rules.interruption === null && this.#shadow !== null && this.#shadow.isEnded;
    if (this.#shadow !== null)
      this.bypasses = usedBypasses(this.#holding, rules.matches, this.#shadow.rules.matches);
    const { inbound, outbound } = scoresOf(rules);
    this.inboundScore = inbound;
    this.outboundScore = outbound;
    if (rules.matches.length > 0) {
      const shown = shownMatches(rules.matches, this.#route.maskingFor(this.#ctx));
      this.matches = shown.matches;
      this.moreMatches = shown.more;
    }
    this.#run = null;
    this.#shadow = null;
  }

  #runTo(phase: RulePhase): Decision | Promise<Decision> {
    if (this.#isOver || this.#run === null) return CONTINUE;
    return this.#slice(this.#run, phase) ? this.#conclude(this.#run) : this.#goOn(phase);
  }

  /** Runs the rest in slices; other requests of the thread go on between them. */
  async #goOn(phase: RulePhase): Promise<Decision> {
    for (;;) {
      const isSpent = this.#spentMs > this.#route.budgetMs;
      await nextTurn();
      const run = this.#run;
      if (run === null) return CONTINUE;
      if (isSpent && !run.isThrough(phase)) {
        this.#isOver = true;
        return this.#giveUp('budget', phase);
      }
      // That something would have been blocked without a bypass is worth no more time.
      if (isSpent) this.#shadow = null;
      if (this.#slice(run, phase)) return this.#conclude(run);
    }
  }

  /** Runs for one slice; true when the phase is over. */
  #slice(run: PhaseRun, phase: RulePhase): boolean {
    const startMs = performance.now();
    const deadlineMs = startMs + SLICE_MS;
    let isThrough = run.run(phase, deadlineMs);
    if (isThrough && !run.isEnded) isThrough = this.#runShadow(run, deadlineMs);
    this.#spentMs += performance.now() - startMs;
    return isThrough;
  }

  /** Finds out what would have been without bypasses, trials and modes, where they made a difference. */
  #runShadow({ rules, done }: PhaseRun, deadlineMs: number): boolean {
    if (this.#shadow === null) {
      if (!rules.matches.some(({ isLogOnly }) => isLogOnly)) return true;
      this.#shadow = this.#begin(this.#route.strictOverrides);
    }
    return this.#shadow.run(done, deadlineMs);
  }

  #conclude(run: PhaseRun): Decision {
    if (!run.isEnded)
      return run.rules.incomplete === '' ? CONTINUE : this.#giveUp('bound', run.done as RulePhase);
    this.#isOver = true;
    return verdictOf(run.rules.interruption as Interruption);
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
