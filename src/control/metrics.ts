import { PrometheusText } from '../lib/metrics/prometheus.ts';
import {
  type ApiSnapshot,
  BUCKETS_MS,
  type DurationSnapshot,
  METHODS,
  type MetricsSnapshot,
  mergeSnapshots,
  STATUS_CLASSES,
} from '../lib/metrics/snapshot.ts';

/** What only the main thread knows. */
export interface MainFacts {
  readonly version: string;
  readonly threads: number;
  readonly planVersion: number;
  readonly reloadsOk: number;
  readonly reloadsFailed: number;
  readonly isAttackModeOn: boolean;
  readonly startedAtMs: number;
  /** Null where the database is this gateway's alone. */
  readonly shared: { readonly nodes: number; readonly silentNodes: number; readonly staleS: number } | null;
}

const BUCKETS_S = BUCKETS_MS.map((ms) => ms / 1000);
/** Label of requests that no route was found for: Prometheus takes an empty label for an absent one. */
const NO_API = 'none';

const apiLabel = (api: string): string => api || NO_API;

function writeRequests(text: PrometheusText, apis: readonly ApiSnapshot[]): void {
  text.metric(
    'portcullis_requests_total',
    'counter',
    'Requests that are over, by API, method and status class.',
  );
  for (const { api, requests } of apis) {
    requests.forEach((count, at) => {
      if (count === 0) return;
      const method = METHODS[Math.floor(at / STATUS_CLASSES.length)] as string;
      const status_class = STATUS_CLASSES[at % STATUS_CLASSES.length] as string;
      text.sample('portcullis_requests_total', { api: apiLabel(api), method, status_class }, count);
    });
  }
}

function writeDurations(
  text: PrometheusText,
  name: string,
  help: string,
  apis: readonly ApiSnapshot[],
  of: (api: ApiSnapshot) => DurationSnapshot,
): void {
  text.metric(name, 'histogram', help);
  for (const entry of apis) {
    const { counts, sumMs } = of(entry);
    text.histogram(name, { api: apiLabel(entry.api) }, BUCKETS_S, counts, sumMs / 1000);
  }
}

function writeCounts(text: PrometheusText, total: MetricsSnapshot): void {
  text.metric('portcullis_decisions_total', 'counter', 'Decisions, by stage, reason, effect and mode.');
  for (const { count, stage, reason, effect, mode } of total.decisions) {
    text.sample('portcullis_decisions_total', { stage, reason, effect, mode }, count);
  }
  text.metric(
    'portcullis_waf_matches_total',
    'counter',
    'Requests that rules matched, by category of the rules.',
  );
  for (const { category, matches } of total.rules)
    text.sample('portcullis_waf_matches_total', { category }, matches);
  text.metric('portcullis_waf_blocks_total', 'counter', 'Of these, requests and answers that were blocked.');
  for (const { category, blocks } of total.rules)
    text.sample('portcullis_waf_blocks_total', { category }, blocks);
  text.metric('portcullis_tls_handshakes_total', 'counter', 'TLS handshakes, by version and result.');
  for (const { count, version, result } of total.handshakes) {
    text.sample('portcullis_tls_handshakes_total', { version, result }, count);
  }
}

function one(
  text: PrometheusText,
  name: string,
  type: 'counter' | 'gauge',
  help: string,
  value: number,
): void {
  text.metric(name, type, help);
  text.sample(name, {}, value);
}

function writeMain(text: PrometheusText, total: MetricsSnapshot, facts: MainFacts): void {
  one(text, 'portcullis_connections', 'gauge', 'Open client connections.', total.connections);
  one(text, 'portcullis_journal_records_total', 'counter', 'Journal records written.', total.journalRecords);
  one(text, 'portcullis_journal_dropped_total', 'counter', 'Journal records dropped.', total.journalDropped);
  one(text, 'portcullis_threads', 'gauge', 'Data-plane threads that serve.', facts.threads);
  one(text, 'portcullis_plan_version', 'gauge', 'Version of the configuration in force.', facts.planVersion);
  one(
    text,
    'portcullis_attack_mode',
    'gauge',
    'Whether attack mode is on: 1 or 0.',
    facts.isAttackModeOn ? 1 : 0,
  );
  text.metric('portcullis_reloads_total', 'counter', 'Reloads of the configuration, by result.');
  text.sample('portcullis_reloads_total', { result: 'ok' }, facts.reloadsOk);
  text.sample('portcullis_reloads_total', { result: 'failed' }, facts.reloadsFailed);
  text.metric('portcullis_build_info', 'gauge', 'Always 1; the labels tell the versions.');
  text.sample('portcullis_build_info', { version: facts.version, node: process.version }, 1);
}

function writeShared(text: PrometheusText, { shared }: MainFacts): void {
  if (shared === null) return;
  text.metric('portcullis_nodes', 'gauge', 'Gateways that share the database, by state.');
  text.sample('portcullis_nodes', { state: 'heard' }, shared.nodes - shared.silentNodes);
  text.sample('portcullis_nodes', { state: 'silent' }, shared.silentNodes);
  one(
    text,
    'portcullis_records_stale_seconds',
    'gauge',
    'Since when copies of shared records are not known to be current; API keys are refused from `store.maxStaleS`.',
    shared.staleS,
  );
}

function writeProcess(text: PrometheusText, facts: MainFacts): void {
  const { user, system } = process.cpuUsage();
  one(text, 'process_cpu_seconds_total', 'counter', 'CPU time of the whole process.', (user + system) / 1e6);
  one(
    text,
    'process_resident_memory_bytes',
    'gauge',
    'Memory of the whole process.',
    process.memoryUsage.rss(),
  );
  one(
    text,
    'process_start_time_seconds',
    'gauge',
    'Start of the process, epoch seconds.',
    facts.startedAtMs / 1000,
  );
}

/** Writes what all threads counted as Prometheus text. */
export function aggregate(snapshots: readonly MetricsSnapshot[], facts: MainFacts): string {
  const total = mergeSnapshots(snapshots);
  const text = new PrometheusText();
  writeRequests(text, total.apis);
  writeDurations(
    text,
    'portcullis_request_duration_seconds',
    'From the first byte of a request to the end of its answer.',
    total.apis,
    (api) => api.durations,
  );
  writeDurations(
    text,
    'portcullis_upstream_duration_seconds',
    'From asking the upstream to the end of its answer.',
    total.apis,
    (api) => api.upstream,
  );
  writeCounts(text, total);
  writeMain(text, total, facts);
  writeShared(text, facts);
  writeProcess(text, facts);
  return text.toString();
}

/**
 * Keeps the latest snapshot of each thread and what ended threads had counted.
 *
 * Safety: counters never go back when a thread dies, which Prometheus would take for a restart.
 */
export class MetricsLedger {
  readonly #latest = new Map<number, MetricsSnapshot>();
  #ended: MetricsSnapshot = mergeSnapshots([]);

  /** Takes the snapshot of a thread. `threadId` is the worker's own, which Node never uses twice. */
  put(threadId: number, snapshot: MetricsSnapshot): void {
    this.#latest.set(threadId, snapshot);
  }

  /** The thread is gone: what it counted stays, its connections do not. */
  retire(threadId: number): void {
    const last = this.#latest.get(threadId);
    if (last === undefined) return;
    this.#latest.delete(threadId);
    this.#ended = mergeSnapshots([this.#ended, { ...last, connections: 0 }]);
  }

  /** All that is to be aggregated. */
  snapshots(): MetricsSnapshot[] {
    return [this.#ended, ...this.#latest.values()];
  }
}
