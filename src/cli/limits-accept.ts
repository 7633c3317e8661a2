import { CONFIG_OPTION, defineCommand } from './command.ts';
import { CommandFailure } from './failure.ts';
import { operateGateway } from './operate.ts';
import { getTarget } from './target.ts';
import { printable } from './terminal.ts';

/** `portcullis limits accept`. */
export const limitsAccept = defineCommand({
  name: 'limits accept',
  summary: 'Take what a client does for its normal, and give it its limits back.',
  about: [
    'For a client that grew, or a job that is new: it is learned anew, as one that nobody has seen before.',
    'The client is the one that `portcullis limits adaptive` shows.',
  ],
  words: ['CLIENT'],
  options: {
    address: { kind: 'flag', summary: 'The client is an address, or the network of one.' },
    config: CONFIG_OPTION,
  },
  examples: [['portcullis limits accept --address 203.0.113.7', 'Accepts what an address does.']],
  exits: {
    0: 'It has its limits and is learned anew.',
    1: 'Nothing was known of it, or no gateway answers.',
  },
  run: async ({ values, words }) => {
    const [client = ''] = words;
    const body = { client, clientKind: values.address ? ('address' as const) : ('principal' as const) };
    const result = await operateGateway(getTarget(values.config), 'acceptAdaptive', { body });
    if (!result.accepted)
      throw new CommandFailure('not_known', `Nothing is known of the client ${printable(client)}.`);
    return { text: `${printable(client)} has its limits and is learned anew.`, json: { client, ...result } };
  },
});
