import { CONFIG_OPTION, defineCommand } from './command.ts';
import { operateAnywhere } from './operate.ts';
import { getTarget } from './target.ts';
import { printable } from './terminal.ts';

/** `portcullis key revoke`. */
export const keyRevoke = defineCommand({
  name: 'key revoke',
  summary: 'Revoke an API key for good.',
  about: [
    'Returns when no thread of the running gateway accepts the key any more. A revoked key stays revoked.',
  ],
  words: ['ID'],
  options: { config: CONFIG_OPTION },
  examples: [['portcullis key revoke 4fQ0Zt8s', 'Takes the id that `portcullis key list` shows.']],
  exits: { 0: 'The key is revoked everywhere.', 1: 'It is not, or not everywhere: the sentence says why.' },
  run: async ({ values, words, terminal }) => {
    const [id = ''] = words;
    const { result, by } = await operateAnywhere(getTarget(values.config), 'revokeKey', { params: { id } });
    const { record, slowestMs } = result;
    const when =
      by === 'gateway'
        ? `No thread accepts it any more; the slowest acknowledged after ${slowestMs.toFixed(1)} ms.`
        : 'No gateway runs; the next one to start will not accept it.';
    const done = terminal.paint('bold', `Key ${record.id} (${printable(record.name)}) is revoked.`);
    return { text: `${done} ${when}`, json: { ...record, slowestMs, by } };
  },
});
