import type { ResultOf } from '../control/operations.ts';
import { CONFIG_OPTION, defineCommand } from './command.ts';
import { operateAnywhere } from './operate.ts';
import { getTarget } from './target.ts';
import { printable, type Terminal, table, wrap } from './terminal.ts';

type Explained = ResultOf<'explainWaf'>;
type Match = Explained['matches'][number];

const WIDTH = 96;
const SEVERITIES = ['EMERGENCY', 'ALERT', 'CRITICAL', 'ERROR', 'WARNING', 'NOTICE', 'INFO', 'DEBUG'];

/** What matched between two marks, in what stands around it; a place for each byte that no terminal shows. */
function valueText({ value, at, length }: Match): string {
  if (value === '') return '(not shown: it may hold a credential)';
  const end = at + length;
  if (length === 0) return printable(value);
  return `${printable(value.slice(0, at))}»${printable(value.slice(at, end))}«${printable(value.slice(end))}`;
}

function matchLines(match: Match, terminal: Terminal): string[] {
  const { rule, phase, variable, category, place, message, severity, isLogOnly, scores } = match;
  const said = [SEVERITIES[severity] ?? '', category, printable(place)]
    .filter((word) => word !== '')
    .join(', ');
  const grown = Object.entries(scores).map(([name, value]) => `${printable(name)} = ${value}`);
  const head = `${rule}  ${printable(message) || 'a rule without a message'}${isLogOnly ? ' (only noted)' : ''}`;
  return [
    terminal.paint(isLogOnly ? 'yellow' : 'bold', head),
    `        ${said}, phase ${phase}`,
    `        ${printable(variable)}: ${valueText(match)}`,
    ...(grown.length === 0 ? [] : [`        score: ${grown.join(', ')}`]),
  ];
}

function verdictText({ blocked, view, endedBy, endedKind, wouldBlock, bypasses }: Explained): string {
  if (view === 'allowed') return 'No rule looked at it: its address is on the allow list.';
  const ended = endedBy === 0 ? '' : ` by rule ${endedBy} (${printable(endedKind)})`;
  if (blocked === 'yes') return `Blocked${ended}.`;
  if (view === 'refused-before')
    return endedBy === 0
      ? 'Refused before the WAF, which has only looked.'
      : `Refused before the WAF, which would have blocked it${ended}.`;
  if (bypasses.length > 0 && wouldBlock)
    return `Passed because of the bypass ${printable(bypasses.join(', '))}: it would have been blocked.`;
  if (blocked === 'would')
    return `Would have been blocked${ended || ', were the rules that are only noted to count'}.`;
  return 'Not blocked.';
}

/** Writes what rules found out about a request, for people. */
export function wafExplanationText(explained: Explained, terminal: Terminal): string {
  const { headline, inboundScore, outboundScore, incomplete, matches, moreMatches, precedence } = explained;
  const lines = [terminal.paint('bold', printable(headline)), '', verdictText(explained)];
  if (inboundScore + outboundScore > 0)
    lines.push(`Score: ${inboundScore} inbound, ${outboundScore} outbound.`);
  if (incomplete !== '') lines.push(`Not looked at whole: ${printable(incomplete)}.`);
  lines.push('');
  if (matches.length === 0) lines.push('No rule matched.');
  for (const match of matches) lines.push(...matchLines(match, terminal));
  if (moreMatches > 0) lines.push(`… and ${moreMatches} more matches.`);
  lines.push('', terminal.paint('bold', 'What decides, the first that applies'));
  lines.push(
    ...table(precedence.map(({ name, where, effect }, at) => [`${at + 1}. ${name}`, where, effect])),
  );
  return lines.flatMap((line) => (line.length > 4 * WIDTH ? wrap(line, WIDTH) : [line])).join('\n');
}

/** `portcullis waf explain`. */
export const wafExplain = defineCommand({
  name: 'waf explain',
  summary: 'Show which rules matched a request, what they matched, and how the score grew.',
  about: [
    'Values are shown with what may be a credential behind stars, and not at all where the name of the variable says ' +
      'that it holds one; what matched stands between » and «.',
  ],
  words: ['REQUEST-ID'],
  options: { config: CONFIG_OPTION },
  examples: [
    ['portcullis waf explain 019ab4e2c1f07c3e', 'The id is in the X-Request-ID field of the answer.'],
  ],
  exits: { 0: 'The request is explained.', 1: 'There is no record of it, or it cannot be read.' },
  run: async ({ values, words, terminal }) => {
    const [id = ''] = words;
    const { result } = await operateAnywhere(getTarget(values.config), 'explainWaf', { params: { id } });
    return { text: wafExplanationText(result, terminal), json: result };
  },
});
