import { CONFIG_OPTION, defineCommand } from './command.ts';
import { operateAnywhere } from './operate.ts';
import { getTarget } from './target.ts';
import { printable } from './terminal.ts';
import { whoami } from './whoami.ts';

/** `portcullis waf confirm-fp`. */
export const wafConfirmFp = defineCommand({
  name: 'waf confirm-fp',
  summary: 'Confirm that what rules matched in a request was harmless.',
  about: [
    'It counts towards the false-positive rates of `portcullis waf report`, and decides whether a rule passes its trial. It changes no ' +
      'verdict: `portcullis waf tune` writes an exclusion.',
  ],
  words: ['REQUEST-ID'],
  options: {
    rule: {
      kind: 'number',
      value: 'ID',
      least: 0,
      most: 4_294_967_295,
      default: 0,
      summary: 'Only this rule.',
    },
    config: CONFIG_OPTION,
  },
  examples: [['portcullis waf confirm-fp 019ab4e2c1f07c3e', 'All rules that matched it.']],
  exits: { 0: 'It is noted.', 1: 'It is not: no record of the request, or no match in it.' },
  run: async ({ values, words: [id = ''] }) => {
    const body = { ...(values.rule === 0 ? {} : { rule: values.rule }), by: whoami() };
    const input = { params: { id }, body };
    const { result } = await operateAnywhere(getTarget(values.config), 'confirmFalsePositive', input);
    const lines = result.confirmed.map(
      ({ rule, category, variable }) =>
        `Rule ${rule} (${category}) in ${printable(variable)}: confirmed as a false positive.`,
    );
    if (result.known > 0) lines.push(`${result.known} of its matches were confirmed before.`);
    return { text: lines.join('\n'), json: result };
  },
});
