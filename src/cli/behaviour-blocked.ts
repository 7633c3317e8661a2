import { CONFIG_OPTION, defineCommand } from './command.ts';
import { operateGateway } from './operate.ts';
import { getTarget } from './target.ts';
import { printable, table } from './terminal.ts';

/** `portcullis behaviour blocked`. */
export const behaviourBlocked = defineCommand({
  name: 'behaviour blocked',
  summary: 'List the clients that are kept out because of what they tried.',
  about: ['Asks the running gateway: blocks are in its memory, and end with it.'],
  words: [],
  options: { config: CONFIG_OPTION },
  examples: [['portcullis behaviour blocked', 'Those that are blocked now.']],
  exits: { 0: 'The clients are listed.', 1: 'No gateway answers.' },
  run: async ({ values, terminal }) => {
    const result = await operateGateway(getTarget(values.config), 'listBlockedClients');
    if (result.blocked.length === 0) return { text: 'No client is blocked.', json: result };
    const rows = result.blocked.map(({ client, api, rule, until }) => [
      printable(client),
      printable(api),
      rule,
      until,
    ]);
    const [head = '', ...lines] = table([['CLIENT', 'API', 'RULE', 'UNTIL'], ...rows]);
    return { text: [terminal.paint('bold', head), ...lines].join('\n'), json: result };
  },
});
