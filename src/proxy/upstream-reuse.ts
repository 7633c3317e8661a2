import type { FieldLines } from '../lib/http/field-lines.ts';
import { parseConnectionOptions } from '../lib/http/fields.ts';

/**
 * Whether a connection may be used again after this answer (RFC 9112, 9.3).
 *
 * Safety: a 204 that announces a body may send it after all, late enough to be taken for the next answer.
 */
export function canBeKept(lines: FieldLines, version: '1.0' | '1.1', status: number): boolean {
  if (status === 204 && (lines.get('content-length') ?? '0') !== '0') return false;
  const connection = lines.joined('connection');
  if (connection === null) return version === '1.1';
  const options = parseConnectionOptions(connection);
  if (options === null || options.includes('close')) return false;
  return version === '1.1' || options.includes('keep-alive');
}

/** How long the upstream says it keeps an idle connection, in milliseconds; infinite where it does not. */
export function keepAliveHint(lines: FieldLines): number {
  const timeout = /(?:^|[,\s])timeout=([0-9]{1,6})(?:[,\s]|$)/i.exec(lines.get('keep-alive') ?? '');
  return timeout === null ? Number.POSITIVE_INFINITY : Number(timeout[1]) * 1000;
}

/** Whether a 101 switches to the protocol that was asked for (RFC 9110, 7.8); `asked` is lower-case, '' for none. */
export function hasSwitched(lines: FieldLines, asked: string): boolean {
  if (asked === '' || lines.joined('upgrade')?.toLowerCase() !== asked) return false;
  return parseConnectionOptions(lines.joined('connection') ?? '')?.includes('upgrade') === true;
}
