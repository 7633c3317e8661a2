import { expect, test } from 'vitest';
import { BUCKETS_MS, METHODS, mergeSnapshots, STATUS_CLASSES } from './snapshot.ts';
import { ThreadMetrics } from './thread-metrics.ts';

const at = (method: string, statusClass: string) =>
  METHODS.indexOf(method) * STATUS_CLASSES.length + STATUS_CLASSES.indexOf(statusClass);

test.each([
  ['GET', 200, 'GET', '2xx'],
  ['PATCH', 599, 'PATCH', '5xx'],
  ['HEAD', 101, 'HEAD', '1xx'],
  ['get', 404, 'OTHER', '4xx'],
  ['PROPFIND', 301, 'OTHER', '3xx'],
  ['constructor', 200, 'OTHER', '2xx'],
  ['GET', 0, 'GET', 'none'],
  ['GET', 999, 'GET', 'none'],
  ['GET', Number.NaN, 'GET', 'none'],
])('counts %s %d as %s %s', (method, status, asMethod, asClass) => {
  const metrics = new ThreadMetrics();
  metrics.countRequest('orders', method, status, 1, -1);
  const { requests } = metrics.takeSnapshot().apis[0]!;
  expect(requests[at(asMethod, asClass)]).toBe(1);
  expect(requests.reduce((sum, count) => sum + count, 0)).toBe(1);
});

test.each([
  [0, 0],
  [0.5, 0],
  [0.51, 1],
  [30_000, BUCKETS_MS.length - 1],
  [30_001, BUCKETS_MS.length],
])('puts %d ms into bucket %i', (ms, bucket) => {
  const metrics = new ThreadMetrics();
  metrics.countRequest('orders', 'GET', 200, ms, -1);
  expect(metrics.takeSnapshot().apis[0]!.durations.counts.indexOf(1)).toBe(bucket);
});

test('times the upstream only where one was asked', () => {
  const metrics = new ThreadMetrics();
  metrics.countRequest('orders', 'GET', 401, 1, -1);
  metrics.countRequest('orders', 'GET', 200, 5, 4);
  const { upstream } = metrics.takeSnapshot().apis[0]!;
  expect(upstream.counts.reduce((sum, count) => sum + count, 0)).toBe(1);
  expect(upstream.sumMs).toBe(4);
});

test('tells decisions apart by stage, reason, effect and mode', () => {
  const metrics = new ThreadMetrics();
  metrics.countDecision('access', 'access.denied', 'deny', 'enforce');
  metrics.countDecision('access', 'access.denied', 'deny', 'observe');
  metrics.countDecision('access', 'access.denied', 'deny', 'observe');
  metrics.countDecision('cors', 'cors.preflight', 'answer', 'enforce');
  expect(metrics.takeSnapshot().decisions).toEqual([
    { stage: 'access', reason: 'access.denied', effect: 'deny', mode: 'enforce', count: 1 },
    { stage: 'access', reason: 'access.denied', effect: 'deny', mode: 'observe', count: 2 },
    { stage: 'cors', reason: 'cors.preflight', effect: 'answer', mode: 'enforce', count: 1 },
  ]);
});

test('stays bounded when names are not: nobody can fill the memory with labels', () => {
  const metrics = new ThreadMetrics();
  for (let i = 0; i < 10_000; i++) metrics.countHandshake(`v${i}`, 'failed');
  const { handshakes } = metrics.takeSnapshot();
  expect(handshakes.length).toBeLessThanOrEqual(65);
  expect(handshakes.reduce((sum, entry) => sum + entry.count, 0)).toBe(10_000);
});

test('adds up several threads, and a snapshot survives the way between threads', () => {
  const one = new ThreadMetrics();
  const two = new ThreadMetrics();
  for (const metrics of [one, two]) {
    metrics.countRequest('orders', 'GET', 200, 3, 2);
    metrics.countDecision('cors', 'cors.origin', 'deny', 'enforce');
    metrics.countHandshake('TLSv1.3', 'ok');
    metrics.connections = 4;
    metrics.journalRecords = 5;
  }
  two.countRequest('hooks', 'POST', 500, 3, 2);
  const total = mergeSnapshots([structuredClone(one.takeSnapshot()), structuredClone(two.takeSnapshot())]);
  expect(
    total.apis.map((entry) => [entry.api, entry.requests[at('GET', '2xx')], entry.durations.sumMs]),
  ).toEqual([
    ['orders', 2, 6],
    ['hooks', 0, 3],
  ]);
  expect(total.decisions).toMatchObject([{ count: 2 }]);
  expect(total.handshakes).toEqual([{ version: 'TLSv1.3', result: 'ok', count: 2 }]);
  expect([total.connections, total.journalRecords]).toEqual([8, 10]);
});
