import { type Decision, deny } from '../core/decision.ts';
import type { ReasonCode } from '../core/reasons.ts';

/** An error of the parser of node:http. */
export interface ParserError extends NodeJS.ErrnoException {
  /** The parser's own words. */
  readonly reason?: string;
  /** The bytes it was reading. */
  readonly rawPacket?: Buffer;
}

/** What the parser's codes mean; any other of its codes is `protocol.malformed`. */
const REASONS_OF: Readonly<Record<string, ReasonCode>> = {
  HPE_HEADER_OVERFLOW: 'protocol.header-size',
  HPE_INVALID_TRANSFER_ENCODING: 'protocol.transfer-coding',
  HPE_INVALID_CONTENT_LENGTH: 'protocol.content-length',
  HPE_UNEXPECTED_CONTENT_LENGTH: 'protocol.framing',
  HPE_INVALID_HEADER_TOKEN: 'protocol.field',
  HPE_UNEXPECTED_SPACE: 'protocol.field',
  HPE_INVALID_URL: 'protocol.target',
  HPE_INVALID_VERSION: 'protocol.version',
};

const HEADER_TIMEOUT = deny('protocol.timeout', {
  detail: 'the header took longer than limits.headerTimeoutMs',
});

/** Finds the reason of a parser error: some codes stand for more than one fault, which only the text tells apart. */
function reasonOf(code: string, text: string): ReasonCode {
  if (text.includes("can't be present")) return 'protocol.framing';
  if (text.includes('after version')) return 'protocol.malformed';
  return REASONS_OF[code] ?? 'protocol.malformed';
}

/** Says what a parser error means; null for errors that are none of the parser's, such as a reset connection. */
export function parserRefusal({ code = '', reason = '' }: ParserError, isInBody: boolean): Decision | null {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return HEADER_TIMEOUT;
  if (!code.startsWith('HPE_')) return null;
  // What breaks inside a body is the chunk framing, whatever the parser calls it.
  return deny(isInBody ? 'protocol.chunk' : reasonOf(code, reason), { detail: `${code}: ${reason}` });
}

/**
 * Finds the request line in what the parser refused, for the journal; '' when there is none for certain.
 *
 * Safety: a packet may begin anywhere, so its first line may be a credential or a piece of a body.
 */
export function requestLineOf({ rawPacket }: ParserError): string {
  const line = rawPacket?.toString('latin1', 0, 512).split('\r\n', 1)[0] ?? '';
  return /^[A-Z-]{1,32} [!-~]+ [A-Z]{1,8}\/[0-9.]+$/.test(line) ? line : '';
}
