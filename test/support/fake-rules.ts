import type { KnownRule, RuleSets } from '../../src/core/rule-sets.ts';
import type { RulePhase } from '../../src/lib/seclang/syntax/rule.ts';
import type {
  Interruption,
  Overrides,
  RequestInput,
  ResponseInput,
  RuleEngine,
  RuleMatch,
  Transaction,
} from '../../src/lib/seclang/transaction.ts';

/** One rule of a fake engine: denies where a phase shows a word. */
export interface FakeRule {
  readonly id: number;
  readonly phase: RulePhase;
  readonly word: string;
  readonly kind?: Interruption['kind'];
  readonly status?: number;
  /** Where the word stands it gives up at its bound, in place of matching. */
  readonly givesUp?: boolean;
}

/** What a fake engine was asked, for tests to look at. */
export interface FakeLog {
  readonly calls: string[];
}

const latin1 = (bytes: Uint8Array | null): string => Buffer.from(bytes ?? []).toString('latin1');

/** A transaction that looks for words; each phase takes as many slices as `slices` says. */
class FakeTransaction implements Transaction {
  interruption: Interruption | null = null;
  isEnforced = true;
  incomplete = '';
  matches: RuleMatch[] = [];
  wantsRequestBody = true;
  wantsResponseBody = true;
  readonly #texts: string[] = ['', '', '', '', '', ''];
  #slicesLeft = -1;

  readonly overrides: Overrides | null;
  readonly rules: readonly FakeRule[];
  readonly slices: number;
  readonly log: FakeLog;

  constructor(
    request: RequestInput,
    overrides: Overrides | null,
    rules: readonly FakeRule[],
    slices: number,
    log: FakeLog,
  ) {
    this.overrides = overrides;
    this.rules = rules;
    this.slices = slices;
    this.log = log;
    const lines = request.headerNames.map((name, i) => `${name}: ${request.headerValues[i]}`);
    this.#texts[1] = [`${request.method} ${request.target} ${request.protocol}`, ...lines].join('\n');
  }

  setRequestBody(body: Uint8Array, isPartial: boolean): void {
    this.log.calls.push(`body ${body.length}${isPartial ? ' partial' : ''}`);
    this.#texts[2] = latin1(body);
  }

  setResponse(response: ResponseInput): void {
    this.#texts[3] = `${response.status} ${response.headerValues.join('\n')}`;
  }

  setResponseBody(body: Uint8Array, isPartial: boolean): void {
    this.log.calls.push(`answer ${body.length}${isPartial ? ' partial' : ''}`);
    this.#texts[4] = latin1(body);
  }

  run(phase: RulePhase): boolean {
    if (this.#slicesLeft < 0) this.#slicesLeft = this.slices;
    this.log.calls.push(`run ${phase}`);
    if (--this.#slicesLeft > 0) return false;
    this.#slicesLeft = -1;
    for (const rule of this.rules) if (rule.phase === phase) this.#try(rule);
    return true;
  }

  #try({ id, phase, word, kind = 'deny', status = 403, givesUp = false }: FakeRule): void {
    const value = this.#texts[phase] as string;
    const at = value.indexOf(word);
    if (at < 0 || this.overrides?.isRemoved(id)) return;
    if (givesUp) {
      this.incomplete = `Rule ${id} gave up.`;
      return;
    }
    const isLogOnly = this.overrides?.isLogOnly(id) ?? false;
    this.matches.push({
      ruleId: id,
      phase,
      at: { file: 'fake.conf', line: id },
      variable: 'ARGS:q',
      value: word,
      matchedAt: 0,
      matchedLength: word.length,
      message: 'A word',
      logData: '',
      severity: 2,
      tags: ['attack-sqli'],
      isLogged: true,
      isLogOnly,
      scores: [],
    });
    if (!isLogOnly) this.interruption ??= { kind, ruleId: id, phase, status, location: '' };
  }

  txValue(): string {
    return '';
  }
}

/** What is known of a rule of a fake engine. */
export function fakeFacts(id: number, more: Partial<KnownRule> = {}): KnownRule {
  return {
    id,
    tags: ['attack-sqli'],
    fingerprint: String(id),
    origin: 'include',
    set: '*.conf',
    category: 'sqli',
    message: 'A word',
    role: 'detect',
    ...more,
  };
}

/** An engine of words, as any route finds it. */
export function fakeRules(
  rules: readonly FakeRule[],
  slices = 1,
  facts: readonly KnownRule[] = rules.map(({ id }) => fakeFacts(id)),
): { readonly sets: RuleSets; readonly log: FakeLog } {
  const log: FakeLog = { calls: [] };
  const engine: RuleEngine = {
    begin: (request, overrides) => new FakeTransaction(request, overrides, rules, slices, log),
  };
  return { sets: { find: () => ({ engine, rules: facts }) }, log };
}
