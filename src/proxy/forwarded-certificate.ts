import { ClientCertificate } from '../core/certificate.ts';
import { type Decision, deny } from '../core/decision.ts';
import { parseByteSequence, parseByteSequences } from '../lib/http/byte-sequence.ts';
import { type FieldLines, ownCopy } from '../lib/http/field-lines.ts';
import { MAX_CERTIFICATE_BYTES } from '../lib/x509/certificate.ts';
import type { ConnectionFacts } from './exchange.ts';
import { isTrusted, type ReadSettings } from './settings.ts';

const CERTIFICATE = 'client-cert';
const CHAIN = 'client-cert-chain';
const MAX_CHAIN = 8;

const UNREADABLE = deny('protocol.field', {
  detail: 'Client-Cert or Client-Cert-Chain of the trusted proxy is not what RFC 9440 says',
});

/** Characters of field values whose certificates are remembered. */
const MAX_REMEMBERED = 4 * 1_048_576;
const remembered = new Map<string, ClientCertificate>();
let rememberedChars = 0;

/**
 * The certificate that a request comes with: that of the connection or, on a listener where trusted proxies pass it
 * on (RFC 9440), the one that the proxy says.
 *
 * Safety: there a trusted proxy speaks for its clients and never for itself. What it does not say is no certificate, even
 * where its own connection showed one. From everybody else the fields mean nothing; they are gone by now, see
 * field-rules.ts.
 * Cost: a certificate that was seen not long ago is a lookup.
 */
export function certificateOf(
  connection: ConnectionFacts,
  claimed: FieldLines,
  settings: ReadSettings,
): ClientCertificate | null | Decision {
  if (!settings.certificateFields.has(connection.listener) || !isTrusted(settings, connection.peer)) {
    return connection.certificate;
  }
  const own = claimed.get(CERTIFICATE);
  const chain = claimed.joined(CHAIN);
  // RFC 9440, 2.3: a chain without a certificate means nothing.
  if (own === null) return chain === null ? null : UNREADABLE;
  if (claimed.count(CERTIFICATE) !== 1) return UNREADABLE;
  const key = `${connection.listener}\n${own}\n${chain ?? ''}`;
  const known = remembered.get(key);
  if (known !== undefined) return known;
  const certificate = parseFields(own, chain);
  if (certificate === null) return UNREADABLE;
  remember(ownCopy(key), certificate);
  return certificate;
}

function parseFields(own: string, chain: string | null): ClientCertificate | null {
  const der = parseByteSequence(own);
  const others = chain === null ? [] : parseByteSequences(chain, MAX_CHAIN);
  if (der === null || der.length === 0 || others === null) return null;
  if ([der, ...others].some(({ length }) => length > MAX_CERTIFICATE_BYTES)) return null;
  return new ClientCertificate(der, others, true, '');
}

/** The certificates of different listeners are different objects: what is found out about one is kept with it. */
function remember(key: string, certificate: ClientCertificate): void {
  remembered.set(key, certificate);
  rememberedChars += key.length;
  for (const oldest of remembered.keys()) {
    if (rememberedChars <= MAX_REMEMBERED) return;
    remembered.delete(oldest);
    rememberedChars -= oldest.length;
  }
}
