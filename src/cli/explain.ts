import type { ResultOf } from '../control/operations.ts';
import { journalWaf } from '../core/waf-journal.ts';
import { CONFIG_OPTION, defineCommand } from './command.ts';
import { operateAnywhere } from './operate.ts';
import { getTarget } from './target.ts';
import { printable, type Terminal, table, wrap } from './terminal.ts';

type Explained = ResultOf<'getRequest'>;
type Check = Explained['explanation']['checks'][number];

const WIDTH = 96;

const textOf = (value: unknown): string => (typeof value === 'string' ? printable(value) : '');

/** Microseconds as people read them. */
function timeText(us: number): string {
  return us < 1000 ? `${us.toFixed(1)} µs` : `${(us / 1000).toFixed(1)} ms`;
}

/** Who asked: the verified caller, or what the credential that did not verify begins with. */
function who(record: Explained['record']): string {
  const portcullis = (record.portcullis ?? {}) as Record<string, unknown>;
  const user = textOf(record['user.id']);
  const claimed = textOf(portcullis.claimed_credential);
  if (user !== '') {
    const credential = textOf(portcullis.credential);
    const by = credential === '' ? '' : `, ${textOf(portcullis.authentication)} ${credential}`;
    return `${user}${by}`;
  }
  return claimed === '' ? 'nobody known' : `nobody known; offered a credential that begins with ${claimed}`;
}

function factRows({ id, record, explanation, source }: Explained): string[][] {
  const portcullis = (record.portcullis ?? {}) as Record<string, unknown>;
  const route = textOf(portcullis.route);
  const exceptions = textOf(portcullis.limit_exceptions);
  const upstream = textOf((portcullis.upstream as Record<string, unknown> | undefined)?.target);
  return [
    ['Request', `${printable(id)}  (${source === 'journal' ? 'from the journal' : 'from the database'})`],
    ['When', textOf(record['@timestamp'])],
    ['Who', who(record)],
    ['Route', route === '' ? 'none' : route],
    ...(upstream === '' ? [] : [['Upstream', upstream]]),
    ...(exceptions === '' ? [] : [['Limits', `not those of the configuration: exception ${exceptions}`]]),
    ['Took', `${timeText(explanation.totalMs * 1000)}, of which ${timeText(explanation.checksUs)} in checks`],
  ];
}

/** Verdicts as people read them; `would-…` is what observe mode let pass. */
function verdictOf({ verdict, title, reason }: Check): string {
  if (verdict === 'continue') return 'passed';
  const why = title === '' ? '' : `: ${title} (${reason})`;
  if (verdict === 'deny') return `REFUSED${why}`;
  if (verdict === 'answer') return `answered${why}`;
  if (verdict === 'would-deny') return `would refuse${why}`;
  return `${printable(verdict)}${why}`;
}

function checkLines(checks: readonly Check[], terminal: Terminal): string[] {
  if (checks.length === 0) return ['No check ran.'];
  const costs = checks.map(({ costUs }) => costUs.toFixed(1));
  const width = Math.max(...costs.map((cost) => cost.length), 'COST µs'.length);
  const [head = '', ...lines] = table([
    ['CHECK', 'PHASE', 'MODE', 'COST µs'.padStart(width), 'VERDICT'],
    ...checks.map((check, at) => [
      printable(check.stage),
      printable(check.phase),
      printable(check.mode),
      (costs[at] as string).padStart(width),
      verdictOf(check),
    ]),
  ]);
  const painted = lines.map((line, at) => {
    const verdict = checks[at]?.verdict ?? '';
    if (verdict === 'deny') return terminal.paint('red', line);
    return verdict.startsWith('would-') ? terminal.paint('yellow', line) : line;
  });
  return [terminal.paint('bold', head), ...painted];
}

/** What rules of the WAF found out, in short. */
function wafLines({ id, record }: Explained): string[] {
  const waf = journalWaf(record);
  if (waf === null) return [];
  const { view, inboundScore, outboundScore, endedBy, matches, moreMatches } = waf;
  if (view === 'allowed') return ['', 'WAF: no rule looked at it, its address is on the allow list.'];
  const rules = [...new Set(matches.map(({ rule }) => rule))].slice(0, 8).join(', ');
  const ended =
    endedBy === 0 ? '' : ` Rule ${endedBy} ${view === 'refused-before' ? 'would have ended' : 'ended'} it.`;
  const score =
    inboundScore + outboundScore === 0 ? '' : ` Score: ${inboundScore} inbound, ${outboundScore} outbound.`;
  const told = `WAF: ${matches.length + moreMatches} matches${rules === '' ? '' : `, rules ${rules}`}.${score}${ended}`;
  return ['', ...wrap(`${told} \`portcullis waf explain ${printable(id)}\` tells all.`, WIDTH)];
}

/** Writes an explanation for people. */
export function explanationText(explained: Explained, terminal: Terminal): string {
  const { explanation } = explained;
  const { remedy, detail, wouldRefuse } = explanation;
  const lines = [terminal.paint('bold', printable(explanation.headline)), '', ...table(factRows(explained))];
  lines.push('', ...checkLines(explanation.checks, terminal));
  if (remedy !== '') {
    lines.push('', terminal.paint('bold', 'What would have let it pass'), ...wrap(printable(remedy), WIDTH));
    if (detail !== '') lines.push(...wrap(`Detail: ${printable(detail)}`, WIDTH));
  }
  lines.push(...wafLines(explained));
  for (const held of wouldRefuse) {
    const what = `If ${printable(held.stage)} were enforced, this would have been ${held.status}: ${held.title}.`;
    lines.push('', ...wrap(`${what} ${printable(held.remedy)}`, WIDTH));
  }
  return lines.join('\n');
}

/** `portcullis explain`. */
export const explain = defineCommand({
  name: 'explain',
  summary: 'Say why a request was answered as it was.',
  about: [
    'The id is in the X-Request-ID field of every answer, in the body of every refusal and in the journal. Shows ' +
      'every check with its verdict, mode and cost; for a refusal what would have let the request pass.',
  ],
  words: ['REQUEST-ID'],
  options: { config: CONFIG_OPTION },
  examples: [['portcullis explain 019ab4e2c1f07c3e', 'Asks the running gateway, else reads its database.']],
  exits: { 0: 'The request is explained.', 1: 'There is no record of it, or it cannot be read.' },
  run: async ({ values, words, terminal }) => {
    const [id = ''] = words;
    const { result } = await operateAnywhere(getTarget(values.config), 'getRequest', { params: { id } });
    return { text: explanationText(result, terminal), json: result };
  },
});
