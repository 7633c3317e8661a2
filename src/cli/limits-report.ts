import type { ResultOf } from '../control/operations.ts';
import { CONFIG_OPTION, defineCommand } from './command.ts';
import { operateAnywhere } from './operate.ts';
import { payloadText } from './payload-text.ts';
import { getTarget } from './target.ts';
import { printable, type Terminal, table } from './terminal.ts';

type Report = ResultOf<'reportLimits'>;

const percent = (share: number, digits = 1): string => `${(100 * share).toFixed(digits)} %`;
const words = (list: readonly string[]): string => list.map(printable).join(', ') || '-';

/** `portcullis limits report`. */
export const limitsReport = defineCommand({
  name: 'limits report',
  summary: 'Tell what limits refused in a period: by tier, by limit and by client.',
  about: [
    'The gateway counts by the hour what its limits refuse, for 400 days. Where they only observe, it counts what they would have refused.',
  ],
  words: [],
  options: {
    from: {
      kind: 'text',
      value: 'INSTANT',
      summary: 'Begin (RFC 3339); 30 days before the end when absent.',
    },
    to: { kind: 'text', value: 'INSTANT', summary: 'End (RFC 3339); now when absent.' },
    top: {
      kind: 'number',
      value: 'N',
      least: 1,
      most: 1000,
      default: 10,
      summary: 'The most clients to list.',
    },
    config: CONFIG_OPTION,
  },
  examples: [
    ['portcullis limits report', 'The last 30 days.'],
    [
      'portcullis limits report --from 2026-11-01T00:00:00Z --to 2026-12-01T00:00:00Z --json',
      'One month, for a program.',
    ],
  ],
  exits: { 0: 'The report is made.', 1: 'It cannot be made: the sentence says why.' },
  run: async ({ values, terminal }) => {
    const query = { from: values.from, to: values.to, top: values.top };
    const { result } = await operateAnywhere(getTarget(values.config), 'reportLimits', { query });
    return { text: textOf(result, terminal), json: result };
  },
});

function textOf(report: Report, terminal: Terminal): string {
  const { total, from, to } = report;
  const lines = [
    `${from} to ${to}`,
    `${total.requests} requests, ${total.refused} refused by limits (${percent(total.share, 2)})${observedPart(total.observed)}`,
  ];
  const sections: [string, string[][]][] = [
    ['By tier', tierRows(report)],
    ['By limit', limitRows(report)],
    ['Clients that were limited most', clientRows(report)],
    ['Adaptive limits', adaptiveRows(report)],
    ['Told of', eventRows(report)],
  ];
  for (const [title, rows] of sections) {
    if (rows.length > 1) lines.push('', terminal.paint('bold', title), ...table(rows));
  }
  return lines.join('\n');
}

const observedPart = (observed: number): string =>
  observed === 0 ? '' : `, ${observed} more that are only observed`;

function tierRows({ tiers }: Report): string[][] {
  return [
    ['TIER', 'REFUSED', 'SHARE', 'OBSERVED'],
    ...tiers.map(({ tier, refused, share, observed }) => [
      printable(tier) || '(none)',
      `${refused}`,
      percent(share),
      `${observed}`,
    ]),
  ];
}

function limitRows({ limits }: Report): string[][] {
  return [
    ['LIMIT', 'REFUSED', 'OBSERVED'],
    ...limits.map(({ limit, refused, observed }) => [printable(limit), `${refused}`, `${observed}`]),
  ];
}

function clientRows({ clients }: Report): string[][] {
  return [
    ['CLIENT', 'NAME', 'OWNER', 'TIER', 'REFUSED', 'OBSERVED', 'LAST', 'LIMITS'],
    ...clients.map(({ kind, client, name, owner, tiers, limits, refused, observed, lastAt }) => [
      kind === '' ? '(all others)' : `${kind} ${printable(client)}`,
      printable(name) || '-',
      printable(owner) || '-',
      words(tiers),
      `${refused}`,
      `${observed}`,
      lastAt,
      words(limits),
    ]),
  ];
}

function adaptiveRows({ adaptive }: Report): string[][] {
  return [
    ['AT', 'ACTION', 'CLIENT', 'LIMITS', 'UNTIL', 'MODE', 'BECAUSE OF'],
    ...adaptive.map(({ at, kind, client, share, until, mode, drivers }) => [
      ...[at, kind, printable(client), percent(share, 0), until, mode],
      words(drivers.map(({ feature, was, usual }) => `${feature}: ${was}, usual ${usual}`)),
    ]),
  ];
}

function eventRows({ events }: Report): string[][] {
  return [
    ['AT', 'EVENT', 'ABOUT'],
    ...events.map(({ at, kind, payload }) => [at, kind, payloadText(payload)]),
  ];
}
