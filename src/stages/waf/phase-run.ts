import type { RulePhase } from '../../lib/seclang/syntax/rule.ts';
import type { ResponseInput, Transaction } from '../../lib/seclang/transaction.ts';

/** What became known of a request, for rules that look at it now or later. */
export interface PhaseInputs {
  body: Uint8Array | null;
  isBodyPartial: boolean;
  response: ResponseInput | null;
  answerBody: Uint8Array | null;
  isAnswerPartial: boolean;
}

/** One transaction on its way through the phases. */
export class PhaseRun {
  readonly rules: Transaction;
  /** The last phase that is over. */
  done: RulePhase | 0 = 0;
  readonly #inputs: PhaseInputs;
  #begun: RulePhase | 0 = 0;

  constructor(rules: Transaction, inputs: PhaseInputs) {
    this.rules = rules;
    this.#inputs = inputs;
  }

  /** Whether a rule ended the transaction, and that is to be carried out. */
  get isEnded(): boolean {
    return this.rules.interruption !== null && this.rules.isEnforced;
  }

  isThrough(upTo: RulePhase | 0): boolean {
    return this.done >= upTo || this.isEnded;
  }

  /** Runs phases until the deadline; true when they are over. */
  run(upTo: RulePhase | 0, deadlineMs: number): boolean {
    while (!this.isThrough(upTo)) {
      const phase = (this.done + 1) as RulePhase;
      if (this.#begun !== phase) this.#begin(phase);
      if (!this.rules.run(phase, deadlineMs)) return false;
      this.done = phase;
    }
    return true;
  }

  #begin(phase: RulePhase): void {
    const { body, isBodyPartial, response, answerBody, isAnswerPartial } = this.#inputs;
    this.#begun = phase;
    if (phase === 2 && body !== null) this.rules.setRequestBody(body, isBodyPartial);
    if (phase === 3 && response !== null) this.rules.setResponse(response);
    if (phase === 4 && answerBody !== null) this.rules.setResponseBody(answerBody, isAnswerPartial);
  }
}
