import type { InputOf } from '../control/operations.ts';
import { DAY_MS } from '../lib/time/day.ts';
import { CONFIG_OPTION, defineCommand, type ValuesOf } from './command.ts';
import { exceptionLines, toldText } from './exception-text.ts';
import { UsageError } from './failure.ts';
import { operateAnywhere } from './operate.ts';
import { getTarget } from './target.ts';
import { whoami } from './whoami.ts';

const NAME = 'limits exception add';
const text = (summary: string, value: string) => ({ kind: 'text', value, summary }) as const;
const count = (summary: string, most = 1_000_000) =>
  ({ kind: 'number', value: 'N', least: 0, most, default: 0, summary }) as const;
const required = (summary: string, value: string) => ({ ...text(summary, value), required: true }) as const;

const OPTIONS = {
  key: text('For one API key. Its successor does not inherit.', 'ID'),
  'key-owner': text('For all API keys of an owner, also those to come.', 'OWNER'),
  user: text('For one user; goes with --issuer.', 'SUBJECT'),
  client: text('For one OAuth client.', 'ID'),
  tenant: text('For one tenant; goes with --issuer.', 'NAME'),
  address: text('For an address or a network.', 'CIDR'),
  issuer: text('`iss` of the tokens of the user, client or tenant, exactly.', 'URL'),
  tier: text('Limits of this tier in the place of their own.', 'TIER'),
  factor: text('All numbers times this, from 0.01 to 100.', 'NUMBER'),
  'per-minute': count('Requests in any 60 seconds, in the place of those there are.'),
  'per-hour': count('In any 60 minutes.'),
  'per-day': count('In any 24 hours.'),
  concurrent: count('Under way at once.'),
  api: text('Only requests to this API.', 'API'),
  endpoint: text('Only requests to this endpoint.', 'API/ENDPOINT'),
  limit: text('A limit of `outcomeLimits`, which are left alone otherwise.', 'ID'),
  owner: required('Who answers for the exception.', 'OWNER'),
  reason: required('Why there is one.', 'TEXT'),
  'approved-by': text('Who agreed to it.', 'NAME'),
  until: text('When it ends (RFC 3339). Either this or --days.', 'TIME'),
  days: count('In how many days it ends, 400 at most.', 400),
  config: CONFIG_OPTION,
} as const;

type Values = ValuesOf<typeof OPTIONS>;

function endOf({ until, days }: Values): string {
  if ((until === undefined) === (days === 0))
    throw new UsageError('Say when the exception ends: either --until or --days.', NAME);
  return until ?? new Date(Date.now() + days * DAY_MS).toISOString();
}

/** Leaves out what was not said. */
function said<T extends object>(fields: T): T {
  const kept = Object.entries(fields).filter(([, value]) => value !== undefined && value !== 0);
  return Object.fromEntries(kept) as T;
}

function factorOf({ factor }: Values): number | undefined {
  if (factor === undefined) return undefined;
  if (!/^\d{1,3}(\.\d{1,4})?$/.test(factor))
    throw new UsageError('--factor is a number such as 2 or 0.5.', NAME);
  return Number(factor);
}

function bodyOf(values: Values): NonNullable<InputOf<'addLimitException'>['body']> {
  const { key, user, client, tenant, address, issuer, tier, api, endpoint, limit, owner, reason } = values;
  const limits = said({
    perMinute: values['per-minute'],
    perHour: values['per-hour'],
    perDay: values['per-day'],
    concurrent: values.concurrent,
  });
  return said({
    for: said({ key, keyOwner: values['key-owner'], user, client, tenant, address, issuer }),
    tier,
    factor: factorOf(values),
    limits: Object.keys(limits).length === 0 ? undefined : limits,
    api,
    endpoint,
    limit,
    owner,
    reason,
    approvedBy: values['approved-by'],
    createdBy: whoami() || undefined,
    expiresAt: endOf(values),
  });
}

/** `portcullis limits exception add`. */
export const limitsExceptionAdd = defineCommand({
  name: NAME,
  summary: 'Raise or lower limits for somebody and for a time.',
  about: [
    'Name whom it is for, what is different, who answers for it, why, and when it ends. It holds when the command returns, ' +
      'in every thread of every gateway on the same database, and ends by itself.',
    'Of several exceptions the one for the most specific subject holds: key, user, keys of an owner, client, tenant, longest network.',
  ],
  words: [],
  options: OPTIONS,
  examples: [
    [
      'portcullis limits exception add --key 4fQ0Zt8s --tier pro --days 30 --owner sales --reason trial',
      'Another tier for one key.',
    ],
    [
      'portcullis limits exception add --address 10.7.0.0/16 --factor 9 --days 1 --owner qa --reason test',
      'Ten times the limits for a network.',
    ],
    [
      'portcullis limits exception add --key-owner hr --limit accounts --per-day 200 --days 2 --owner hr --reason school',
      'More accounts in a day than the configuration allows.',
    ],
  ],
  exits: {
    0: 'The exception holds everywhere.',
    1: 'It does not, or not everywhere: the sentence says why.',
  },
  run: async ({ values, terminal }) => {
    const body = bodyOf(values);
    const { result, by } = await operateAnywhere(getTarget(values.config), 'addLimitException', { body });
    const notes = result.notes.map((note) => terminal.paint('yellow', note));
    const lines = [...exceptionLines(result.exception, terminal), '', toldText(result, by), ...notes];
    return { text: lines.join('\n'), json: { ...result, by } };
  },
});
