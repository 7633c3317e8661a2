import type { ResultOf } from '../control/operations.ts';
import type { Terminal } from './terminal.ts';
import { printable, table } from './terminal.ts';

type Shown = ResultOf<'getKey'>;
type Radius = Shown['activity'];
type KindValues = Radius['endpoints'];

const MOST_LINES = 20;

/** A duration that so many requests took at most. */
export function atMost(ms: number | null, requests: number): string {
  if (requests === 0) return '-';
  return ms === null ? '> 10 s' : `≤ ${ms} ms`;
}

/** How much a key was used, in a sentence. */
export function usageSentence({ usage }: Pick<Shown, 'usage'>): string {
  const { requests, errors, errorRate, meanMs, p50Ms, p95Ms, p99Ms, lastUsedAt } = usage;
  if (requests === 0) return 'Never used.';
  const share = (100 * errorRate).toFixed(1);
  const times = `mean ${meanMs.toFixed(1)} ms, p50 ${atMost(p50Ms, 1)}, p95 ${atMost(p95Ms, 1)}, p99 ${atMost(p99Ms, 1)}`;
  return `${requests} requests, ${errors} of them errors (${share} %), ${times}; last used ${lastUsedAt}.`;
}

function kindLines(title: string, { values, beyond }: KindValues, terminal: Terminal): string[] {
  if (values.length === 0 && beyond === null) return [];
  const rows = values
    .slice(0, MOST_LINES)
    .map(({ value, requests, firstUse, lastUse, isNew }) => [
      `  ${printable(value)}`,
      `${requests} requests`,
      `${firstUse} to ${lastUse}`,
      isNew === true ? 'NEW' : '',
    ]);
  const lines = table(rows).map((line) => (line.endsWith('NEW') ? terminal.paint('red', line) : line));
  const hidden = values.length - rows.length;
  if (hidden > 0) lines.push(`  … and ${hidden} more; --json shows all`);
  if (beyond !== null) lines.push(`  and ${beyond.requests} requests of values beyond those that are kept`);
  return [terminal.paint('bold', title), ...lines];
}

/** Where a key was used, as lines. */
export function radiusLines(radius: Radius, terminal: Terminal): string[] {
  return [
    ...kindLines('Endpoints', radius.endpoints, terminal),
    ...kindLines('Methods', radius.methods, terminal),
    ...kindLines('Statuses', radius.statuses, terminal),
    ...kindLines('Countries', radius.countries, terminal),
    ...kindLines('Addresses', radius.addresses, terminal),
  ];
}
