import type { Score } from './score.ts';

/** What drove a decision, as the kinds of abuse that it speaks of. */
const DRIVER_NAMES: Readonly<Record<string, string>> = {
  requests: 'throttled for its rate (spike, slow climb)',
  paths: 'throttled for paths (scraping)',
  refusedCredentials: 'throttled for refused credentials (stuffing)',
  'review: newCountries': 'flagged for a new country',
};

const percent = (part: number, whole: number): string =>
  whole === 0 ? '-' : `${((100 * part) / whole).toFixed(0)} %`;
const row = (...cells: (string | number)[]): string => `| ${cells.join(' | ')} |`;
const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);

/** Precision and recall of several runs together, as Markdown. */
export function reportOf(scores: readonly Score[]): string {
  return [recallTable(scores), precisionTable(scores), legitimateTable(scores), falseAlarms(scores)].join(
    '\n\n',
  );
}

function recallTable(scores: readonly Score[]): string {
  const kinds = scores[0]?.kinds.map(({ kind }) => kind) ?? [];
  const lines = kinds.map((kind) => {
    const ofKind = scores.flatMap((score) => score.kinds.filter((one) => one.kind === kind));
    const [episodes, found] = [sum(ofKind.map((one) => one.episodes)), sum(ofKind.map((one) => one.found))];
    const delays = ofKind.map(({ delay }) => delay).sort((a, b) => a - b);
    return row(kind, episodes, found, percent(found, episodes), delays[delays.length >> 1] ?? 0);
  });
  const all = scores.flatMap(({ kinds: each }) => each);
  const [episodes, found] = [sum(all.map((one) => one.episodes)), sum(all.map((one) => one.found))];
  return [
    row('Abuse', 'Episodes', 'Found', 'Recall', 'Minutes until found (median)'),
    '|---|--:|--:|--:|--:|',
    ...lines,
    row('**all**', episodes, found, `**${percent(found, episodes)}**`, ''),
  ].join('\n');
}

function precisionTable(scores: readonly Score[]): string {
  const drivers = [...new Set(scores.flatMap(({ byDriver }) => [...byDriver.keys()]))].sort();
  const tally = (driver: string) => {
    const each = scores.flatMap(({ byDriver }) => byDriver.get(driver) ?? []);
    return { right: sum(each.map((one) => one.right)), all: sum(each.map((one) => one.all)) };
  };
  const tallies = drivers.map(tally);
  const [right, all] = [sum(tallies.map((one) => one.right)), sum(tallies.map((one) => one.all))];
  return [
    row('Decision', 'Made', 'Right', 'Precision'),
    '|---|--:|--:|--:|',
    ...drivers.map((driver, i) => {
      const one = tallies[i] ?? { right: 0, all: 0 };
      return row(DRIVER_NAMES[driver] ?? driver, one.all, one.right, percent(one.right, one.all));
    }),
    row('**all**', all, right, `**${percent(right, all)}**`),
  ].join('\n');
}

function legitimateTable(scores: readonly Score[]): string {
  const kinds = [...new Set(scores.flatMap(({ legitimate }) => [...legitimate.keys()]))];
  return [
    row('Legitimate event', 'Events', 'With a wrong decision'),
    '|---|--:|--:|',
    ...kinds.map((kind) => {
      const each = scores.flatMap(({ legitimate }) => legitimate.get(kind) ?? []);
      return row(kind, sum(each.map((one) => one.events)), sum(each.map((one) => one.punished)));
    }),
  ].join('\n');
}

function falseAlarms(scores: readonly Score[]): string {
  const alarms = scores.flatMap(({ falseAlarms: each }) => each);
  const days = sum(scores.map(({ clientDays }) => clientDays));
  const byClient = new Map<string, number>();
  for (const { client } of alarms) byClient.set(client, (byClient.get(client) ?? 0) + 1);
  const kinds = [...byClient].sort(([, a], [, b]) => b - a).map(([kind, count]) => `${kind} ${count}`);
  return `${alarms.length} wrong decisions in ${days.toFixed(0)} days of legitimate clients (${kinds.join(', ') || 'none'}).`;
}
