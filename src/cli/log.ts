import { destination, pino } from 'pino';
import type { GatewayOptions } from '../gateway.ts';
import { printable, type Style, type Terminal } from './terminal.ts';

export type Log = GatewayOptions['log'];

const STDERR = 2;

/** Logs JSON lines to standard error, each complete when the call returns. */
export function jsonLog(): Log {
  const logger = pino(
    {
      base: { pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination({ dest: STDERR, sync: true }),
  );
  return (level, message, fields) => logger[level](fields ?? {}, message);
}

const STYLES: Readonly<Record<Parameters<Log>[0], Style>> = { info: 'dim', warn: 'yellow', error: 'red' };

/** Time of day on this machine, as `14:03:59`. */
export function timeOfDay(instant: Date): string {
  return instant.toTimeString().slice(0, 'hh:mm:ss'.length);
}

interface Told {
  readonly message?: unknown;
  readonly pointer?: unknown;
}

/** Logs lines for people to standard error. */
export function humanLog(terminal: Terminal): Log {
  return (level, message, fields = {}) => {
    const time = terminal.paintErr('dim', timeOfDay(new Date()));
    terminal.err(`${time} ${terminal.paintErr(STYLES[level], printable(message))}`);
    for (const problem of Array.isArray(fields.problems) ? (fields.problems as Told[]) : []) {
      terminal.err(`         ${printable(`${problem.pointer || '/'}: ${problem.message}`)}`);
    }
    if (typeof fields.stack === 'string') terminal.err(fields.stack);
  };
}
