import type { Latency } from './latency.ts';
import type { Cell } from './rounds.ts';
import { SCHEMES, type ScenarioId, type Scheme } from './scenarios.ts';
import { type Spread, spreadOf } from './statistics.ts';

type Side = readonly [subject: string, scenario: ScenarioId];
/** CPU time per request, bytes per CPU second, or 99th percentile of latency. */
type Quantity = 'cpuUs' | 'bytesPerCpuS' | 'p99Us';

interface ComparisonRow {
  readonly label: string;
  readonly quantity: Quantity;
  readonly kind: 'ratio' | 'added';
  readonly left: Side;
  readonly right: Side;
  /** What the issue asks for: at least that many bytes per CPU second, at most that much of anything else. */
  readonly target?: Readonly<Partial<Record<Scheme, number>>>;
  /** What the product is after, at most. */
  readonly goal?: number;
}

/** Everything the bench concludes, and what it is held against. */
const COMPARISONS: readonly ComparisonRow[] = [
  cpu('plain: gateway / nginx', 'plain', ['nginx', 'plain'], { http: 1.6, https: 1.4 }, 1.3),
  cpu('plain: gateway / nginx without log', 'plain', ['nginx-nolog', 'plain']),
  cpu('plain: gateway / HAProxy', 'plain', ['haproxy', 'plain']),
  cpu('plain: gateway / HAProxy without log', 'plain', ['haproxy-nolog', 'plain']),
  cpu('limited by address: gateway / nginx with limit_req', 'limited', ['nginx-limit', 'limited']),
  cpu('key + tier limit + CORS: gateway / nginx plain', 'key', ['nginx', 'plain'], { http: 2, https: 2 }),
  cpu('POST 1 KiB, validated: gateway / nginx', 'json', ['nginx', 'json']),
  cpu('POST 1 KiB, validated: gateway / HAProxy', 'json', ['haproxy', 'json']),
  bytes('1 MiB, bytes per CPU second: gateway / nginx', 'nginx', { http: 0.7, https: 0.7 }),
  bytes('1 MiB, bytes per CPU second: gateway / HAProxy', 'haproxy'),
  p99('p99 at half of the own maximum: gateway / nginx', 'nginx', { http: 3 }),
  p99('p99 at half of the own maximum: gateway / HAProxy', 'haproxy'),
  cpu('repeated JWT: gateway / HAProxy with jwt_verify', 'jwt', ['haproxy-jwt', 'jwt']),
  cpu('new JWT: gateway / HAProxy with jwt_verify', 'jwt-new', ['haproxy-jwt', 'jwt-new']),
  added('limit by address adds', 'limited'),
  added('key + tier limit + CORS adds', 'key'),
  added('repeated JWT adds', 'jwt', 10),
  added('new JWT adds', 'jwt-new'),
];

/** What the comparisons are taken from. */
interface Measured {
  readonly cells: readonly Cell[];
  readonly latencies: readonly Latency[];
}

export interface Comparison {
  readonly label: string;
  readonly scheme: Scheme;
  readonly unit: '×' | 'µs';
  readonly value: Spread;
  readonly target: number | null;
  /** Whether the target is the least and not the most. */
  readonly isLeast: boolean;
  readonly goal: number | null;
}

/** Compares round by round, so that both sides saw the same machine; leaves out what was not measured. */
export function compare(measured: Measured): Comparison[] {
  return SCHEMES.flatMap((scheme) => COMPARISONS.flatMap((row) => compareRow(row, scheme, measured)));
}

function compareRow(row: ComparisonRow, scheme: Scheme, measured: Measured): Comparison[] {
  const { label, kind, quantity } = row;
  const left = valuesOf(measured, row.left, scheme, quantity);
  const right = valuesOf(measured, row.right, scheme, quantity);
  const pairs = left.slice(0, right.length).map((value, round) => [value, right[round]!] as const);
  if (pairs.length === 0) return [];
  const value = spreadOf(pairs.map(([one, other]) => (kind === 'ratio' ? one / other : one - other)));
  const unit = kind === 'ratio' ? '×' : 'µs';
  const isLeast = quantity === 'bytesPerCpuS';
  return [
    { label, scheme, unit, value, target: row.target?.[scheme] ?? null, isLeast, goal: row.goal ?? null },
  ];
}

/** What one side came to in each round; nothing where it failed or does not apply. */
function valuesOf(
  { cells, latencies }: Measured,
  [subject, scenario]: Side,
  scheme: Scheme,
  quantity: Quantity,
): number[] {
  if (quantity === 'p99Us') {
    const latency = latencies.find(({ kind, failure }) => kind.id === subject && failure === '');
    return scheme === 'http' ? (latency?.samples.map(({ p99Us }) => p99Us) ?? []) : [];
  }
  const cell = cells.find(
    (one) =>
      one.kind.id === subject && one.scenario.id === scenario && one.scheme === scheme && one.failure === '',
  );
  return cell?.samples.map((sample) => sample[quantity]) ?? [];
}

function cpu(
  label: string,
  scenario: ScenarioId,
  right: Side,
  target?: Record<Scheme, number>,
  goal?: number,
): ComparisonRow {
  return { label, quantity: 'cpuUs', kind: 'ratio', left: ['gateway', scenario], right, target, goal };
}

function bytes(label: string, other: string, target?: Record<Scheme, number>): ComparisonRow {
  const sides = { left: ['gateway', 'large'], right: [other, 'large'] } as const;
  return { label, quantity: 'bytesPerCpuS', kind: 'ratio', ...sides, target };
}

function p99(label: string, other: string, target?: { readonly http: number }): ComparisonRow {
  const sides = { left: ['gateway', 'plain'], right: [other, 'plain'] } as const;
  return { label, quantity: 'p99Us', kind: 'ratio', ...sides, target };
}

function added(label: string, scenario: ScenarioId, target?: number): ComparisonRow {
  const both = target === undefined ? undefined : { http: target, https: target };
  const sides = { left: ['gateway', scenario], right: ['gateway', 'plain'] } as const;
  return { label, quantity: 'cpuUs', kind: 'added', ...sides, target: both };
}
