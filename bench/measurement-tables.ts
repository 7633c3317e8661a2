import type { Comparison } from './comparisons.ts';
import type { Latency } from './latency.ts';
import { number, range, table } from './markdown-table.ts';
import type { Cell } from './rounds.ts';
import { spreadOf } from './statistics.ts';
import type { Throughput } from './throughput.ts';

const MIB = 1024 ** 2;

export function costTable(cells: readonly Cell[]): string {
  const rows = measured(cells).map(({ kind, scenario, scheme, samples }) => {
    const cpu = spreadOf(samples.map(({ cpuUs }) => cpuUs));
    const user = medianOf(samples.map(({ userUs }) => userUs));
    const system = medianOf(samples.map(({ systemUs }) => systemUs));
    const rate = medianOf(samples.map(({ perSecond }) => perSecond));
    const perSecond = rate === 0 ? '–' : number(Math.round(rate));
    return [
      ...[scenario.title, scheme, kind.title, number(cpu.median), range(cpu)],
      ...[number(user), number(system), perSecond],
    ];
  });
  const head = ['scenario', 'scheme', 'subject', 'µs, median', 'spread', 'user', 'kernel', 'req/s'];
  return table('CPU time per request', head, rows);
}

export function largeTable(cells: readonly Cell[]): string {
  const large = measured(cells).filter(({ scenario }) => scenario.id === 'large');
  const rows = large.map(({ kind, scenario, scheme, samples }) => {
    const perCpuS = spreadOf(samples.map(({ bytesPerCpuS }) => bytesPerCpuS / MIB));
    const perSecond = medianOf(samples.map((sample) => (sample.perSecond * scenario.answerBytes) / MIB));
    return [scheme, kind.title, number(perCpuS.median), range(perCpuS), number(perSecond)];
  });
  const head = ['scheme', 'subject', 'MiB per CPU second, median', 'spread', 'MiB/s'];
  return table('GET 1 MiB', head, rows);
}

export function latencyTable(latencies: readonly Latency[]): string {
  const good = latencies.filter(({ samples, failure }) => samples.length > 0 && failure === '');
  const rows = good.map(({ kind, samples }) => {
    const [most, rate, achieved] = [
      medianOf(samples.map(({ mostPerSecond }) => mostPerSecond)),
      medianOf(samples.map(({ perSecond }) => perSecond)),
      medianOf(samples.map(({ achievedPerSecond }) => achievedPerSecond)),
    ].map((perSecond) => Math.round(perSecond).toString()) as [string, string, string];
    const p50 = spreadOf(samples.map(({ p50Us }) => p50Us));
    const p99 = spreadOf(samples.map(({ p99Us }) => p99Us));
    const spare = medianOf(samples.map((sample) => sample.spare * 100));
    const stalled = medianOf(samples.map((sample) => sample.stalled * 100));
    return [
      ...[kind.title, most, rate, achieved, number(p50.median), range(p50), number(p99.median), range(p99)],
      ...[`${number(spare)} %`, `${number(stalled)} %`],
    ];
  });
  const head = [
    ...['subject', 'maximum/s', 'asked for/s', 'answered/s', 'p50 µs', 'spread', 'p99 µs', 'spread'],
    ...['generator idle', 'generator stalled'],
  ];
  return table('Latency at half of the own maximum, GET plain over HTTP', head, rows);
}

export function comparisonTable(comparisons: readonly Comparison[]): string {
  const rows = comparisons.map(({ label, scheme, unit, value, target, isLeast, goal }) => {
    const limit = target === null ? '' : `${isLeast ? '≥' : '≤'} ${target} ${unit}`;
    const isMet = target !== null && (isLeast ? value.median >= target : value.median <= target);
    const verdict = target === null ? '' : isMet ? 'met' : 'MISSED';
    const after = goal === null ? '' : `≤ ${goal} ${unit}`;
    return [label, scheme, `${number(value.median)} ${unit}`, range(value), limit, verdict, after];
  });
  const head = ['', 'scheme', 'median', 'spread', 'target', '', 'product goal'];
  return table('Compared round by round', head, rows);
}

export function throughputTable(throughput: readonly Throughput[]): string {
  const rows = throughput.map(({ subject, threads, scheme, perSecond: { median, least, most } }) => [
    ...[subject, threads.toString(), scheme, Math.round(median).toString()],
    `${Math.round(least)}–${Math.round(most)}`,
  ]);
  const title = 'Requests per second, GET plain (load and upstream share the CPUs)';
  return table(title, ['subject', 'threads', 'scheme', 'req/s, median', 'spread'], rows);
}

function measured(cells: readonly Cell[]): readonly Cell[] {
  return cells.filter(({ samples, failure }) => samples.length > 0 && failure === '');
}

function medianOf(values: readonly number[]): number {
  return spreadOf(values).median;
}
