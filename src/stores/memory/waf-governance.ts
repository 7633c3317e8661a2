import type { RuleFacts, WafBypass, WafGovernance } from '../../core/waf.ts';
import { type BypassRecord, type RuleTrial, ruleRecordId, type WafUpdate } from '../../core/waf-records.ts';
import { type Ip, networkOf } from '../../lib/ip/address.ts';
import { type Cidr, parseCidr } from '../../lib/ip/cidr.ts';

/** A bypass, and the network that it is for as numbers; null for any. */
interface Held {
  readonly bypass: BypassRecord;
  readonly network: Cidr | null;
}

const NONE: readonly WafBypass[] = [];

/**
 * What one thread knows about bypasses and rules on trial; whoever owns the store feeds it.
 *
 * Safety: a bypass holds from its approval to its end by the clock of whoever asks. What was seen to be over is left out
 * for good, so that a clock that is set back does not bring it back.
 */
export class MemoryWafGovernance implements WafGovernance {
  readonly #byId = new Map<string, BypassRecord>();
  readonly #over = new Set<string>();
  /** By rule and meaning: whether it is on trial. */
  readonly #trials = new Map<string, boolean>();
  #held: readonly Held[] = [];
  #version = 1;

  constructor(bypasses: readonly BypassRecord[] = [], trials: readonly RuleTrial[] = []) {
    this.updateBypasses({ records: bypasses, deleted: [], isAll: true });
    this.updateTrials({ records: trials, deleted: [], isAll: true });
  }

  get version(): number {
    return this.#version;
  }

  isOnTrial(rule: RuleFacts): boolean {
    if (rule.origin === 'shipped' || rule.role !== 'detect') return false;
    return this.#trials.get(ruleRecordId(rule)) ?? rule.origin === 'custom';
  }

  bypasses(client: Ip, path: string, nowMs: number): readonly WafBypass[] {
    if (this.#held.length === 0) return NONE;
    let found: WafBypass[] | null = null;
    let isOver = false;
    for (const one of this.#held) {
      if (nowMs >= one.bypass.expiresAtMs) {
        this.#over.add(one.bypass.id);
        isOver = true;
      } else if (holds(one, client, path, nowMs)) {
        found ??= [];
        found.push(one.bypass);
      }
    }
    if (isOver) this.#index();
    return found ?? NONE;
  }

  updateBypasses({ records, deleted, isAll }: WafUpdate<BypassRecord>): void {
    if (isAll) this.#byId.clear();
    for (const record of records) this.#byId.set(record.id, record);
    for (const id of deleted) this.#byId.delete(id);
    for (const id of this.#over) if (!this.#byId.has(id)) this.#over.delete(id);
    this.#index();
  }

  updateTrials({ records, deleted, isAll }: WafUpdate<RuleTrial>): void {
    if (isAll) this.#trials.clear();
    for (const { id, isOnTrial } of records) this.#trials.set(id, isOnTrial);
    for (const id of deleted) this.#trials.delete(id);
    this.#version++;
  }

  #index(): void {
    this.#held = [...this.#byId.values()]
      .filter(
        ({ id, approvedAtMs, endedAtMs }) => approvedAtMs !== 0 && endedAtMs === 0 && !this.#over.has(id),
      )
      .map((bypass) => ({ bypass, network: bypass.network === '' ? null : parseCidr(bypass.network) }))
      // Safety: a network that cannot be read is nobody's.
      .filter(({ bypass, network }) => bypass.network === '' || network !== null);
  }
}

function holds({ bypass, network }: Held, client: Ip, path: string, nowMs: number): boolean {
  if (nowMs < bypass.approvedAtMs) return false;
  if (network !== null && !isWithin(client, network)) return false;
  return bypass.path === '' || isUnder(path, bypass.path);
}

function isWithin(ip: Ip, { ip: base, bits }: Cidr): boolean {
  if (ip.family !== base.family) return false;
  const { words } = networkOf(ip, bits);
  return words.every((word, at) => word === base.words[at]);
}

/** Whether a canonical path is a prefix or lies below it. */
function isUnder(path: string, prefix: string): boolean {
  if (!path.startsWith(prefix)) return false;
  return path.length === prefix.length || prefix.endsWith('/') || path.charCodeAt(prefix.length) === 0x2f;
}
