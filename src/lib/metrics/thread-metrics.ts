import {
  type ApiSnapshot,
  BUCKETS_MS,
  type DecisionCount,
  type DurationSnapshot,
  type HandshakeCount,
  METHODS,
  type MetricsSnapshot,
  STATUS_CLASSES,
} from './snapshot.ts';

export type { MetricsSnapshot } from './snapshot.ts';

const METHOD_INDEX = new Map(METHODS.map((method, at) => [method, at]));
const OTHER = METHODS.length - 1;
const CLASSES = STATUS_CLASSES.length;
const EFFECTS = ['continue', 'deny', 'answer'];
const MODES = ['enforce', 'observe'];
/** Names that are told apart; more are counted together, should a name ever not come from us or the operator. */
const MAX_NAMES = 64;
const MAX_APIS = 10_000;
const OVERFLOW = 'other';

/** Counts durations in fixed buckets. */
class Durations {
  readonly counts = new Float64Array(BUCKETS_MS.length + 1);
  /** An array of one: a field of a class would box every new sum. */
  readonly sum = new Float64Array(1);

  add(ms: number): void {
    let at = 0;
    while (at < BUCKETS_MS.length && ms > (BUCKETS_MS[at] as number)) at++;
    (this.counts[at] as number) += 1;
    (this.sum[0] as number) += ms;
  }

  toSnapshot(): DurationSnapshot {
    return { counts: [...this.counts], sumMs: this.sum[0] as number };
  }
}

class ApiCounts {
  readonly requests = new Float64Array(METHODS.length * CLASSES);
  readonly durations = new Durations();
  readonly upstream = new Durations();

  toSnapshot(api: string): ApiSnapshot {
    return {
      api,
      requests: [...this.requests],
      durations: this.durations.toSnapshot(),
      upstream: this.upstream.toSnapshot(),
    };
  }
}

/** The value of a key, made on its first use; a map that is full keeps the rest under one name. */
function ensure<T>(map: Map<string, T>, key: string, make: () => T, limit = MAX_NAMES): T {
  const known = map.get(key);
  if (known !== undefined) return known;
  const name = map.size >= limit ? OVERFLOW : key;
  const value = map.get(name) ?? make();
  map.set(name, value);
  return value;
}

const newApi = () => new ApiCounts();
const newReasons = () => new Map<string, Float64Array>();
const newEffects = () => new Float64Array(EFFECTS.length * MODES.length);
const newResults = () => new Map<string, Float64Array>();
const newCount = () => new Float64Array(1);
const newPair = () => new Float64Array(2);

/**
 * What one thread counts, for the control plane to fetch.
 *
 * Cost: one or two map lookups and an increment per call; allocates only for names that are new.
 * Safety: every label is of a closed or bounded set, whatever clients send; nothing of a key or user is taken.
 */
export class ThreadMetrics {
  readonly #apis = new Map<string, ApiCounts>();
  readonly #decisions = new Map<string, Map<string, Float64Array>>();
  readonly #handshakes = new Map<string, Map<string, Float64Array>>();
  readonly #rules = new Map<string, Float64Array>();
  connections = 0;
  journalRecords = 0;
  journalDropped = 0;

  /**
   * Counts a request that is over.
   *
   * Units: `upstreamMs` below 0 where no upstream was asked; `status` 0 where no answer was sent; `api` '' where no
   * route was found.
   */
  countRequest(api: string, method: string, status: number, durationMs: number, upstreamMs: number): void {
    const counts = ensure(this.#apis, api, newApi, MAX_APIS);
    const statusClass = status >= 100 && status < 600 ? (status / 100) | 0 : 0;
    (counts.requests[(METHOD_INDEX.get(method) ?? OTHER) * CLASSES + statusClass] as number) += 1;
    counts.durations.add(durationMs);
    if (upstreamMs >= 0) counts.upstream.add(upstreamMs);
  }

  /** Counts a decision: the one that ended a request, or one that observe mode let pass. */
  countDecision(stage: string, reason: string, effect: string, mode: string): void {
    const counts = ensure(ensure(this.#decisions, stage, newReasons), reason, newEffects);
    const effectIndex = effect === 'deny' ? 1 : effect === 'answer' ? 2 : 0;
    (counts[effectIndex * MODES.length + (mode === 'observe' ? 1 : 0)] as number) += 1;
  }

  /** Counts a TLS handshake by protocol version, such as `TLSv1.3`, and result, such as `ok`. */
  countHandshake(version: string, result: string): void {
    (ensure(ensure(this.#handshakes, version, newResults), result, newCount)[0] as number) += 1;
  }

  /** Counts a match of a rule of a category, and whether a request or an answer was blocked with its help. */
  countRule(category: string, isBlocked: boolean): void {
    const counts = ensure(this.#rules, category, newPair);
    (counts[0] as number) += 1;
    if (isBlocked) (counts[1] as number) += 1;
  }

  /** Copies everything counted since the thread started. */
  takeSnapshot(): MetricsSnapshot {
    return {
      apis: [...this.#apis].map(([api, counts]) => counts.toSnapshot(api)),
      decisions: [...this.#decisions].flatMap(([stage, reasons]) =>
        [...reasons].flatMap(([reason, counts]) => decisionCounts(stage, reason, counts)),
      ),
      handshakes: [...this.#handshakes].flatMap(([version, results]) =>
        [...results].map(
          ([result, count]): HandshakeCount => ({ version, result, count: count[0] as number }),
        ),
      ),
      rules: [...this.#rules].map(([category, counts]) => ({
        category,
        matches: counts[0] as number,
        blocks: counts[1] as number,
      })),
      connections: this.connections,
      journalRecords: this.journalRecords,
      journalDropped: this.journalDropped,
    };
  }
}

function decisionCounts(stage: string, reason: string, counts: Float64Array): DecisionCount[] {
  const found: DecisionCount[] = [];
  counts.forEach((count, at) => {
    if (count === 0) return;
    const effect = EFFECTS[Math.floor(at / MODES.length)] as string;
    found.push({ stage, reason, effect, mode: MODES[at % MODES.length] as string, count });
  });
  return found;
}
