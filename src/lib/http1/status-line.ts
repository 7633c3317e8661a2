import type { Http1Fault } from './faults.ts';
import type { StartLine } from './head-reader.ts';

/** The first line of an answer, without its reason phrase, which nobody may rely on (RFC 9112, 4). */
export interface StatusLine {
  readonly status: number;
  readonly version: '1.0' | '1.1';
}

const SP = 0x20;
const LF = 0x0a;
const STATUS_END = 'HTTP/1.1 200'.length;

/** Reads a status line; the reason phrase, and the blank before it, may be missing. */
export function parseStatusLine(text: string, from: number, end: number): StatusLine | Http1Fault {
  const statusEnd = from + STATUS_END;
  if (end < statusEnd || !text.startsWith('HTTP/1.', from) || text.charCodeAt(from + 8) !== SP)
    return 'status-line';
  const minor = text.charCodeAt(from + 7);
  if (minor !== 0x31 && minor !== 0x30) return 'version';
  if (end > statusEnd && text.charCodeAt(statusEnd) !== SP) return 'status-line';
  let status = 0;
  for (let i = from + 9; i < statusEnd; i++) {
    const digit = text.charCodeAt(i) - 0x30;
    if (digit < 0 || digit > 9) return 'status-line';
    status = status * 10 + digit;
  }
  if (status < 100 || status > 599) return 'status';
  return { status, version: minor === 0x31 ? '1.1' : '1.0' };
}

/** Names what a character that ends a line too early, or may not stand in one, is there for. */
export function statusLineFault(text: string, _from: number, at: number): Http1Fault {
  return text.charCodeAt(at) === LF ? 'bare-lf' : 'status-line';
}

export const STATUS_LINE: StartLine<StatusLine> = {
  parse: parseStatusLine,
  faultAt: statusLineFault,
  tooLong: 'status-line-size',
  emptyLines: 0,
};
