import { CONFIG_OPTION, defineCommand } from './command.ts';
import { toldText } from './exception-text.ts';
import { operateAnywhere } from './operate.ts';
import { getTarget } from './target.ts';
import { printable, table } from './terminal.ts';
import { scopeText } from './waf-bypass-text.ts';
import { whoami } from './whoami.ts';

/** `portcullis waf bypass list`. */
export const wafBypassList = defineCommand({
  name: 'waf bypass list',
  summary: 'List the bypasses of the WAF, the newest first, with what they let through.',
  about: [],
  words: [],
  options: {
    all: { kind: 'flag', summary: 'Also those that are over.' },
    config: CONFIG_OPTION,
  },
  examples: [['portcullis waf bypass list', 'Those that wait for approval or hold.']],
  exits: { 0: 'The bypasses are listed.', 1: 'They cannot be read: the sentence says why.' },
  run: async ({ values, terminal }) => {
    const query = { all: values.all ? 'true' : 'false' } as const;
    const { result } = await operateAnywhere(getTarget(values.config), 'listWafBypasses', { query });
    const { bypasses } = result;
    if (bypasses.length === 0) return { text: 'There are no bypasses of the WAF.', json: result };
    const rows = bypasses.map((one) => [
      one.id,
      one.status,
      scopeText(one),
      printable(one.owner),
      printable(one.approver) || '-',
      one.endedAt ?? one.expiresAt,
      `${one.letThrough}`,
      printable(one.reason),
    ]);
    const [head = '', ...lines] = table([
      ['ID', 'STATUS', 'FOR', 'OWNER', 'APPROVED BY', 'ENDS', 'LET THROUGH', 'REASON'],
      ...rows,
    ]);
    return { text: [terminal.paint('bold', head), ...lines].join('\n'), json: result };
  },
});

/** `portcullis waf bypass end`. */
export const wafBypassEnd = defineCommand({
  name: 'waf bypass end',
  summary: 'End a bypass of the WAF for good.',
  about: [
    'Returns when no thread of any gateway on the same database makes it any more. Anybody may end one.',
  ],
  words: ['ID'],
  options: { config: CONFIG_OPTION },
  examples: [['portcullis waf bypass end bp5d1f09c2a7b3e846', 'The rules hold again.']],
  exits: { 0: 'It is ended everywhere.', 1: 'It is not, or not everywhere: the sentence says why.' },
  run: async ({ values, words: [id = ''], terminal }) => {
    const input = { params: { id }, query: { by: whoami() } };
    const { result, by } = await operateAnywhere(getTarget(values.config), 'endWafBypass', input);
    const what = terminal.paint('bold', `The bypass ${id} of ${scopeText(result.bypass)} is ended.`);
    return { text: `${what} ${toldText(result, by)}`, json: { ...result, by } };
  },
});
