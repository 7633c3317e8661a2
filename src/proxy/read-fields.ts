import { type Decision, deny } from '../core/decision.ts';
import { FieldLines, lowerName } from '../lib/http/field-lines.ts';
import { isFieldValue, isToken, parseConnectionOptions, parseContentLength } from '../lib/http/fields.ts';
import { mayBeConnectionNamed, ruleOf } from './field-rules.ts';

const BAD_NAME = deny('protocol.field', { detail: 'a field name is not a token' });
const BAD_VALUE = deny('protocol.field', { detail: 'a field value has a control character' });
const BAD_CONNECTION = deny('protocol.field', { detail: 'Connection is not a list of tokens' });
const CONNECTION_ATTACK = deny('protocol.field', { detail: 'Connection names an end-to-end field' });
const TWO_HOSTS = deny('protocol.host', { detail: 'more than one Host field' });
const TWO_LENGTHS = deny('protocol.framing', { detail: 'more than one Content-Length field' });
const BAD_LENGTH = deny('protocol.content-length');
const TWO_CODINGS = deny('protocol.framing', { detail: 'more than one Transfer-Encoding field' });
const BAD_CODING = deny('protocol.transfer-coding');
const LENGTH_AND_CODING = deny('protocol.framing', { detail: 'Content-Length and Transfer-Encoding' });
const OLD_CODING = deny('protocol.transfer-coding', { detail: 'Transfer-Encoding in HTTP/1.0' });
const UPGRADE_WITH_BODY = deny('protocol.upgrade', { detail: 'an upgrade to websocket with a body' });
const HTTP2_HOP = deny('protocol.field', { detail: 'a connection-specific field in HTTP/2' });

/** The header fields of a request, sorted by what may be done with them. */
export class RequestFields {
  /** Fields that stages and the upstream may see. */
  readonly kept: FieldLines;
  host: string | null = null;
  contentLength = -1;
  isChunked = false;
  /** Forwarding fields as received; believed only from a trusted proxy. */
  readonly claimed: FieldLines;
  connection: string | null = null;
  /** Protocols the client would like to switch to. */
  upgrade: string | null = null;
  /** Whether the client takes trailer fields (TE: trailers). */
  takesTrailers = false;

  constructor() {
    this.kept = new FieldLines([], [], []);
    this.claimed = new FieldLines([], [], []);
  }
}

/**
 * Sorts header fields and refuses ambiguous ones.
 *
 * Cost: one pass over the lines.
 */
export function readFields(flat: readonly string[], httpVersion: string): RequestFields | Decision {
  const fields = new RequestFields();
  for (let i = 0; i + 1 < flat.length; i += 2) {
    const name = flat[i] as string;
    const value = flat[i + 1] as string;
    if (name.charCodeAt(0) === 0x3a) continue; // HTTP/2 pseudo-fields are read by the codec
    if (!isToken(name)) return BAD_NAME;
    if (!isFieldValue(value)) return BAD_VALUE;
    const lower = lowerName(name);
    const rule = ruleOf(lower);
    if (rule === 'keep') {
      fields.kept.rawNames.push(name);
      fields.kept.names.push(lower);
      fields.kept.values.push(value);
      continue;
    }
    const problem = takeSpecial(fields, lower, value, httpVersion);
    if (problem !== null) return problem;
  }
  return settle(fields, httpVersion);
}

function takeSpecial(
  fields: RequestFields,
  name: string,
  value: string,
  httpVersion: string,
): Decision | null {
  switch (name) {
    case 'host':
      if (fields.host !== null) return TWO_HOSTS;
      fields.host = value;
      return null;
    case 'content-length': {
      if (fields.contentLength >= 0) return TWO_LENGTHS;
      const length = parseContentLength(value);
      if (length === null) return BAD_LENGTH;
      fields.contentLength = length;
      return null;
    }
    case 'transfer-encoding':
      if (httpVersion === '2') return HTTP2_HOP;
      if (fields.isChunked) return TWO_CODINGS;
      if (value.toLowerCase() !== 'chunked') return BAD_CODING;
      fields.isChunked = true;
      return null;
    case 'connection':
      if (httpVersion === '2') return HTTP2_HOP;
      fields.connection = fields.connection === null ? value : `${fields.connection},${value}`;
      return null;
    case 'upgrade':
      fields.upgrade = fields.upgrade === null ? value : `${fields.upgrade},${value}`;
      return null;
    case 'te':
      fields.takesTrailers = /(^|[,\s])trailers([,;\s]|$)/i.test(value);
      return null;
    default:
      fields.claimed.add(name, value);
      return null;
  }
}

/** Checks what only all fields together can tell. */
function settle(fields: RequestFields, httpVersion: string): RequestFields | Decision {
  if (fields.isChunked && httpVersion === '1.0') return OLD_CODING;
  // RFC 9112, 6.3: a message with both is an attempt at request smuggling.
  if (fields.isChunked && fields.contentLength >= 0) return LENGTH_AND_CODING;
  if (fields.connection === null) return fields;
  const options = parseConnectionOptions(fields.connection);
  if (options === null) return BAD_CONNECTION;
  // One reader would take the body for a body, another one for frames of the protocol that was asked for.
  if (options.includes('upgrade') && asksForWebSocket(fields) && httpVersion === '1.1')
    if (fields.isChunked || fields.contentLength > 0) return UPGRADE_WITH_BODY;
  for (const option of options) {
    if (!mayBeConnectionNamed(option)) return CONNECTION_ATTACK;
    fields.kept.remove(option);
  }
  return fields;
}

function asksForWebSocket({ upgrade }: RequestFields): boolean {
  return upgrade !== null && /(^|[,\s])websocket([,/\s]|$)/i.test(upgrade);
}

/** Counts the bytes of field lines, given flat: `Name: value` with its line end. */
export function bytesOf(flat: readonly string[]): number {
  let bytes = 0;
  for (let i = 0; i < flat.length; i++) bytes += (flat[i] as string).length + 2;
  return bytes;
}
