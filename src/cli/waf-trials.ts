import type { ResultOf } from '../control/operations.ts';
import { CONFIG_OPTION, defineCommand } from './command.ts';
import { UsageError } from './failure.ts';
import { operateAnywhere } from './operate.ts';
import { getTarget } from './target.ts';
import { printable, type Terminal, table } from './terminal.ts';
import { rateText } from './waf-rate.ts';
import { whoami } from './whoami.ts';

type Trial = ResultOf<'listRuleTrials'>['trials'][number];

const hours = (count: number): string => `${Math.floor(count * 10) / 10} h`;
const wholeNumber = /^[1-9]\d{0,9}$/;

function trialsText(trials: readonly Trial[], terminal: Terminal): string {
  const rows = trials.map((one) => [
    String(one.rule),
    one.state,
    one.category,
    one.state === 'held' ? '-' : `${hours(one.triedHours)} of ${hours(one.trialHours)}`,
    `${one.matches}`,
    `${one.wouldBlocks}`,
    `${one.confirmed}`,
    rateText(one.falsePositiveRate),
    printable(one.message),
  ]);
  const head = [
    'RULE',
    'STATE',
    'CATEGORY',
    'TRIED',
    'MATCHES',
    'WOULD BLOCK',
    'CONFIRMED',
    'FALSE',
    'MESSAGE',
  ];
  const [first = '', ...lines] = table([head, ...rows]);
  return [terminal.paint('bold', first), ...lines].join('\n');
}

/** `portcullis waf trials`. */
export const wafTrials = defineCommand({
  name: 'waf trials',
  summary: 'List the rules that only log because they are new or were changed, and what they found.',
  about: [
    'A rule of your own, and one that is new or changed in a released set that was loaded before, only logs until a gateway has run ' +
      'with it for `governance.trialHours`. Then it blocks by itself, if its confirmed false positives are within budget; else it is held.',
  ],
  words: [],
  options: { config: CONFIG_OPTION },
  examples: [['portcullis waf trials', 'Rules on trial, and those that were held.']],
  exits: { 0: 'The rules are listed.', 1: 'They cannot be read: the sentence says why.' },
  run: async ({ values, terminal }) => {
    const { result } = await operateAnywhere(getTarget(values.config), 'listRuleTrials');
    const text = result.trials.length === 0 ? 'No rule is on trial.' : trialsText(result.trials, terminal);
    return { text, json: result };
  },
});

const RULE_OPTION = { kind: 'flag', summary: 'Every rule that is on trial or held.' } as const;

function ruleOf(word: string, all: boolean, command: string): number | undefined {
  if (all !== (word === '-'))
    throw new UsageError('Name one rule, or write - and --all for every one.', command);
  if (all) return undefined;
  if (!wholeNumber.test(word)) throw new UsageError('A rule is named by its number.', command);
  return Number(word);
}

/** `portcullis waf trial accept`. */
export const wafTrialAccept = defineCommand({
  name: 'waf trial accept',
  summary: 'Let a rule block before its trial is over, or though it was held.',
  about: ['Returns when every thread of every gateway on the same database knows.'],
  words: ['RULE'],
  options: { all: RULE_OPTION, config: CONFIG_OPTION },
  examples: [
    ['portcullis waf trial accept 100001', 'One rule.'],
    ['portcullis waf trial accept - --all', 'All of them, such as after an update of a released set.'],
  ],
  exits: { 0: 'The rules block.', 1: 'They do not: the sentence says why.' },
  run: async ({ values, words: [word = ''], terminal }) => {
    const rule = ruleOf(word, values.all, 'waf trial accept');
    const body = { ...(rule === undefined ? {} : { rule }), action: 'accept' as const, by: whoami() };
    const { result } = await operateAnywhere(getTarget(values.config), 'decideRuleTrial', { body });
    return { text: trialsText(result.trials, terminal), json: result };
  },
});

/** `portcullis waf trial extend`. */
export const wafTrialExtend = defineCommand({
  name: 'waf trial extend',
  summary: 'Make the trial of a rule longer, or begin it again.',
  about: ['A trial is 720 hours at most.'],
  words: ['RULE'],
  options: {
    all: RULE_OPTION,
    hours: { kind: 'number', value: 'HOURS', least: 1, most: 720, default: 48, summary: 'Hours to add.' },
    config: CONFIG_OPTION,
  },
  examples: [['portcullis waf trial extend 100001 --hours 24', 'A day more.']],
  exits: { 0: 'The trial is longer.', 1: 'It is not: the sentence says why.' },
  run: async ({ values, words: [word = ''], terminal }) => {
    const rule = ruleOf(word, values.all, 'waf trial extend');
    const own = rule === undefined ? {} : { rule };
    const body = { ...own, action: 'extend' as const, hours: values.hours, by: whoami() };
    const { result } = await operateAnywhere(getTarget(values.config), 'decideRuleTrial', { body });
    return { text: trialsText(result.trials, terminal), json: result };
  },
});
