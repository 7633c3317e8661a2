import type { ResultOf } from '../control/operations.ts';
import { CONFIG_OPTION, defineCommand } from './command.ts';
import { UsageError } from './failure.ts';
import { operateAnywhere } from './operate.ts';
import { getTarget } from './target.ts';
import { printable, type Terminal } from './terminal.ts';
import { radiusLines, usageSentence } from './usage-text.ts';

type Report = ResultOf<'compromiseKey'>;

function sinceOf(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  if (/^\d{4}-\d\d-\d\d/.test(text) && Number.isFinite(Date.parse(text))) return text;
  throw new UsageError('--since is an instant, such as 2026-11-20T08:00:00Z.', 'key compromise');
}

function textOf(report: Report, terminal: Terminal): string {
  const { record, key, successor, leaks, radius, notes } = report;
  const lines = [
    terminal.paint(
      'bold',
      `Key ${record.id} (${printable(record.name)}) is revoked since ${record.revokedAt}.`,
    ),
    usageSentence(report),
  ];
  if (radius.firstUse !== null) lines.push(`First used ${radius.firstUse}, last used ${radius.lastUse}.`);
  if (radius.since !== null) lines.push(`NEW marks what was first used at or after ${radius.since}.`);
  lines.push(...radiusLines(radius, terminal));
  for (const { place, at } of leaks) lines.push(`Found in ${printable(place)}, told ${at}.`);
  lines.push('');
  if (key !== null)
    lines.push(terminal.paint('bold', key), 'This successor has the same rights. It is not shown again.');
  else if (successor !== null) lines.push(`Its successor is ${successor.id} (${successor.status}).`);
  return [...lines, ...notes.map((note) => terminal.paint('yellow', note))].join('\n');
}

/** `portcullis key compromise`. */
export const keyCompromise = defineCommand({
  name: 'key compromise',
  summary: 'Revoke a compromised API key and report what it may have been used for.',
  about: [
    'Revokes first and waits until no thread accepts the key. Then it reports endpoints, methods, addresses and countries with first and last use, makes a successor with the same rights, and raises a notice.',
    'May be asked again: the key stays revoked, the report is made anew, and there is no second successor.',
  ],
  words: ['ID'],
  options: {
    since: {
      kind: 'text',
      value: 'INSTANT',
      summary: 'When it may have got out: what was first used later is marked as new.',
    },
    'no-successor': { kind: 'flag', summary: 'Make no key in its place.' },
    config: CONFIG_OPTION,
  },
  examples: [
    ['portcullis key compromise 4fQ0Zt8s --since 2026-11-20T08:00:00Z', 'The whole answer to a leak.'],
    [
      'portcullis key compromise 4fQ0Zt8s --json > report.json',
      'For a program. Holds the successor: keep it safe.',
    ],
  ],
  exits: {
    0: 'No thread accepts the key any more; the report is shown.',
    1: 'There is no such key, or not every thread has acknowledged: the sentence says which.',
  },
  run: async ({ values, words: [id = ''], terminal }) => {
    const body = { since: sinceOf(values.since), successor: !values['no-successor'] };
    const input = { params: { id }, body };
    const { result, by } = await operateAnywhere(getTarget(values.config), 'compromiseKey', input);
    return {
      text: textOf(result, terminal),
      json: { ...result, by },
      exitCode: result.isAcknowledged ? 0 : 1,
    };
  },
});
