import { CONFIG_OPTION, defineCommand } from './command.ts';
import { operateGateway } from './operate.ts';
import { getTarget } from './target.ts';

const ABOUT =
  'In attack mode callers that nobody authenticated have half their limits, in every thread of this gateway. Other gateways are told ' +
  'for themselves.';
const EXITS = { 0: 'The state is shown.', 1: 'No gateway answers.' };

function textOf({ isOn, until }: { readonly isOn: boolean; readonly until: string | null }): string {
  return isOn ? `Attack mode is on until ${until}.` : 'Attack mode is off.';
}

/** `portcullis attack start`. */
export const attackStart = defineCommand({
  name: 'attack start',
  summary: 'Tighten the limits of strangers for a while.',
  about: [ABOUT],
  words: [],
  options: {
    for: {
      kind: 'number',
      value: 'MINUTES',
      least: 1,
      most: 1440,
      default: 30,
      summary: 'When it ends by itself.',
    },
    config: CONFIG_OPTION,
  },
  examples: [['portcullis attack start --for 60', 'For an hour; a second command moves the end.']],
  exits: EXITS,
  run: async ({ values }) => {
    const result = await operateGateway(getTarget(values.config), 'startAttack', {
      body: { minutes: values.for },
    });
    return { text: textOf(result), json: result };
  },
});

/** `portcullis attack stop`. */
export const attackStop = defineCommand({
  name: 'attack stop',
  summary: 'Give strangers their limits back.',
  about: [ABOUT],
  words: [],
  options: { config: CONFIG_OPTION },
  examples: [['portcullis attack stop', 'At once, in every thread.']],
  exits: EXITS,
  run: async ({ values }) => {
    const result = await operateGateway(getTarget(values.config), 'stopAttack');
    return { text: textOf(result), json: result };
  },
});

/** `portcullis attack status`. */
export const attackStatus = defineCommand({
  name: 'attack status',
  summary: 'Tell whether attack mode is on, and when it ends.',
  about: [ABOUT],
  words: [],
  options: { config: CONFIG_OPTION },
  examples: [['portcullis attack status', 'One sentence.']],
  exits: EXITS,
  run: async ({ values }) => {
    const result = await operateGateway(getTarget(values.config), 'showAttack');
    return { text: textOf(result), json: result };
  },
});
