import type { Comparison } from './comparisons.ts';
import type { CpuLayout } from './cpu-layout.ts';
import type { Machine } from './machine.ts';
import type { BenchOptions } from './options.ts';
import type { Cell } from './rounds.ts';
import type { StageLoop } from './stage-loop.ts';
import { type Spread, spreadOf } from './statistics.ts';
import type { Throughput } from './throughput.ts';

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
  readonly comparisons: readonly Comparison[];
  readonly throughput: readonly Throughput[];
  readonly stageLoop: StageLoop | null;
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
  return `${JSON.stringify({ ...report, cells }, null, 2)}\n`;
}

/** The report as Markdown, which is also what the terminal shows. */
export function toMarkdown(report: BenchReport): string {
  return `${[
    heading(report),
    costs(report),
    comparisons(report),
    throughput(report),
    stageLoop(report),
    notes(report),
  ]
    .filter((part) => part !== '')
    .join('\n\n')}\n`;
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

function costs({ cells }: BenchReport): string {
  const rows = cells
    .filter(({ samples, failure }) => samples.length > 0 && failure === '')
    .map(({ kind, scenario, scheme, samples }) => {
      const cpu = spreadOf(samples.map(({ cpuUs }) => cpuUs));
      const rate = spreadOf(samples.map(({ perSecond }) => perSecond)).median;
      const perSecond = rate === 0 ? '–' : Math.round(rate).toString();
      return `| ${scenario.title} | ${scheme} | ${kind.title} | ${number(cpu.median)} | ${range(cpu)} | ${perSecond} |`;
    });
  return table(
    'CPU time per request',
    ['scenario', 'scheme', 'subject', 'µs, median', 'spread', 'req/s'],
    rows,
  );
}

function comparisons({ comparisons: found }: BenchReport): string {
  const rows = found.map(({ label, scheme, unit, value, target, goal }) => {
    const limit = target === null ? '' : `≤ ${target} ${unit}`;
    const verdict = target === null ? '' : value.median <= target ? 'met' : 'MISSED';
    const after = goal === null ? '' : `≤ ${goal} ${unit}`;
    return `| ${label} | ${scheme} | ${number(value.median)} ${unit} | ${range(value)} | ${limit} | ${verdict} | ${after} |`;
  });
  const head = ['', 'scheme', 'median', 'spread', 'target', '', 'product goal'];
  return rows.length === 0 ? '' : table('Compared round by round', head, rows);
}

function throughput({ throughput: found }: BenchReport): string {
  const rows = found.map(
    ({ subject, threads, scheme, perSecond }) =>
      `| ${subject} | ${threads} | ${scheme} | ${Math.round(perSecond.median)} | ${Math.round(perSecond.least)}–${Math.round(perSecond.most)} |`,
  );
  const title = 'Requests per second, GET plain (load and upstream share the CPUs)';
  return rows.length === 0
    ? ''
    : table(title, ['subject', 'threads', 'scheme', 'req/s, median', 'spread'], rows);
}

function stageLoop({ stageLoop: found }: BenchReport): string {
  return found === null
    ? ''
    : `## Stage loop\n\n${Math.round(found.nsPerRequest)} ns per request for ${found.checks} checks: ${found.what}.`;
}

function notes({ logging, tls, skipped }: BenchReport): string {
  const lines = [
    ...skipped.map((sentence) => `- Not measured: ${sentence}`),
    ...Object.entries(logging).map(([subject, what]) => `- ${subject} writes ${what}.`),
    ...Object.entries(tls).map(
      ([subject, what]) => `- ${subject} over HTTPS: ${what}, ECDSA P-256, keep-alive.`,
    ),
  ];
  return `## Notes\n\n${lines.join('\n')}`;
}

function table(title: string, head: readonly string[], rows: readonly string[]): string {
  const rule = head.map(() => '---').join('|');
  return [`## ${title}`, '', `| ${head.join(' | ')} |`, `|${rule}|`, ...rows].join('\n');
}

function range({ least, most }: Spread): string {
  return `${number(least)}–${number(most)}`;
}

function number(value: number): string {
  return value.toFixed(Math.abs(value) < 10 ? 2 : 1);
}
