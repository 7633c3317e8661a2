import type { Bytes } from '../bytes.ts';
import type { RulePhase } from '../syntax/rule.ts';
import type { Interruption, ResponseInput, RuleMatch, Transaction } from '../transaction.ts';
import { runRules } from './run-rules.ts';
import type { TransactionState } from './transaction-state.ts';

/** Phases that `allow:request` and `allow` leave out. */
const LEFT_OUT: Readonly<Record<'' | 'request' | 'all', readonly RulePhase[]>> = {
  '': [],
  request: [2],
  all: [2, 3, 4],
};

/** One request under the rules. */
export class EngineTransaction implements Transaction {
  readonly #state: TransactionState;
  #body: Uint8Array | null = null;
  #isBodyPartial = false;
  #isBodyRead = true;

  constructor(state: TransactionState) {
    this.#state = state;
  }

  run(phase: RulePhase, deadlineMs: number): boolean {
    const state = this.#state;
    if (state.isPhaseOver && !this.#start(phase)) return true;
    if (!this.#isBodyRead) {
      if (!state.view.readBody(deadlineMs)) return false;
      this.#isBodyRead = true;
    }
    if (this.#isRun(phase) && !runRules(state, deadlineMs)) return false;
    state.isPhaseOver = true;
    if (phase === 5) state.stored.close(Math.floor(state.input.startedAtMs / 1_000));
    return true;
  }

  /** False where a phase has already been. */
  #start(phase: RulePhase): boolean {
    const state = this.#state;
    if (phase <= state.phase) return false;
    if (state.phase < 2 && phase >= 2) this.#startBody();
    state.phase = phase;
    state.isPhaseOver = false;
    state.rule = 0;
    state.link = 0;
    state.agenda = null;
    state.skipTo = -1;
    state.clearMatched();
    state.collections.startPhase(phase);
    return true;
  }

  #startBody(): void {
    const { view, wantsRequestBody } = this.#state;
    view.startBody(wantsRequestBody ? this.#body : null, this.#isBodyPartial);
    this.#body = null;
    this.#isBodyRead = false;
  }

  /** Phase 5 is run whatever happened. */
  #isRun(phase: RulePhase): boolean {
    const { mode, isIntercepted, allowed } = this.#state;
    if (mode === 'off') return false;
    return phase === 5 || !(isIntercepted || LEFT_OUT[allowed].includes(phase));
  }

  setRequestBody(body: Uint8Array, isPartial: boolean): void {
    this.#body = body;
    this.#isBodyPartial = isPartial;
  }

  setResponse(response: ResponseInput): void {
    this.#state.view.setResponse(response);
  }

  setResponseBody(body: Uint8Array, isPartial: boolean): void {
    this.#state.view.setResponseBody(body, isPartial);
  }

  get wantsRequestBody(): boolean {
    return this.#state.mode !== 'off' && this.#state.wantsRequestBody;
  }

  get wantsResponseBody(): boolean {
    return this.#state.mode !== 'off' && this.#state.wantsResponseBody;
  }

  get interruption(): Interruption | null {
    return this.#state.interruption;
  }

  get isEnforced(): boolean {
    return this.#state.mode === 'on';
  }

  get matches(): readonly RuleMatch[] {
    return this.#state.matches;
  }

  get incomplete(): string {
    return this.#state.incomplete;
  }

  txValue(name: string): Bytes {
    return this.#state.tx.find(name) ?? '';
  }
}
