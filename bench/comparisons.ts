import type { Cell } from './rounds.ts';
import { SCHEMES, type ScenarioId, type Scheme } from './scenarios.ts';
import { type Spread, spreadOf } from './statistics.ts';

type Side = readonly [subject: string, scenario: ScenarioId];

interface ComparisonRow {
  readonly label: string;
  readonly kind: 'ratio' | 'added';
  readonly left: Side;
  readonly right: Side;
  /** What the issue asks for, at most. */
  readonly target?: Readonly<Record<Scheme, number>>;
  /** What the product is after, at most. */
  readonly goal?: number;
}

/** Everything the bench concludes, and what it is held against. */
const COMPARISONS: readonly ComparisonRow[] = [
  ratio('plain: gateway / nginx', 'plain', 'nginx', { http: 5, https: 3 }, 1.3),
  ratio('plain: gateway / nginx without log', 'plain', 'nginx-nolog'),
  ratio('plain: gateway / HAProxy', 'plain', 'haproxy'),
  ratio('plain: gateway / HAProxy without log', 'plain', 'haproxy-nolog'),
  ratio('POST 1 KiB, validated: gateway / nginx', 'json', 'nginx'),
  ratio('POST 1 KiB, validated: gateway / HAProxy', 'json', 'haproxy'),
  added('key + tier limit + CORS adds', 'key', 15),
  added('repeated JWT adds', 'jwt', 10),
  added('new JWT adds', 'jwt-new'),
];

export interface Comparison {
  readonly label: string;
  readonly scheme: Scheme;
  readonly unit: '×' | 'µs';
  readonly value: Spread;
  readonly target: number | null;
  readonly goal: number | null;
}

/** Compares cells round by round, so that both sides saw the same machine; leaves out what was not measured. */
export function compare(cells: readonly Cell[]): Comparison[] {
  return SCHEMES.flatMap((scheme) => COMPARISONS.flatMap((row) => compareRow(row, scheme, cells)));
}

function compareRow(
  { label, kind, left, right, ...limits }: ComparisonRow,
  scheme: Scheme,
  cells: readonly Cell[],
): Comparison[] {
  const [leftUs, rightUs] = [left, right].map((side) => cpuOf(cells, side, scheme)) as [number[], number[]];
  const pairs = leftUs.slice(0, rightUs.length).map((value, round) => [value, rightUs[round]!] as const);
  if (pairs.length === 0) return [];
  const value = spreadOf(pairs.map(([one, other]) => (kind === 'ratio' ? one / other : one - other)));
  const unit = kind === 'ratio' ? '×' : 'µs';
  return [{ label, scheme, unit, value, target: limits.target?.[scheme] ?? null, goal: limits.goal ?? null }];
}

function cpuOf(cells: readonly Cell[], [subject, scenario]: Side, scheme: Scheme): number[] {
  const cell = cells.find(
    (one) =>
      one.kind.id === subject && one.scenario.id === scenario && one.scheme === scheme && one.failure === '',
  );
  return cell?.samples.map(({ cpuUs }) => cpuUs) ?? [];
}

function ratio(
  label: string,
  scenario: ScenarioId,
  other: string,
  target?: Record<Scheme, number>,
  goal?: number,
): ComparisonRow {
  return { label, kind: 'ratio', left: ['gateway', scenario], right: [other, scenario], target, goal };
}

function added(label: string, scenario: ScenarioId, target?: number): ComparisonRow {
  const both = target === undefined ? undefined : { http: target, https: target };
  return { label, kind: 'added', left: ['gateway', scenario], right: ['gateway', 'plain'], target: both };
}
