import { type KeyObject, X509Certificate } from 'node:crypto';
import { type CertificateFacts, isSameBytes, parseCertificate } from './certificate.ts';
import { hexOf } from './der-values.ts';
import { isAcceptableKey, parseSignatureAlgorithm } from './signature-algorithms.ts';

/** A certificate that can be part of a path: as we read it, and as OpenSSL does. */
export class PathCertificate {
  readonly facts: CertificateFacts;
  readonly key: KeyObject;
  /** Names by which issuers are found, as hexadecimal of their encoding. */
  readonly subjectKey: string;
  readonly issuerKey: string;
  readonly #x509: X509Certificate;
  #hasGoodKey: boolean | null = null;

  private constructor(facts: CertificateFacts, x509: X509Certificate) {
    this.facts = facts;
    this.#x509 = x509;
    this.key = x509.publicKey;
    this.subjectKey = hexOf(facts.subjectDer);
    this.issuerKey = hexOf(facts.issuerDer);
  }

  /**
   * Null when either reader does not take the certificate.
   *
   * Safety: Node looks for PEM text in the bytes first, and takes another certificate out of the middle of one. So both
   * must have read the same bytes, or names of the one would be vouched for by a signature under the other.
   */
  static open(der: Uint8Array, known: CertificateFacts | null = null): PathCertificate | null {
    const facts = known ?? parseCertificate(der);
    if (facts === null) return null;
    try {
      const x509 = new X509Certificate(der);
      return isSameBytes(x509.raw, facts.der) ? new PathCertificate(facts, x509) : null;
    } catch {
      return null;
    }
  }

  /** Whether key and signature are none of those that can be forged or cost too much. */
  get isStrong(): boolean {
    return this.hasGoodKey && parseSignatureAlgorithm(this.facts.signatureAlgorithm) !== null;
  }

  get hasGoodKey(): boolean {
    this.#hasGoodKey ??= isAcceptableKey(this.key);
    return this.#hasGoodKey;
  }

  /** Whether the other one signed this one. Cost: one signature verification. */
  isSignedBy(issuer: PathCertificate): boolean {
    try {
      return this.#x509.checkIssued(issuer.#x509) && this.#x509.verify(issuer.key);
    } catch {
      return false;
    }
  }
}
