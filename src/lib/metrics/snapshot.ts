/** Upper bounds of the histogram buckets, in milliseconds; one more bucket takes what is longer. */
export const BUCKETS_MS = [0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000];

/** Methods that are counted by name; any other is `OTHER`, so that clients cannot make labels. */
export const METHODS = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS', 'OTHER'];

/** Status classes; `none` where no answer was sent. */
export const STATUS_CLASSES = ['none', '1xx', '2xx', '3xx', '4xx', '5xx'];

/** Durations of one API: a count per bucket, and their sum in milliseconds. */
export interface DurationSnapshot {
  readonly counts: readonly number[];
  readonly sumMs: number;
}

export interface ApiSnapshot {
  readonly api: string;
  /** Counts by method and status class: `method * STATUS_CLASSES.length + class`. */
  readonly requests: readonly number[];
  readonly durations: DurationSnapshot;
  readonly upstream: DurationSnapshot;
}

export interface DecisionCount {
  readonly stage: string;
  readonly reason: string;
  readonly effect: string;
  readonly mode: string;
  readonly count: number;
}

export interface HandshakeCount {
  readonly version: string;
  readonly result: string;
  readonly count: number;
}

/** Matches of rules of one category, and requests and answers that they ended. */
export interface RuleCount {
  readonly category: string;
  readonly matches: number;
  readonly blocks: number;
}

/** Everything one thread counted since it started; plain data that travels between threads. */
export interface MetricsSnapshot {
  readonly apis: readonly ApiSnapshot[];
  readonly decisions: readonly DecisionCount[];
  readonly handshakes: readonly HandshakeCount[];
  readonly rules: readonly RuleCount[];
  readonly connections: number;
  readonly journalRecords: number;
  readonly journalDropped: number;
}

function addLists(a: readonly number[], b: readonly number[]): number[] {
  return a.map((value, at) => value + (b[at] ?? 0));
}

const addDurations = (a: DurationSnapshot, b: DurationSnapshot): DurationSnapshot => ({
  counts: addLists(a.counts, b.counts),
  sumMs: a.sumMs + b.sumMs,
});

const addApis = (a: ApiSnapshot, b: ApiSnapshot): ApiSnapshot => ({
  api: a.api,
  requests: addLists(a.requests, b.requests),
  durations: addDurations(a.durations, b.durations),
  upstream: addDurations(a.upstream, b.upstream),
});

const addCounts = <T extends { readonly count: number }>(a: T, b: T): T => ({
  ...a,
  count: a.count + b.count,
});

function merge<T>(list: readonly T[], keyOf: (item: T) => string, add: (a: T, b: T) => T): T[] {
  const merged = new Map<string, T>();
  for (const item of list) {
    const key = keyOf(item);
    const known = merged.get(key);
    merged.set(key, known === undefined ? item : add(known, item));
  }
  return [...merged.values()];
}

const sum = (snapshots: readonly MetricsSnapshot[], of: (snapshot: MetricsSnapshot) => number): number =>
  snapshots.reduce((total, snapshot) => total + of(snapshot), 0);

/** Adds up what several threads counted. */
export function mergeSnapshots(snapshots: readonly MetricsSnapshot[]): MetricsSnapshot {
  return {
    apis: merge(
      snapshots.flatMap((snapshot) => snapshot.apis),
      (entry) => entry.api,
      addApis,
    ),
    decisions: merge(
      snapshots.flatMap((snapshot) => snapshot.decisions),
      (entry) => JSON.stringify([entry.stage, entry.reason, entry.effect, entry.mode]),
      addCounts,
    ),
    handshakes: merge(
      snapshots.flatMap((snapshot) => snapshot.handshakes),
      (entry) => JSON.stringify([entry.version, entry.result]),
      addCounts,
    ),
    rules: merge(
      snapshots.flatMap((snapshot) => snapshot.rules),
      (entry) => entry.category,
      (a, b) => ({ ...a, matches: a.matches + b.matches, blocks: a.blocks + b.blocks }),
    ),
    connections: sum(snapshots, (snapshot) => snapshot.connections),
    journalRecords: sum(snapshots, (snapshot) => snapshot.journalRecords),
    journalDropped: sum(snapshots, (snapshot) => snapshot.journalDropped),
  };
}
