import { type Decision, deny } from '../core/decision.ts';
import { type FieldLine, FieldLines } from '../lib/http/field-lines.ts';
import { parseConnectionOptions } from '../lib/http/fields.ts';
import type { Exchange } from './exchange.ts';
import { mayBeConnectionNamed, ruleOf } from './field-rules.ts';

const BAD_CONNECTION = deny('protocol.field', { detail: 'Connection is not a list of tokens' });
const CONNECTION_ATTACK = deny('protocol.field', { detail: 'Connection names an end-to-end field' });
const TWO_HOSTS = deny('protocol.host', { detail: 'more than one Host field' });
const UPGRADE_WITH_BODY = deny('protocol.upgrade', { detail: 'an upgrade to websocket with a body' });

/** Shared by the requests that have none, and never written. */
const NONE = new FieldLines();

/** The header fields of a request, sorted by what may be done with them. */
export class RequestFields {
  /** Fields that stages and the upstream may see. */
  readonly kept = new FieldLines();
  host: string | null = null;
  /** Forwarding fields as received; believed only from a trusted proxy. */
  claimed: FieldLines = NONE;
  connection: string | null = null;
  /** Protocols the client would like to switch to. */
  upgrade: string | null = null;
  /** Whether the client takes trailer fields (TE: trailers). */
  takesTrailers = false;
}

/**
 * Sorts header fields, which the codec found well-formed, and refuses ambiguous ones. The length of the body is the
 * codec's to know, so that nobody else can come to another one.
 *
 * Cost: one pass over the lines.
 */
export function readFields(exchange: Exchange): RequestFields | Decision {
  const { lines, names, values } = exchange.fields;
  const fields = new RequestFields();
  const { kept } = fields;
  for (let i = 0; i < names.length; i++) {
    const name = names[i] as string;
    const line = lines[i] as FieldLine;
    if (ruleOf(line.name) === 'keep') {
      kept.addLine(line);
    } else if (name === 'host' && fields.host !== null) return TWO_HOSTS;
    else takeSpecial(fields, name, values[i] as string);
  }
  return fields.connection === null ? fields : settle(fields, exchange);
}

function takeSpecial(fields: RequestFields, name: string, value: string): void {
  switch (name) {
    case 'host':
      fields.host = value;
      break;
    case 'content-length':
    case 'transfer-encoding':
      break;
    case 'connection':
      fields.connection = fields.connection === null ? value : `${fields.connection},${value}`;
      break;
    case 'upgrade':
      fields.upgrade = fields.upgrade === null ? value : `${fields.upgrade},${value}`;
      break;
    case 'te':
      fields.takesTrailers = /(^|[,\s])trailers([,;\s]|$)/i.test(value);
      break;
    default:
      if (fields.claimed === NONE) fields.claimed = new FieldLines();
      fields.claimed.addParsed(name, value);
  }
}

/** Does what Connection asks for. */
function settle(fields: RequestFields, { httpVersion, hasBody }: Exchange): RequestFields | Decision {
  const options = parseConnectionOptions(fields.connection as string);
  if (options === null) return BAD_CONNECTION;
  // One reader would take the body for a body, another one for frames of the protocol that was asked for.
  if (hasBody && httpVersion === '1.1' && options.includes('upgrade') && asksForWebSocket(fields))
    return UPGRADE_WITH_BODY;
  for (const option of options) {
    if (!mayBeConnectionNamed(option)) return CONNECTION_ATTACK;
    fields.kept.remove(option);
  }
  return fields;
}

function asksForWebSocket({ upgrade }: RequestFields): boolean {
  return upgrade !== null && /(^|[,\s])websocket([,/\s]|$)/i.test(upgrade);
}
