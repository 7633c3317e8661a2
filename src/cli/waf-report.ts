import type { ResultOf } from '../control/operations.ts';
import { CONFIG_OPTION, defineCommand } from './command.ts';
import { operateAnywhere } from './operate.ts';
import { getTarget } from './target.ts';
import { printable, type Terminal, table } from './terminal.ts';
import { scopeText } from './waf-bypass-text.ts';
import { rateText } from './waf-rate.ts';

type Report = ResultOf<'reportWaf'>;
type Figures = Report['total'];

const TOP = 20;

/** `portcullis waf report`. */
export const wafReport = defineCommand({
  name: 'waf report',
  summary: 'Tell what rules found and blocked in a period, how much of it was wrong, and the bypasses.',
  about: [
    'The gateway counts requests by the hour, for 400 days; one counts once for each rule and each category. The false-positive rate is ' +
      'the confirmed ones (`portcullis waf confirm-fp`) of those that were blocked or would have been.',
  ],
  words: [],
  options: {
    since: {
      kind: 'text',
      value: 'INSTANT',
      summary: 'Begin (RFC 3339); 30 days before the end when absent.',
    },
    until: { kind: 'text', value: 'INSTANT', summary: 'End (RFC 3339); now when absent.' },
    config: CONFIG_OPTION,
  },
  examples: [
    ['portcullis waf report', 'The last 30 days.'],
    ['portcullis waf report --since 2026-11-01T00:00:00Z --json', 'For a program.'],
  ],
  exits: { 0: 'The report is made.', 1: 'It cannot be made: the sentence says why.' },
  run: async ({ values, terminal }) => {
    const query = { since: values.since, until: values.until };
    const { result } = await operateAnywhere(getTarget(values.config), 'reportWaf', { query });
    return { text: textOf(result, terminal), json: result };
  },
});

const cells = ({ matches, blocks, wouldBlocks, confirmed, falsePositiveRate }: Figures): string[] => [
  `${matches}`,
  `${blocks}`,
  `${wouldBlocks}`,
  `${confirmed}`,
  rateText(falsePositiveRate),
];
const HEAD = ['MATCHES', 'BLOCKS', 'WOULD BLOCK', 'CONFIRMED', 'FALSE'];

function textOf(report: Report, terminal: Terminal): string {
  const { from, to, total, categories, rules } = report;
  const lines = [
    `${from} to ${to}`,
    `${total.blocks} requests blocked, ${total.wouldBlocks} more would have been, of ${total.matches} in which rules matched`,
    `${total.confirmed} confirmed false positives (${rateText(total.falsePositiveRate)})`,
    modesText(report),
  ];
  const sections: [string, string[][]][] = [
    [
      'By category',
      [
        ['CATEGORY', 'RULES', ...HEAD],
        ...categories.map((one) => [printable(one.category), `${one.rules}`, ...cells(one)]),
      ],
    ],
    [
      'Rules that matched most',
      [
        ['RULE', 'CATEGORY', ...HEAD, 'MESSAGE'],
        ...rules
          .slice(0, TOP)
          .map((one) => [`${one.rule}`, printable(one.category), ...cells(one), printable(one.message)]),
      ],
    ],
    ['Bypasses', bypassRows(report)],
  ];
  for (const [title, rows] of sections)
    if (rows.length > 1) lines.push('', terminal.paint('bold', title), ...table(rows));
  return lines.join('\n');
}

function modesText({ modes }: Report): string {
  if (modes === null) return 'No gateway runs here: how many rules block is not known.';
  const all = modes.block + modes.log;
  const share = (part: number): string => (all === 0 ? '0 %' : `${Math.round((100 * part) / all)} %`);
  return `Rules that find something: ${modes.block} block (${share(modes.block)}), ${modes.log} in log (${share(modes.log)})`;
}

function bypassRows({ bypasses }: Report): string[][] {
  return [
    ['ID', 'FOR', 'OWNER', 'APPROVED BY', 'FROM', 'UNTIL', 'LET THROUGH', 'REASON'],
    ...bypasses.map((one) => [
      one.id,
      scopeText(one),
      printable(one.owner),
      `${printable(one.approver)}${one.isProven ? '' : ' (as said)'}`,
      one.approvedAt ?? '-',
      one.endedAt ?? one.expiresAt,
      `${one.letThrough}`,
      printable(one.reason),
    ]),
  ];
}
