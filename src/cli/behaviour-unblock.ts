import { CONFIG_OPTION, defineCommand } from './command.ts';
import { CommandFailure } from './failure.ts';
import { operateGateway } from './operate.ts';
import { getTarget } from './target.ts';
import { printable } from './terminal.ts';

/** `portcullis behaviour unblock`. */
export const behaviourUnblock = defineCommand({
  name: 'behaviour unblock',
  summary: 'Let a client in again, with nothing counted.',
  about: ['In every API, on the running gateway.'],
  words: ['CLIENT'],
  options: { config: CONFIG_OPTION },
  examples: [
    [
      'portcullis behaviour unblock 203.0.113.7',
      'Takes the client that `portcullis behaviour blocked` shows.',
    ],
  ],
  exits: { 0: 'The client was blocked, and is no more.', 1: 'It was not blocked, or no gateway answers.' },
  run: async ({ values, words }) => {
    const [client = ''] = words;
    const result = await operateGateway(getTarget(values.config), 'unblockClient', { query: { client } });
    if (result.ended === 0) throw new CommandFailure('not_blocked', `${printable(client)} was not blocked.`);
    return { text: `${printable(client)} may come in again.`, json: { client, ...result } };
  },
});
