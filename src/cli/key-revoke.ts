import { acknowledgedText } from './acknowledged-text.ts';
import { CONFIG_OPTION, defineCommand } from './command.ts';
import { operateAnywhere } from './operate.ts';
import { getTarget } from './target.ts';
import { printable } from './terminal.ts';

/** `portcullis key revoke`. */
export const keyRevoke = defineCommand({
  name: 'key revoke',
  summary: 'Revoke an API key for good.',
  about: [
    'Returns when no thread of any gateway on the same database accepts the key any more, and tells which was the ' +
      'slowest. A gateway that is silent is waited for until it refuses keys by itself: a minute at most. A revoked key ' +
      'stays revoked.',
  ],
  words: ['ID'],
  options: { config: CONFIG_OPTION },
  examples: [['portcullis key revoke 4fQ0Zt8s', 'Takes the id that `portcullis key list` shows.']],
  exits: { 0: 'The key is revoked everywhere.', 1: 'It is not, or not everywhere: the sentence says why.' },
  run: async ({ values, words, terminal }) => {
    const [id = ''] = words;
    const { result, by } = await operateAnywhere(getTarget(values.config), 'revokeKey', { params: { id } });
    const { record, ...acknowledged } = result;
    const done = terminal.paint('bold', `Key ${record.id} (${printable(record.name)}) is revoked.`);
    const text = [done, ...acknowledgedText(acknowledged, by)].join(' ');
    return { text, json: { ...record, ...acknowledged, by } };
  },
});
