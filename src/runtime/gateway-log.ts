export type LogLevel = 'info' | 'warn' | 'error';

/** Takes one event of the gateway itself; requests are in the journal. */
export type Log = (level: LogLevel, message: string, fields?: Record<string, unknown>) => void;

/** What to log of something that was thrown. */
export function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
