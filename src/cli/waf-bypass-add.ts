import type { InputOf } from '../control/operations.ts';
import { CONFIG_OPTION, defineCommand, type ValuesOf } from './command.ts';
import { toldText } from './exception-text.ts';
import { UsageError } from './failure.ts';
import { operateGateway } from './operate.ts';
import { readSecretLine } from './read-secret.ts';
import { getTarget } from './target.ts';
import { printable } from './terminal.ts';
import { bypassLines } from './waf-bypass-text.ts';
import { whoami } from './whoami.ts';

const NAME = 'waf bypass add';
const text = (summary: string, value: string) => ({ kind: 'text', summary, value }) as const;

export const TOKEN_STDIN = {
  kind: 'flag',
  summary: 'Read your own token from standard input, where the configuration names operators.',
} as const;

const OPTIONS = {
  rule: {
    kind: 'number',
    value: 'ID',
    least: 0,
    most: 4_294_967_295,
    default: 0,
    summary: 'Only this rule.',
  },
  address: text('Only clients with this address, or of this network.', 'CIDR'),
  path: text('Only this path and what is below it.', 'PATH'),
  parameter: text('Only this variable of rules.', 'ARGS:NAME'),
  owner: { ...text('Who answers for the bypass.', 'OWNER'), required: true },
  reason: { ...text('Why there is one.', 'TEXT'), required: true },
  hours: text('How long it holds from its approval on: 4 when absent, 24 at most.', 'HOURS'),
  by: text('Who asks for it; the user who runs the command when absent.', 'NAME'),
  'token-stdin': TOKEN_STDIN,
  config: CONFIG_OPTION,
} as const;

function hoursOf({ hours }: ValuesOf<typeof OPTIONS>): number | undefined {
  if (hours === undefined) return undefined;
  if (!/^\d{1,4}(\.\d{1,4})?$/.test(hours))
    throw new UsageError('--hours is a number such as 4 or 0.5.', NAME);
  return Number(hours);
}

async function bodyOf(
  values: ValuesOf<typeof OPTIONS>,
): Promise<NonNullable<InputOf<'requestWafBypass'>['body']>> {
  const { rule, address, path, parameter, owner, reason, by } = values;
  const token = values['token-stdin'] ? await readSecretLine() : undefined;
  const hours = hoursOf(values);
  const requestedBy = by ?? (token === undefined ? whoami() : '');
  return {
    owner,
    reason,
    ...(rule === 0 ? {} : { rule }),
    ...(address === undefined ? {} : { network: address }),
    ...(path === undefined ? {} : { path }),
    ...(parameter === undefined ? {} : { parameter }),
    ...(hours === undefined ? {} : { hours }),
    ...(requestedBy === '' ? {} : { requestedBy }),
    ...(token === undefined ? {} : { token }),
  };
}

/** `portcullis waf bypass add`. */
export const wafBypassAdd = defineCommand({
  name: NAME,
  summary: 'Ask for a bypass of the WAF; it holds when somebody else has approved it.',
  about: [
    'Name a rule, an address, a path or a parameter; each narrows it. It does nothing until somebody who is neither its owner nor ' +
      'you has run `portcullis waf bypass approve`, and ends by itself: after 4 hours unless said otherwise, after 24 at most.',
    'What it lets through is counted, and told in `portcullis waf report`.',
  ],
  words: [],
  options: OPTIONS,
  examples: [
    [
      'portcullis waf bypass add --rule 942100 --path /comments --parameter ARGS:text --owner shop --reason "refused"',
      'As narrow as it can be.',
    ],
    [
      'portcullis waf bypass add --address 192.0.2.7 --hours 1 --owner security --reason "our own scanner"',
      'Every rule for one address.',
    ],
  ],
  exits: { 0: 'It waits for approval.', 1: 'It does not: the sentence says why.' },
  run: async ({ values, terminal }) => {
    const body = await bodyOf(values);
    const result = await operateGateway(getTarget(values.config), 'requestWafBypass', { body });
    const { bypass, notes } = result;
    const lines = [
      ...bypassLines(bypass, terminal),
      '',
      `It does nothing yet. Somebody other than ${printable(bypass.owner)}${bypass.requestedBy === '' ? '' : ` and ${printable(bypass.requestedBy)}`} has to run:`,
      `  portcullis waf bypass approve ${bypass.id}`,
      ...notes.map((note) => terminal.paint('yellow', note)),
    ];
    return { text: lines.join('\n'), json: result };
  },
});

/** `portcullis waf bypass approve`. */
export const wafBypassApprove = defineCommand({
  name: 'waf bypass approve',
  summary: 'Approve a bypass of the WAF that somebody else asked for.',
  about: ['It holds when the command returns, in every thread of every gateway on the same database.'],
  words: ['ID'],
  options: {
    by: text('Who approves it; the user who runs the command when absent.', 'NAME'),
    'token-stdin': TOKEN_STDIN,
    config: CONFIG_OPTION,
  },
  examples: [['portcullis waf bypass approve bp5d1f09c2a7b3e846', 'Takes the id that `list` shows.']],
  exits: { 0: 'The bypass holds everywhere.', 1: 'It does not, or not everywhere: the sentence says why.' },
  run: async ({ values, words: [id = ''], terminal }) => {
    const token = values['token-stdin'] ? await readSecretLine() : undefined;
    const by = values.by ?? whoami();
    const body = token === undefined ? { by } : { by: values.by ?? '', token };
    const input = { params: { id }, body };
    const result = await operateGateway(getTarget(values.config), 'approveWafBypass', input);
    const text = [...bypassLines(result.bypass, terminal), '', toldText(result, 'gateway')].join('\n');
    return { text, json: result };
  },
});
