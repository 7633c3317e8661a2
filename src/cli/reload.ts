import { CONFIG_OPTION, defineCommand } from './command.ts';
import { operateGateway } from './operate.ts';
import { getTarget } from './target.ts';

/** `portcullis reload`. */
export const reload = defineCommand({
  name: 'reload',
  summary: 'Have the running gateway read its configuration again.',
  about: [
    'All or nothing: with one mistake in it, the configuration in force stays. No connection is dropped. The gateway ' +
      'also notices by itself when the file changes.',
  ],
  words: [],
  options: { config: CONFIG_OPTION },
  examples: [['portcullis reload', 'Reports every mistake at once.']],
  exits: { 0: 'The new configuration is in force.', 1: 'The old one stays in force, or no gateway runs.' },
  run: async ({ values }) => {
    const result = await operateGateway(getTarget(values.config), 'reload');
    return { text: `Version ${result.planVersion} of the configuration is in force.`, json: result };
  },
});
