import type { ResultOf } from '../control/operations.ts';
import { CONFIG_OPTION, defineCommand } from './command.ts';
import { operateAnywhere } from './operate.ts';
import { getTarget } from './target.ts';
import { printable, type Terminal, table } from './terminal.ts';
import { radiusLines, usageSentence } from './usage-text.ts';

type Shown = ResultOf<'getKey'>;

const words = (list: readonly string[]): string => list.join(' ') || 'all';

function relatedRows({ predecessor, successor }: Shown['related']): string[][] {
  const row = (title: string, key: NonNullable<typeof predecessor>) => [
    title,
    `${key.id} (${key.status}), last used ${key.lastUsedAt ?? 'never'}`,
  ];
  return [
    ...(predecessor === null ? [] : [row('Replaces', predecessor)]),
    ...(successor === null ? [] : [row('Replaced by', successor)]),
  ];
}

function lifeRows(key: Shown): string[][] {
  const { delivery } = key;
  const place = delivery === null ? '' : 'file' in delivery ? delivery.file : `webhook ${delivery.webhook}`;
  const rotation = `every ${key.rotateEveryDays} days to ${printable(place)}, next ${key.nextRotationAt ?? 'never'}`;
  return [
    ['Created', key.createdAt],
    [key.status === 'grace' ? 'Grace ends' : 'Expires', key.expiresAt ?? 'never'],
    ...(key.revokedAt === null ? [] : [['Revoked', key.revokedAt]]),
    ...(key.rotateEveryDays === 0 ? [] : [['Rotation', rotation]]),
    ...relatedRows(key.related),
  ];
}

function rowsOf(key: Shown): string[][] {
  const limits = key.limits;
  const numbers =
    limits === null
      ? 'none of its own'
      : `${limits.perMinute || '-'} a minute, ${limits.perHour || '-'} an hour, ${limits.perDay || '-'} a day`;
  return [
    ['Name', printable(key.name)],
    ['Begins', `${key.prefix}…`],
    ['Status', key.status],
    ['Owner', printable(key.owner) || '-'],
    ['Kind', key.kind],
    ...(key.client === '' ? [] : [['Client', printable(key.client)]]),
    ['Scopes', key.scopes.join(' ') || 'none'],
    ['Roles', key.roles.join(' ') || 'none'],
    ['Tier', key.tier || 'default'],
    ['APIs', words(key.apis)],
    ['Endpoints', words(key.endpoints)],
    ['Methods', words(key.methods)],
    ['Countries', words(key.countries)],
    ['Limits', numbers],
    ...lifeRows(key),
  ];
}

function textOf(key: Shown, terminal: Terminal): string {
  return [
    terminal.paint('bold', `Key ${key.id}`),
    ...table(rowsOf(key)),
    '',
    usageSentence(key),
    ...radiusLines(key.activity, terminal),
  ].join('\n');
}

/** `portcullis key show`. */
export const keyShow = defineCommand({
  name: 'key show',
  summary: 'Show an API key: its rights, its successor, what it was used for.',
  about: [
    'During a rotation the line `Replaced by`, and with the successor `Replaces`, tell when the other key was used last.',
  ],
  words: ['ID'],
  options: { config: CONFIG_OPTION },
  examples: [['portcullis key show 4fQ0Zt8s', 'Takes the id that `portcullis key list` shows.']],
  exits: { 0: 'The key is shown.', 1: 'There is none, or it cannot be read: the sentence says why.' },
  run: async ({ values, words: [id = ''], terminal }) => {
    const { result } = await operateAnywhere(getTarget(values.config), 'getKey', { params: { id } });
    return { text: textOf(result, terminal), json: result };
  },
});
