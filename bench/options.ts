import { parseArgs } from 'node:util';
import { SCENARIOS, type ScenarioId } from './scenarios.ts';

export interface BenchOptions {
  /** Length of one measured run. */
  readonly seconds: number;
  /** How often every subject runs every scenario. */
  readonly rounds: number;
  readonly only: readonly ScenarioId[];
  readonly quick: boolean;
  /** Whether to profile the gateway instead of measuring. */
  readonly profile: boolean;
  /** Whether to measure the limiters alone. */
  readonly limits: boolean;
  /** Whether to measure firewalls alone. */
  readonly waf: boolean;
  /** Whether the command line asked for less than the whole bench. */
  readonly isPartial: boolean;
}

const IDS = SCENARIOS.map(({ id }) => id);

export const USAGE = `usage: npm run bench -- [--quick] [--only SCENARIO]... [--seconds N] [--rounds N]
       npm run bench -- --profile [--seconds N]
       npm run bench -- --limits
       npm run bench -- --waf [--seconds N] [--rounds N]

  --quick       2 rounds of 1 second instead of 5 rounds of 2: for a look, not for the record
  --only ID     measure only this scenario; may be repeated. One of: ${IDS.join(', ')}
                ('plain' always runs along: everything is compared with it)
  --seconds N   length of one measured run, 1 to 60
  --rounds N    how often every subject runs every scenario, 1 to 50
  --profile     print where the gateway's time goes at plain GET over HTTP and full load (5 seconds, writes no result)
  --limits      print what limiters alone cost, hold and let through beyond their limits (two minutes, writes no result)
  --waf         print what rules cost beside nginx and Apache with ModSecurity and the same rules (five minutes, writes no result)`;

/** Reads the command line; throws a sentence for the operator. */
export function parseOptions(args: readonly string[]): BenchOptions | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      profile: { type: 'boolean', default: false },
      limits: { type: 'boolean', default: false },
      waf: { type: 'boolean', default: false },
      only: { type: 'string', multiple: true, default: [] },
      seconds: { type: 'string' },
      rounds: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return 'help';
  const unknown = values.only.find((id) => !IDS.includes(id as ScenarioId));
  if (unknown !== undefined)
    throw new Error(`There is no scenario '${unknown}'; take one of: ${IDS.join(', ')}.`);
  return {
    seconds: wholeNumber('seconds', values.seconds, values.profile ? 5 : values.quick ? 1 : 2, 60),
    rounds: wholeNumber('rounds', values.rounds, values.quick ? 2 : 5, 50),
    only: values.only.length === 0 ? IDS : IDS.filter((id) => id === 'plain' || values.only.includes(id)),
    quick: values.quick,
    profile: values.profile,
    limits: values.limits,
    waf: values.waf,
    isPartial: values.quick || values.only.length > 0,
  };
}

function wholeNumber(name: string, text: string | undefined, fallback: number, most: number): number {
  const value = Number(text ?? fallback);
  if (!Number.isInteger(value) || value < 1 || value > most) {
    throw new Error(`--${name} takes a whole number from 1 to ${most}.`);
  }
  return value;
}
