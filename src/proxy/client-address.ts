import { type Decision, deny } from '../core/decision.ts';
import type { FieldLines } from '../lib/http/field-lines.ts';
import { clientFrom, parseForwarded, parseXForwardedFor } from '../lib/http/forwarded.ts';
import { formatIp, type Ip } from '../lib/ip/address.ts';
import type { ConnectionFacts } from './exchange.ts';
import { isTrusted, type ReadSettings } from './settings.ts';

/** Who the client is, after believing trusted proxies and nobody else. */
export interface ClientFacts {
  readonly address: Ip;
  readonly secure: boolean;
  /** Request id given by a trusted proxy; '' when there is none to take over. */
  readonly requestId: string;
  /** Value of `X-Forwarded-For` for the upstream. */
  readonly forwardedFor: string;
}

const REQUEST_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{7,63}$/;
const UNREADABLE = deny('protocol.field', {
  detail: 'the Forwarded field of the trusted proxy cannot be read',
});
const CONTRADICTION = deny('protocol.field', {
  detail: 'Forwarded and X-Forwarded-For name different clients',
});
const texts = new WeakMap<Ip, string>();

/** Formats an address; an address object is formatted once. */
export function textOf(ip: Ip): string {
  const known = texts.get(ip);
  if (known !== undefined) return known;
  const text = formatIp(ip);
  texts.set(ip, text);
  return text;
}

/**
 * Finds the client behind trusted proxies.
 *
 * Safety: without a trusted peer every forwarding field is a claim of the client's and means nothing. A trusted proxy
 * writes one of the two fields and may pass the other on as the client sent it: two that disagree, or one that
 * cannot be read, refuse the request. The harmless error is a refusal that points at the proxy's set-up.
 */
export function readClient(
  connection: ConnectionFacts,
  claimed: FieldLines,
  settings: ReadSettings,
): ClientFacts | Decision {
  const { peer } = connection;
  if (settings.trustedProxies.size === 0 || !isTrusted(settings, peer)) {
    return { address: peer, secure: connection.secure, requestId: '', forwardedFor: textOf(peer) };
  }
  const hops = parseForwarded(claimed.joined('forwarded') ?? '');
  if (hops === null) return UNREADABLE;
  const older = claimed.joined('x-forwarded-for');
  const isTrustedHop = (ip: Ip): boolean => isTrusted(settings, ip);
  const fromOlder = older === null ? null : clientFrom(parseXForwardedFor(older), peer, isTrustedHop);
  const fromHops =
    hops.length === 0
      ? null
      : clientFrom(
          hops.map((hop) => hop.for),
          peer,
          isTrustedHop,
        );
  if (fromOlder !== null && fromHops !== null && textOf(fromOlder) !== textOf(fromHops)) return CONTRADICTION;
  const address = fromOlder ?? fromHops ?? peer;
  const requestId = claimed.get('x-request-id') ?? '';
  const proto = older === null && hops.length > 0 ? (hops.at(-1)?.proto ?? null) : protoOf(claimed);
  return {
    address,
    secure: connection.secure || proto === 'https',
    requestId: REQUEST_ID.test(requestId) && claimed.count('x-request-id') === 1 ? requestId : '',
    forwardedFor: address === peer ? textOf(peer) : `${textOf(address)}, ${textOf(peer)}`,
  };
}

/** Scheme that the nearest trusted proxy saw, by the older field. */
function protoOf(claimed: FieldLines): string | null {
  return claimed.joined('x-forwarded-proto')?.split(',').at(-1)?.trim().toLowerCase() ?? null;
}
