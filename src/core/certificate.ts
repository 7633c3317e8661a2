import { createHash } from 'node:crypto';
import { type CertificateFacts, parseCertificate } from '../lib/x509/certificate.ts';
import type { AlternativeNames } from '../lib/x509/extensions.ts';

const NO_NAMES: AlternativeNames = { dns: [], uri: [], email: [] };

/**
 * The certificate that a client proved to have the key of: in the handshake of its connection, or towards a trusted
 * proxy that says so.
 *
 * Safety: nothing here says that anybody vouches for it. That is for whoever relies on its names to find out; the
 * `mtls` method does. A thumbprint can be relied on without (RFC 8705, section 3).
 */
export class ClientCertificate {
  /** SHA-256 over the certificate, base64url: what `x5t#S256` is compared with. */
  readonly thumbprintS256: string;
  /** The same in lower-case hexadecimal. */
  readonly thumbprint: string;
  /** RFC 4514; '' when the certificate cannot be read. */
  readonly subject: string;
  readonly san: AlternativeNames;
  /** Hexadecimal. */
  readonly serial: string;
  /** Epoch milliseconds; 0 when the certificate cannot be read. */
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  readonly der: Uint8Array;
  /** The other certificates that were sent with it, as received. */
  readonly chain: readonly Uint8Array[];
  /** Whether a trusted proxy passed it on, so that its handshake was the proxy's. */
  readonly viaProxy: boolean;
  /** What OpenSSL concluded in the handshake, such as `CERT_HAS_EXPIRED`; '' when the proxy did it. */
  readonly tlsVerified: string;
  /** Everything it says; null when it cannot be read in one way only. */
  readonly facts: CertificateFacts | null;
  #field = '';

  constructor(der: Uint8Array, chain: readonly Uint8Array[], viaProxy: boolean, tlsVerified: string) {
    const digest = createHash('sha256').update(der).digest();
    const facts = parseCertificate(der);
    this.thumbprintS256 = digest.toString('base64url');
    this.thumbprint = digest.toString('hex');
    this.subject = facts?.subject.text ?? '';
    this.san = facts?.names ?? NO_NAMES;
    this.serial = facts?.serial ?? '';
    this.notBeforeMs = facts?.notBeforeMs ?? 0;
    this.notAfterMs = facts?.notAfterMs ?? 0;
    this.der = der;
    this.chain = chain;
    this.viaProxy = viaProxy;
    this.tlsVerified = tlsVerified;
    this.facts = facts;
  }

  /** Value of the `Client-Cert` field (RFC 9440, section 2.2). */
  get field(): string {
    if (this.#field === '') this.#field = `:${Buffer.from(this.der).toString('base64')}:`;
    return this.#field;
  }
}
