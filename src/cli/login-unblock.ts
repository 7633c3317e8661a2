import { CONFIG_OPTION, defineCommand } from './command.ts';
import { CommandFailure } from './failure.ts';
import { operateGateway } from './operate.ts';
import { getTarget } from './target.ts';
import { printable } from './terminal.ts';

/** `portcullis login unblock`. */
export const loginUnblock = defineCommand({
  name: 'login unblock',
  summary: 'Let an address log in again, with nothing counted.',
  about: ['In every realm, on the running gateway. An IPv6 address stands for its whole network.'],
  words: ['ADDRESS'],
  options: { config: CONFIG_OPTION },
  examples: [
    ['portcullis login unblock 203.0.113.7', 'Takes the address that `portcullis login blocked` shows.'],
  ],
  exits: { 0: 'The address was blocked, and is no more.', 1: 'It was not blocked, or no gateway answers.' },
  run: async ({ values, words }) => {
    const [address = ''] = words;
    const result = await operateGateway(getTarget(values.config), 'unblockLogin', { query: { address } });
    if (result.ended === 0) throw new CommandFailure('not_blocked', `${printable(address)} was not blocked.`);
    return { text: `${printable(address)} may log in again.`, json: { address, ...result } };
  },
});
