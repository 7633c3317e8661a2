import type { ResultOf } from '../control/operations.ts';
import { printable, type Terminal, table } from './terminal.ts';

type Shown = ResultOf<'getLimitException'>['exception'];
type Told = Pick<ResultOf<'removeLimitException'>, 'slowestMs' | 'nodes'>;

/** Whom an exception is for, in a few words. */
export function whomText({ subject, value, issuer }: Shown): string {
  const of = issuer === '' ? '' : ` of ${printable(issuer)}`;
  return `${subject === 'key-owner' ? 'keys of' : subject} ${printable(value)}${of}`;
}

/** Which limits it changes. */
export function whereText({ api, endpoint, limit }: Shown): string {
  const route = api === '' ? 'all APIs' : endpoint === '' ? api : `${api}/${endpoint}`;
  return limit === '' ? printable(route) : printable(`limit ${limit} of ${route}`);
}

/** Who knows of a change, in a sentence. */
export function toldText({ slowestMs, nodes }: Told, by: string): string {
  if (by !== 'gateway') return 'No gateway runs here; the next one to start reads it from the database.';
  const others =
    nodes.length === 0 ? '' : ` So do the gateways ${nodes.map(({ name }) => printable(name)).join(', ')}.`;
  return `Every thread knows since ${slowestMs.toFixed(1)} ms after the change.${others}`;
}

/** All that is known of an exception, a line each. */
export function exceptionLines(one: Shown, terminal: Terminal): string[] {
  return [
    terminal.paint('bold', `Exception ${one.id}`),
    ...table([
      ['Status', one.status],
      ['For', whomText(one)],
      ['Limits', printable(one.change)],
      ['Where', whereText(one)],
      ['Owner', printable(one.owner)],
      ['Reason', printable(one.reason)],
      ['Approved by', printable(one.approvedBy) || '-'],
      ['Created', `${one.createdAt}${one.createdBy === '' ? '' : ` by ${printable(one.createdBy)}`}`],
      ['Ends', one.expiresAt],
    ]),
  ];
}
