import type { ResultOf } from '../control/operations.ts';
import { CONFIG_OPTION, defineCommand } from './command.ts';
import { UsageError } from './failure.ts';
import { operateGateway } from './operate.ts';
import { getTarget } from './target.ts';

const ABOUT =
  'In attack mode callers that nobody authenticated have half their limits, in every thread of this gateway, and those without ' +
  'credentials share `attackMode.strangersPerS`. Other gateways are told for themselves.';
const EXITS = { 0: 'The state is shown.', 1: 'No gateway answers.' };

/** Tells in sentences what is known of attack mode. */
export function attackText(attack: ResultOf<'showAttack'>): string {
  const { isOn, cause, until, wouldBeOn, strangersPerS, refused } = attack;
  if (!isOn)
    return `Attack mode is off${wouldBeOn ? ', and would be on were it not for `observe`' : ''}.${rateText(attack)}`;
  const [by, latest] = cause === 'threshold' ? [' by itself', ' at the latest'] : ['', ''];
  const share =
    strangersPerS === null
      ? ''
      : ` Strangers share ${strangersPerS} requests per second: ${refused} were refused.`;
  return `Attack mode is on${by} until ${until}${latest}.${rateText(attack)}${share}`;
}

function rateText({ requestsPerS, normalPerS, thresholdPerS }: ResultOf<'showAttack'>): string {
  const usual = normalPerS === null ? '' : `, ${normalPerS} are usual`;
  const most = thresholdPerS === null ? '' : `, more than ${thresholdPerS} are an attack`;
  return ` Strangers send ${requestsPerS} requests per second${usual}${most}.`;
}

const MOST_MINUTES = 1440;

/** Reads `30`, `30m` or `2h`. */
export function minutesOf(text: string): number {
  const [, digits, unit] = /^(\d{1,4})(m|h)?$/.exec(text) ?? [];
  const minutes = Number(digits) * (unit === 'h' ? 60 : 1);
  if (minutes >= 1 && minutes <= MOST_MINUTES) return minutes;
  throw new UsageError('--for must be a time from 1m to 24h, such as 30m or 2h.', 'attack start');
}

/** `portcullis attack start`. */
export const attackStart = defineCommand({
  name: 'attack start',
  summary: 'Tighten the limits of strangers for a while.',
  about: [ABOUT],
  words: [],
  options: {
    for: {
      kind: 'text',
      value: 'TIME',
      default: '30m',
      summary: 'When it ends by itself: `30m`, `2h`, or a number of minutes.',
    },
    config: CONFIG_OPTION,
  },
  examples: [['portcullis attack start --for 1h', 'For an hour; a second command moves the end.']],
  exits: EXITS,
  run: async ({ values }) => {
    const result = await operateGateway(getTarget(values.config), 'startAttack', {
      body: { minutes: minutesOf(values.for) },
    });
    return { text: attackText(result), json: result };
  },
});

/** `portcullis attack stop`. */
export const attackStop = defineCommand({
  name: 'attack stop',
  summary: 'Give strangers their limits back, and turn nothing on for a while.',
  about: [ABOUT],
  words: [],
  options: { config: CONFIG_OPTION },
  examples: [['portcullis attack stop', 'At once, in every thread.']],
  exits: EXITS,
  run: async ({ values }) => {
    const result = await operateGateway(getTarget(values.config), 'stopAttack');
    return { text: attackText(result), json: result };
  },
});

/** `portcullis attack status`. */
export const attackStatus = defineCommand({
  name: 'attack status',
  summary: 'Tell whether attack mode is on, when it ends, and what strangers send.',
  about: [ABOUT],
  words: [],
  options: { config: CONFIG_OPTION },
  examples: [['portcullis attack status', 'One sentence.']],
  exits: EXITS,
  run: async ({ values }) => {
    const result = await operateGateway(getTarget(values.config), 'showAttack');
    return { text: attackText(result), json: result };
  },
});
