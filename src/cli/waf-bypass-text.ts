import type { ResultOf } from '../control/operations.ts';
import { printable, type Terminal, table } from './terminal.ts';

type Shown = ResultOf<'listWafBypasses'>['bypasses'][number];

/** What a bypass is about, in a few words. */
export function scopeText({ rule, path, parameter, network }: Shown): string {
  return [
    rule === 0 ? 'every rule' : `rule ${rule}`,
    parameter === '' ? '' : `in ${printable(parameter)}`,
    path === '' ? '' : `at ${printable(path)}`,
    network === '' ? '' : `from ${network}`,
  ]
    .filter((part) => part !== '')
    .join(' ');
}

const proofText = (isProven: boolean): string => (isProven ? '' : ' (as said, not shown)');

/** All that is known of a bypass, a line each. */
export function bypassLines(one: Shown, terminal: Terminal): string[] {
  return [
    terminal.paint('bold', `Bypass ${one.id}`),
    ...table([
      ['Status', one.status],
      ['For', scopeText(one)],
      ['Owner', printable(one.owner)],
      ['Reason', printable(one.reason)],
      ['Asked for', `${one.createdAt} by ${printable(one.requestedBy) || '?'}${proofText(one.isProven)}`],
      [
        'Approved',
        one.approvedAt === null
          ? '-'
          : `${one.approvedAt} by ${printable(one.approver)}${proofText(one.isProven)}`,
      ],
      ['Holds for', `${one.hours} h from its approval on`],
      [one.status === 'waiting' ? 'Lapses' : 'Ends', one.expiresAt],
      [
        'Ended',
        one.endedAt === null
          ? '-'
          : `${one.endedAt}${one.endedBy === '' ? '' : ` by ${printable(one.endedBy)}`}`,
      ],
      [
        'Let through',
        `${one.letThrough} requests that would have been blocked, of ${one.requests} that it touched`,
      ],
    ]),
  ];
}
