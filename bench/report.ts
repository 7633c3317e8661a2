import type { Comparison } from './comparisons.ts';
import type { CpuLayout } from './cpu-layout.ts';
import type { Latency } from './latency.ts';
import { limitTables } from './limit-tables.ts';
import type { LimitMeasurements } from './limits.ts';
import type { Machine } from './machine.ts';
import { number, range, table } from './markdown-table.ts';
import {
  comparisonTable,
  costTable,
  largeTable,
  latencyTable,
  throughputTable,
} from './measurement-tables.ts';
import type { BenchOptions } from './options.ts';
import type { Cell } from './rounds.ts';
import type { StageLoop } from './stage-loop.ts';
import { type Spread, spreadOf } from './statistics.ts';
import type { Throughput } from './throughput.ts';
import type { TokenLoop } from './token-loop.ts';

/** Everything a run found out. */
export interface BenchReport {
  /** RFC 3339. */
  readonly startedAt: string;
  readonly commit: string;
  readonly options: BenchOptions;
  readonly machine: Machine;
  readonly cpus: CpuLayout;
  /** What each subject writes per request. */
  readonly logging: Readonly<Record<string, string>>;
  readonly tls: Readonly<Record<string, string>>;
  /** What could not be measured, in sentences. */
  readonly skipped: readonly string[];
  readonly cells: readonly Cell[];
  readonly latencies: readonly Latency[];
  readonly comparisons: readonly Comparison[];
  readonly throughput: readonly Throughput[];
  readonly stageLoop: StageLoop | null;
  readonly tokenLoop: TokenLoop | null;
  readonly limits: LimitMeasurements | null;
}

/** The report as JSON that scripts can compare. */
export function toJson(report: BenchReport): string {
  const cells = report.cells.map(({ kind, scenario, scheme, samples, failure }) => ({
    subject: kind.id,
    scenario: scenario.id,
    scheme,
    cpuUsPerRequest: samples.length === 0 ? null : spreadOf(samples.map(({ cpuUs }) => cpuUs)),
    ...(failure === '' ? {} : { failure }),
    samples,
  }));
  const latencies = report.latencies.map(({ kind, samples, failure }) => ({
    subject: kind.id,
    p99Us: samples.length === 0 ? null : spreadOf(samples.map(({ p99Us }) => p99Us)),
    ...(failure === '' ? {} : { failure }),
    samples,
  }));
  return `${JSON.stringify({ ...report, cells, latencies }, null, 2)}\n`;
}

/** The report as Markdown, which is also what the terminal shows. */
export function toMarkdown(report: BenchReport): string {
  const parts = [
    heading(report),
    costTable(report.cells),
    largeTable(report.cells),
    latencyTable(report.latencies),
    comparisonTable(report.comparisons),
    throughputTable(report.throughput),
    stageLoop(report),
    tokenLoop(report),
    report.limits === null ? '' : limitTables(report.limits),
    notes(report),
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

function heading({ startedAt, commit, options, machine, cpus }: BenchReport): string {
  const { cpu, cores, memoryGiB, system, kernel, node, nodeOpenssl, nginx, haproxy, openssl, wrk, load } =
    machine;
  const layout =
    cpus.subject === ''
      ? 'one CPU for all'
      : `subjects on CPU ${cpus.subject}, load and upstream on ${cpus.load}`;
  return `# Bench ${startedAt.slice(0, 10)}, ${commit}

${options.rounds} rounds of ${options.seconds} s per run, interleaved; ${layout}; load average before: ${load}.

| | |
|---|---|
| CPU | ${cpu}, ${cores} cores, ${memoryGiB} GiB |
| System | ${system}, Linux ${kernel} |
| Node | ${node} (OpenSSL ${nodeOpenssl}) |
| Beside it | nginx ${nginx}, HAProxy ${haproxy}, OpenSSL ${openssl}, wrk ${wrk} |`;
}

function stageLoop({ stageLoop: found }: BenchReport): string {
  return found === null
    ? ''
    : `## Stage loop\n\n${Math.round(found.nsPerRequest)} ns per request for ${found.checks} checks: ${found.what}.`;
}

function tokenLoop({ tokenLoop: found }: BenchReport): string {
  if (found === null) return '';
  const row = (what: string, us: Spread, ratio: Spread | null) => [
    what,
    `${number(us.median)} µs`,
    range(us),
    ratio === null ? '' : `${number(ratio.median)} (${range(ratio)})`,
  ];
  return table(
    'Token check, without connections',
    ['RS256 token', 'median', 'range', 'to jose'],
    [
      row('repeated, `replay: bound`', found.repeatedUs, found.repeatedToJose),
      row('new, `replay: bound`', found.newUs, found.newToJose),
      row('new, `jwtVerify` of jose', found.joseUs, null),
      row('new, its RSA verification alone', found.rsaUs, null),
    ],
  );
}

function notes({ logging, tls, skipped, latencies }: BenchReport): string {
  const lines = [
    ...skipped.map((sentence) => `- Not measured: ${sentence}`),
    ...latencies
      .filter(({ samples }) => samples.some(({ isLowered }) => isLowered))
      .map(({ kind, samples }) => {
        const lowered = samples.filter(({ isLowered }) => isLowered).length;
        return `- ${kind.title}: in ${lowered} of ${samples.length} rounds the load generator could not hold half of the maximum; the latency is that of the lower rate asked for.`;
      }),
    ...Object.entries(logging).map(([subject, what]) => `- ${subject} writes ${what}.`),
    ...Object.entries(tls).map(
      ([subject, what]) => `- ${subject} over HTTPS: ${what}, ECDSA P-256, keep-alive.`,
    ),
  ];
  return `## Notes\n\n${lines.join('\n')}`;
}
