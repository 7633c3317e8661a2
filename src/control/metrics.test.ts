import { expect, test } from 'vitest';
import { ThreadMetrics } from '../lib/metrics/thread-metrics.ts';
import { aggregate, MetricsLedger } from './metrics.ts';

const facts = {
  version: '1.2.3',
  threads: 2,
  planVersion: 7,
  reloadsOk: 3,
  reloadsFailed: 1,
  isAttackModeOn: true,
  shared: null,
  startedAtMs: 1_700_000_000_000,
};

function sample() {
  const metrics = new ThreadMetrics();
  metrics.countRequest('orders', 'GET', 200, 3, 2);
  metrics.countRequest('', 'BREW', 404, 40_000, -1);
  metrics.countDecision('authentication', 'authn.missing', 'deny', 'enforce');
  metrics.countHandshake('TLSv1.3', 'ok');
  metrics.connections = 9;
  metrics.journalRecords = 2;
  return metrics;
}

test('names everything as the design says', () => {
  const lines = aggregate([sample().takeSnapshot()], facts).split('\n');
  for (const line of [
    'portcullis_requests_total{api="orders",method="GET",status_class="2xx"} 1',
    'portcullis_requests_total{api="none",method="OTHER",status_class="4xx"} 1',
    'portcullis_request_duration_seconds_bucket{api="orders",le="0.0025"} 0',
    'portcullis_request_duration_seconds_bucket{api="orders",le="0.005"} 1',
    'portcullis_request_duration_seconds_bucket{api="none",le="30"} 0',
    'portcullis_request_duration_seconds_bucket{api="none",le="+Inf"} 1',
    'portcullis_request_duration_seconds_sum{api="none"} 40',
    'portcullis_upstream_duration_seconds_count{api="orders"} 1',
    'portcullis_upstream_duration_seconds_count{api="none"} 0',
    'portcullis_decisions_total{stage="authentication",reason="authn.missing",effect="deny",mode="enforce"} 1',
    'portcullis_tls_handshakes_total{version="TLSv1.3",result="ok"} 1',
    'portcullis_connections 9',
    'portcullis_journal_records_total 2',
    'portcullis_journal_dropped_total 0',
    'portcullis_threads 2',
    'portcullis_plan_version 7',
    'portcullis_attack_mode 1',
    'portcullis_reloads_total{result="ok"} 3',
    'portcullis_reloads_total{result="failed"} 1',
  ]) {
    expect(lines).toContain(line);
  }
});

test('is Prometheus text: each metric once, with help and type before its samples, no sample twice', () => {
  const lines = aggregate([sample().takeSnapshot()], facts).trimEnd().split('\n');
  let family = '';
  const families = new Set<string>();
  const samples = new Set<string>();
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i] as string;
    const help = /^# HELP ([a-z_]+) \S.*$/.exec(line);
    if (help !== null) {
      family = help[1] as string;
      expect(families.has(family)).toBe(false);
      families.add(family);
      expect(lines[++i]).toMatch(new RegExp(`^# TYPE ${family} (counter|gauge|histogram)$`));
      continue;
    }
    const found = /^([a-z_]+)(\{(?:[a-z_]+="(?:[^"\\\n]|\\["\\n])*",?)*\})? (-?[0-9.e+-]+)$/.exec(line);
    expect(found, line).not.toBeNull();
    expect((found as RegExpExecArray)[1]?.replace(/_(bucket|sum|count)$/, '')).toBe(
      family.replace(/_count$/, ''),
    );
    const identity = line.slice(0, line.lastIndexOf(' '));
    expect(samples.has(identity)).toBe(false);
    samples.add(identity);
  }
});

test('escapes labels', () => {
  const metrics = new ThreadMetrics();
  metrics.countRequest('a"b\\c\nd', 'GET', 200, 1, -1);
  expect(aggregate([metrics.takeSnapshot()], facts)).toContain(
    'portcullis_requests_total{api="a\\"b\\\\c\\nd",method="GET",status_class="2xx"} 1',
  );
});

test('counters do not go back when a thread dies, its connections do', () => {
  const ledger = new MetricsLedger();
  ledger.put(1, sample().takeSnapshot());
  ledger.put(2, sample().takeSnapshot());
  ledger.put(2, sample().takeSnapshot());
  ledger.retire(1);
  ledger.retire(1);
  ledger.retire(5);
  ledger.put(3, sample().takeSnapshot());
  const text = aggregate(ledger.snapshots(), facts);
  expect(text).toContain('portcullis_requests_total{api="orders",method="GET",status_class="2xx"} 3\n');
  expect(text).toContain('portcullis_connections 18\n');
});

test('is well-formed before anything was counted', () => {
  expect(aggregate([], facts)).toContain('portcullis_connections 0\n');
});

test('gateways on one database are counted by state', () => {
  const text = aggregate([], { ...facts, shared: { nodes: 3, silentNodes: 1, staleS: 0.5 } });
  expect(text).toContain('portcullis_nodes{state="heard"} 2\nportcullis_nodes{state="silent"} 1\n');
  expect(text).toContain('portcullis_records_stale_seconds 0.5\n');
  expect(aggregate([], facts)).not.toContain('portcullis_nodes');
});
