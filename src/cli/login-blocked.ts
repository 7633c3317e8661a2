import { CONFIG_OPTION, defineCommand } from './command.ts';
import { operateGateway } from './operate.ts';
import { getTarget } from './target.ts';
import { printable, table } from './terminal.ts';

/** `portcullis login blocked`. */
export const loginBlocked = defineCommand({
  name: 'login blocked',
  summary: 'List the addresses that may not log in, because too many of their logins failed.',
  about: ['Asks the running gateway: blocks are in its memory, and end with it.'],
  words: [],
  options: { config: CONFIG_OPTION },
  examples: [['portcullis login blocked', 'Those that are blocked now.']],
  exits: { 0: 'The addresses are listed.', 1: 'No gateway answers.' },
  run: async ({ values, terminal }) => {
    const result = await operateGateway(getTarget(values.config), 'listBlockedLogins');
    if (result.blocked.length === 0) return { text: 'No address is blocked.', json: result };
    const rows = result.blocked.map(({ address, realm, reason, until }) => [
      printable(address),
      printable(realm),
      reason,
      until,
    ]);
    const [head = '', ...lines] = table([['ADDRESS', 'REALM', 'REASON', 'UNTIL'], ...rows]);
    return { text: [terminal.paint('bold', head), ...lines].join('\n'), json: result };
  },
});
