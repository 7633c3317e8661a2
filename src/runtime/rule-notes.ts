import type { BypassUse, RuleCount, RuleHour } from '../core/waf-records.ts';

const HOUR_MS = 3_600_000;
/** Rules between two flushes of a thread that are told apart; a rule set has some hundreds. */
const MAX_TOLD_APART = 2_000;
const MAX_BYPASSES = 200;

/** What is counted of a match. */
interface CountedMatch {
  readonly ruleId: number;
  readonly category: string;
  readonly variable: string;
  readonly isLogOnly: boolean;
  readonly scores: readonly unknown[];
}

/** What is counted of a request that rules looked at. */
export interface CountedFindings {
  readonly matches: readonly CountedMatch[];
  readonly interruption: unknown;
  readonly bypasses: readonly string[];
  readonly wouldBlock: boolean;
}

type Count = { -readonly [Key in keyof RuleCount]: RuleCount[Key] };
type Use = { -readonly [Key in keyof BypassUse]: BypassUse[Key] };

/**
 * Counts what rules found in the requests of a thread since it last told.
 *
 * Shape: a request is counted once for each rule that matched, once for each of their categories, and once in all.
 * Cost: nothing for a request without a match.
 */
export class RuleNotes {
  #hourMs = 0;
  #counts = new Map<string, Count>();
  #uses = new Map<string, Use>();
  /** Hours that ended before they were told. */
  #ended: RuleHour[] = [];

  get size(): number {
    return this.#counts.size + this.#uses.size + this.#ended.length;
  }

  note(findings: CountedFindings, isBlocked: boolean, nowMs: number): void {
    const { matches, bypasses } = findings;
    if (matches.length === 0 && bypasses.length === 0) return;
    const hourMs = nowMs - (nowMs % HOUR_MS);
    if (hourMs !== this.#hourMs) this.#endHour(hourMs);
    const wouldBlock = !isBlocked && (findings.wouldBlock || findings.interruption !== null);
    for (const id of bypasses) this.#countUse(id, !isBlocked && findings.wouldBlock, nowMs);
    const seen = new Set<string>();
    for (const match of matches) {
      if (isVerdict(match)) continue;
      for (const [ruleId, category] of [
        [match.ruleId, match.category],
        [0, match.category],
        [0, ''],
      ] as const) {
        const key = `${ruleId} ${category}`;
        if (seen.has(key)) continue;
        seen.add(key);
        this.#count(key, ruleId, category, isBlocked, wouldBlock);
      }
    }
  }

  takeHours(): readonly RuleHour[] {
    this.#endHour(this.#hourMs);
    const hours = this.#ended;
    this.#ended = [];
    return hours;
  }

  takeUses(): readonly BypassUse[] {
    const uses = [...this.#uses.values()];
    this.#uses = new Map();
    return uses;
  }

  #endHour(nextMs: number): void {
    if (this.#counts.size > 0) this.#ended.push({ hourMs: this.#hourMs, counts: [...this.#counts.values()] });
    this.#hourMs = nextMs;
    this.#counts = new Map();
  }

  #count(key: string, ruleId: number, category: string, isBlocked: boolean, wouldBlock: boolean): void {
    let count = this.#counts.get(key);
    if (count === undefined) {
      if (this.#counts.size >= MAX_TOLD_APART) return;
      count = { ruleId, category, matches: 0, blocks: 0, wouldBlocks: 0 };
      this.#counts.set(key, count);
    }
    count.matches++;
    if (isBlocked) count.blocks++;
    if (wouldBlock) count.wouldBlocks++;
  }

  #countUse(id: string, wouldBlock: boolean, nowMs: number): void {
    let use = this.#uses.get(id);
    if (use === undefined) {
      if (this.#uses.size >= MAX_BYPASSES) return;
      use = { id, requests: 0, wouldBlock: 0, lastAtMs: 0 };
      this.#uses.set(id, use);
    }
    use.requests++;
    if (wouldBlock) use.wouldBlock++;
    use.lastAtMs = nowMs;
  }
}

/** Whether a match only says that a score was reached: its rule found nothing in the request itself. */
function isVerdict({ variable, scores, isLogOnly }: CountedMatch): boolean {
  return scores.length === 0 && !isLogOnly && (variable === '' || /^TX(?::|$)/.test(variable));
}
