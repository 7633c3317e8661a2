import { journalFacts } from '../core/journal-record.ts';
import { REASONS, type ReasonCode } from '../core/reasons.ts';
import { timeOfDay } from './log.ts';
import { printable, type Style, type Terminal } from './terminal.ts';

const PATH_WIDTH = 32;

function styleOf(status: number): Style {
  if (status >= 500) return 'red';
  if (status >= 400) return 'yellow';
  return status === 0 ? 'dim' : 'green';
}

/** One line about a request, from its journal record. */
export function requestLine(record: Readonly<Record<string, unknown>>, terminal: Terminal): string {
  const { at, status, method, path, durationNs, effect, reason, id, user } = journalFacts(record);
  const code = terminal.paintErr(styleOf(status), status === 0 ? '---' : String(status));
  const what = printable(`${method} ${path}`.trim()).padEnd(PATH_WIDTH);
  const took = `${(durationNs / 1e6).toFixed(1)} ms`.padStart(9);
  const line = `${terminal.paintErr('dim', timeOfDay(new Date(at)))} ${code} ${what} ${took}`;
  if (effect !== 'deny' && reason !== 'request.aborted')
    return user === '' ? line : `${line}  ${printable(user)}`;
  const title = Object.hasOwn(REASONS, reason) ? REASONS[reason as ReasonCode].title : '';
  return `${line}  ${title} (${printable(reason)})  ${terminal.paintErr('dim', `explain ${printable(id)}`)}`;
}
