import { STATUS_CODES } from 'node:http';
import type { FieldLines } from '../lib/http/field-lines.ts';
import { parseContentLength } from '../lib/http/fields.ts';
import { CHUNKED, type Framing, UNTIL_CLOSE } from '../lib/http1/framing.ts';
import { fieldSection, HEAD_END } from '../lib/http1/serialize.ts';

const statusLines = new Map<number, string>();

/** Writes a status line, without its line end. */
export function statusLine(status: number): string {
  const known = statusLines.get(status);
  if (known !== undefined) return known;
  const line = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`;
  if (status >= 100 && status <= 599) statusLines.set(status, line);
  return line;
}

let dateLine = '';
let dateS = 0;

/** Writes the Date field (RFC 9110, 6.6.1) of this second. */
function dateField(): string {
  const nowMs = Date.now();
  const nowS = Math.floor(nowMs / 1000);
  if (nowS !== dateS) {
    dateS = nowS;
    dateLine = `\r\nDate: ${new Date(nowMs).toUTCString()}`;
  }
  return dateLine;
}

/** Finds how an answer with these fields is framed for a client; the fields hold no Transfer-Encoding. */
export function answerFraming(status: number, lines: FieldLines, method: string, version: string): Framing {
  if (method === 'HEAD' || status === 204 || status === 304) return 0;
  const at = lines.names.indexOf('content-length');
  if (at >= 0) return parseContentLength(lines.values[at] as string) ?? UNTIL_CLOSE;
  return version === '1.1' ? CHUNKED : UNTIL_CLOSE;
}

/** What the Connection field of an answer says; '' where nothing has to be said. */
export function connectionField(isClosing: boolean, version: string): string {
  if (isClosing) return '\r\nConnection: close';
  // RFC 9112, 9.3: in HTTP/1.0 it is what keeps the connection.
  return version === '1.0' ? '\r\nConnection: keep-alive' : '';
}

/** Writes the head of an answer. */
export function answerHead(status: number, lines: FieldLines, framing: Framing, connection: string): string {
  const date = lines.names.includes('date') ? '' : dateField();
  const coding = framing === CHUNKED ? '\r\nTransfer-Encoding: chunked' : '';
  return `${statusLine(status)}${fieldSection(lines)}${date}${coding}${connection}${HEAD_END}`;
}
