import type { RequestContext } from '../core/context.ts';
import type { LimitedKind, LimitedRequests, LimitHour } from '../core/limit-activity.ts';
import { formatIp } from '../lib/ip/address.ts';
import type { Outcome } from '../proxy/record.ts';

const HOUR_MS = 3_600_000;
/** Combinations between two flushes of a thread that are told apart. */
const MAX_TOLD_APART = 500;

type Count = { -readonly [Key in keyof LimitedRequests]: LimitedRequests[Key] };

/**
 * Counts the requests of a thread, and those that limits refused, since it last told.
 *
 * Cost: an addition for a request that no limit refused. A flood from many clients is counted together beyond a number.
 */
export class LimitNotes {
  #hourMs = 0;
  #requests = 0;
  #counts = new Map<string, Count>();
  /** Hours that ended before they were told. */
  #ended: LimitHour[] = [];

  get size(): number {
    return this.#requests + this.#ended.length;
  }

  note(ctx: RequestContext, outcome: Outcome, nowMs: number): void {
    const hourMs = nowMs - (nowMs % HOUR_MS);
    if (hourMs !== this.#hourMs) this.#endHour(hourMs);
    this.#requests++;
    if (ctx.limitedBy !== '') this.#count(ctx, outcome, nowMs);
  }

  take(): readonly LimitHour[] {
    this.#endHour(this.#hourMs);
    const hours = this.#ended;
    this.#ended = [];
    return hours;
  }

  #endHour(nextMs: number): void {
    if (this.#requests > 0)
      this.#ended.push({
        hourMs: this.#hourMs,
        requests: this.#requests,
        limited: [...this.#counts.values()],
      });
    this.#hourMs = nextMs;
    this.#requests = 0;
    this.#counts = new Map();
  }

  #count(ctx: RequestContext, { effect, reason }: Outcome, nowMs: number): void {
    const [kind, client] = clientOf(ctx);
    const count = this.#countOf(ctx.limitTier, kind, client, ctx.limitedBy);
    if (effect === 'deny' && reason.startsWith('ratelimit.')) count.refused++;
    else count.observed++;
    count.lastAtMs = nowMs;
  }

  #countOf(tier: string, kind: LimitedKind, client: string, limit: string): Count {
    const key = JSON.stringify([tier, kind, client, limit]);
    const known = this.#counts.get(key);
    if (known !== undefined) return known;
    if (kind !== '' && this.#counts.size >= MAX_TOLD_APART) return this.#countOf(tier, '', '', limit);
    const count = { tier, kind, client, limit, refused: 0, observed: 0, lastAtMs: 0 };
    this.#counts.set(key, count);
    return count;
  }
}

/** Whom a report names: by what was verified, else by the address. */
function clientOf({ principal, client }: RequestContext): readonly [LimitedKind, string] {
  if (principal === null) return ['address', formatIp(client)];
  if (principal.keyId !== '') return ['key', principal.keyId];
  if (principal.type === 'user') return ['user', principal.subject];
  return ['client', principal.clientId === '' ? principal.subject : principal.clientId];
}
